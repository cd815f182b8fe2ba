# vm.sh - test machines and TAP, for the tests of this folder.
# shellcheck shell=sh
#
#	host: folder $work/NAME/  <--- 9p --->  guest: /host
#	netns $ns: bridge br0 -- tap t-NAME -- eth0 of machine NAME
#
# A test calls vm_setup, then vm_start NAME, vm_run NAME 'script'.  Everything
# goes away with the test, by the pids that are in $work/NAME/pid.
#
# Another kernel's surroundings (tests/sanitize/run) set VM_MEMORY in MiB, VM_SLOW
# (how many times longer the host waits), VM_APPEND for the kernel's command
# line, and VM_AFTER, a script for each machine that is on when the test ends.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
export KERNELRELEASE="${KERNELRELEASE:-$("$top/kernel/newest-headers")}"
export O="${O:-$top/build}"
VM_MEMORY=${VM_MEMORY:-160}
BOOT_SECONDS=${BOOT_SECONDS:-120}
VM_SECONDS=${VM_SECONDS:-1800}
VM_SLOW=${VM_SLOW:-1}
test_count=0
test_failed=0

say_ok() { test_count=$((test_count + 1)); echo "ok $test_count - $1"; }
say_not_ok() {
	test_count=$((test_count + 1))
	test_failed=$((test_failed + 1))
	echo "not ok $test_count - $1"
	[ -z "${2:-}" ] || printf '%s\n' "$2" | sed 's/^/# /'
}
# check TEXT STATUS [DETAILS]
check() {
	if [ "$2" -eq 0 ]; then say_ok "$1"; else say_not_ok "$1" "${3:-}"; fi
}
skip_all() { echo "1..0 # SKIP $1"; exit 0; }

