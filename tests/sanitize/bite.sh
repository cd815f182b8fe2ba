#!/bin/sh
# bite.sh - each bug of the module bite is reported, and the harness sees it.
#
#	[ a ]	bugs that a machine survives: leak, sleep, RCU, lock order
#	[ NAME ]	one machine for each bug that is its last
#
# Run by tests/sanitize/run, which sets kernel and surroundings.
# shellcheck source-path=SCRIPTDIR/../node
. "$(dirname "$0")/../node/vm.sh"

: "${KERNELDIR:?run tests/sanitize/run}" "${VM_AFTER:?run tests/sanitize/run}"
afterwards=$(cat "$VM_AFTER")

# bite_build: build/sanitize/tests/bite/bite.ko
bite_build() {
	mkdir -p "$O/bite"
	cp -rsf "$here/bite/." "$O/bite"
	env -u MAKEFLAGS -u O make -s -C "$KERNELDIR" M="$O/bite" modules >&2
}

# bite NAME BUG: load the module with that bug, and unload it
bite() {
	cp "$O/bite/bite.ko" "$work/$1/"
	vm_run "$1" "insmod /host/bite.ko bug=$2 && rmmod bite" | sed 's/^/# /'
}

# complains TEXT NAME PATTERN: so does the log, and the harness picks it up
complains() {
	status=0
	vm_complaints "$2" | grep -qE "$3" || status=1
	check "$1" "$status" "$(tail -n 30 "$work/$2/console")"
}

# found TEXT NAME PATTERN: the check after a test fails and says so
found() {
	status=0
	output=$(vm_run "$2" "$afterwards") && status=1
	echo "$output" | grep -qE "$3" || status=1
	check "$1" "$status" "$output"
}

# deadly BUG PATTERN TEXT: the machine reports it and is gone
deadly() {
	vm_start "$1"
	cp "$O/bite/bite.ko" "$work/$1/"
	echo "insmod /host/bite.ko bug=$1" > "$work/$1/cmd.tmp"
	mv "$work/$1/cmd.tmp" "$work/$1/cmd.1"
	i=0
	while vm_alive "$1" && [ $((i += 1)) -lt $((20 * 5 * VM_SLOW)) ]; do sleep 0.2; done
	complains "$3" "$1" "$2"
	check "$3: the machine goes on no longer" "$(vm_alive "$1" && echo 1 || echo 0)"
}

vm_setup
bite_build
vm_start a
vm_check "a healthy machine: nothing found afterwards" a "$afterwards"
status=0
vm_complaints a > "$work/complaints" && status=1
check "a healthy machine: no complaint" "$status" "$(cat "$work/complaints")"

bite a atomic
complains "sleeping with a spinlock held" a 'BUG: sleeping function called from invalid context'
bite a rcu
complains "RCU dereference outside a read section" a 'WARNING: suspicious RCU usage'
vm_check "neither is seen afterwards, only in the log" a "$afterwards"
cp "$O/bite/bite.ko" "$work/a/"
vm_check "the module leaks" a "insmod /host/bite.ko bug=leak"
found "a leak, by the module's name" a '\[bite\]'
vm_check "the leaking module is unloaded" a "rmmod bite"
found "a leak, when the module is gone" a 'unreferenced object'
bite a abba
complains "two locks in both orders" a 'WARNING: possible circular locking dependency'
found "and lockdep is off from then on" a 'lockdep is off'
vm_kill a

deadly write 'BUG: KASAN: slab-out-of-bounds in .*\[bite\]' "a write past an object"
deadly free 'BUG: KASAN: .*use-after-free in .*\[bite\]' "a write to a freed object"
deadly index 'UBSAN: array-index-out-of-bounds in .*bite' "an index past an array"
deadly timer 'WARNING:.*debug_print_object' "a freed object with a pending timer"
deadly list 'kernel BUG at lib/list_debug' "a list entry added twice"

echo "1..$test_count"
[ "$test_failed" -eq 0 ]