vm_cleanup() {
	for pidfile in "$work"/*/pid; do
		[ -s "$pidfile" ] && kill -9 "$(cat "$pidfile")" 2>/dev/null
	done
	ip netns del "$ns" 2>/dev/null
	[ -n "${KEEP:-}" ] || rm -rf "$work"
}

vm_setup() {
	[ "$(id -u)" = 0 ] || skip_all "needs root for a network namespace"
	command -v qemu-system-x86_64 >/dev/null || skip_all "no QEMU"
	image=$("$top/tests/node/kernel-image" "$KERNELRELEASE")
	initramfs=$("$top/tests/node/initramfs")
	work=$(mktemp -d "$O/node/test.XXXXXX")
	ns=ssi-$(basename "$work")
	trap vm_cleanup EXIT
	trap 'exit 130' INT TERM
	ip netns add "$ns"
	ip -n "$ns" link add br0 type bridge
	ip -n "$ns" link set br0 up
}

# vm_start NAME: power on; the same NAME has the same MAC address each time
vm_start() {
	dir=$work/$1
	mkdir -p "$dir"
	rm -f "$dir"/ready "$dir"/cmd.* "$dir"/out.* "$dir"/rc.*
	echo 0 > "$dir/last"
	ip -n "$ns" tuntap add dev "t-$1" mode tap 2>/dev/null || :
	ip -n "$ns" link set dev "t-$1" master br0 up
	# no_timer_check: a busy host's guest may see no tick while it looks for it.
	mac=$(printf '52:54:00:00:00:%02x' "$(printf '%s' "$1" | cksum | cut -c1-2)")
	ip netns exec "$ns" timeout -k 5 "$VM_SECONDS" qemu-system-x86_64 \
		-accel tcg,thread=multi,tb-size=128 -cpu qemu64,+rdrand \
		-m "$VM_MEMORY" -display none -no-reboot -nodefaults \
		-kernel "$image/boot/vmlinuz-$KERNELRELEASE" -initrd "$initramfs" \
		-append "console=ttyS0 loglevel=7 panic=-1 panic_on_warn=1 oops=panic \
no_timer_check norandmaps nokaslr mitigations=off cryptomgr.notests net.ifnames=0 ${VM_APPEND:-}" \
		-serial "file:$dir/console" -pidfile "$dir/pid" \
		-virtfs "local,path=$dir,mount_tag=host,security_model=none" \
		-netdev "tap,id=n,ifname=t-$1,script=no,downscript=no" \
		-device "virtio-net-pci,netdev=n,mac=$mac,romfile=" \
		-device virtio-rng-pci > "$dir/qemu.log" 2>&1 &
	vm_wait "$1" ready "$BOOT_SECONDS" || {
		say_not_ok "machine $1 boots" "$(cat "$dir/qemu.log"; tail -n 20 "$dir/console")"
		exit 1
	}
}

# vm_wait NAME FILE SECONDS: until the guest made FILE
vm_wait() {
	waited=0
	while [ ! -f "$work/$1/$2" ]; do
		vm_alive "$1" || [ "$waited" -lt 50 ] || return 1
		[ $((waited += 1)) -lt $(($3 * 5 * VM_SLOW)) ] || return 1
		sleep 0.2
	done
}

vm_alive() {
	[ -s "$work/$1/pid" ] && kill -0 "$(cat "$work/$1/pid")" 2>/dev/null
}

# vm_run NAME SCRIPT [SECONDS]: run it in the guest, print what it prints
vm_run() {
	dir=$work/$1
	n=$(($(cat "$dir/last") + 1))
	echo "$n" > "$dir/last"
	printf '%s\n' "$2" > "$dir/cmd.tmp"
	mv "$dir/cmd.tmp" "$dir/cmd.$n"
	if ! vm_wait "$1" "rc.$n" "${3:-60}"; then
		echo "no answer to: $2"
		tail -n 15 "$dir/console"
		return 124
	fi
	cat "$dir/out.$n"
	return "$(cat "$dir/rc.$n")"
}

# vm_check TEXT NAME SCRIPT [SECONDS]: ok when the script succeeds
vm_check() {
	status=0
	output=$(vm_run "$2" "$3" "${4:-60}") || status=$?
	check "$1" "$status" "$output"
}

# vm_until TEXT NAME SCRIPT SECONDS: ok when it succeeds within that time
vm_until() {
	vm_check "$1" "$2" "i=0; while ! { $3; }; do
		[ \$((i += 1)) -lt $(($4 * 4 * VM_SLOW)) ] || { dmesg | tail -n 15; exit 1; }
		sleep 0.25
	done" $(($4 * 4 + 20))
}

# states TEXT: krgadm nodes prints exactly TEXT
# shellcheck disable=SC2028	# the \n is for the guest
states() { echo "[ \"\$(krgadm nodes | tr '\\n' ' ')\" = '$1 ' ]"; }
# everywhere TEXT SCRIPT SECONDS [NAMES]: on each of these machines
everywhere() {
	for each in ${4:-a b c}; do
		vm_until "$1, seen by $each" "$each" "$2" "$3"
	done
}

# vm_kill NAME: pull the plug
vm_kill() {
	kill -9 "$(cat "$work/$1/pid")" 2>/dev/null || :
	rm -f "$work/$1/pid"
}

# vm_gone TEXT NAME SECONDS: ok when the machine ends within that time
vm_gone() {
	waited=0
	while vm_alive "$2" && [ $((waited += 1)) -lt $(($3 * 5 * VM_SLOW)) ]; do
		sleep 0.2
	done
	check "$1" "$(vm_alive "$2" && echo 1 || echo 0)" "$(tail -n 5 "$work/$2/console")"
}

# vm_complaints NAME: what a healthy kernel does not say
vm_complaints() {
	grep -aE -e 'WARNING:|BUG:|kernel BUG at|UBSAN:|Oops|Kernel panic' \
		-e 'detected stall|hung task|soft lockup|blocked for more than' \
		-e 'locking correctness validator' "$work/$1/console"
}

# Nothing bad in any guest's log, and the plan.  Exit status of the test.
vm_finish() {
	for console in "$work"/*/console; do
		name=$(basename "$(dirname "$console")")
		[ -z "${VM_AFTER:-}" ] || ! vm_alive "$name" ||
			vm_check "nothing found in $name afterwards" "$name" "$(cat "$VM_AFTER")"
		status=0
		bad=$(vm_complaints "$name") && status=1
		check "no warning in the log of $name" "$status" "$bad"
	done
	echo "1..$test_count"
	[ "$test_failed" -eq 0 ]
}
