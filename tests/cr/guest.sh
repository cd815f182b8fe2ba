# guest.sh - runs in the machine: programs are started, saved and restored.
# shellcheck shell=sh
set -eu
stage=start program=none id=0

fail() {
	echo "$stage: $*"
	[ ! -f "/work/$program.out" ] || cat "/work/$program.out" "/work/$program.log"
	grep -a . "/var/chkpt/$id/"*/*.txt
	dmesg | tail -n 9
	exit 1
}

# fails COMMAND...: it has to; what it says is in /work/err
fails() {
	if "$@" 2> /work/err; then fail "did not fail: $*"; fi
}

# soon COMMAND: until it succeeds, at most 20 s
soon() {
	tries=0
	until eval "$1"; do
		[ $((tries += 1)) -lt 200 ] || fail "not soon: $1"
		sleep 0.1
	done
}

# start PROGRAM: sets $id
start() {
	program=$1
	rm -f "$program.out" "$program.log" "$program.id"
	krgcr-run -b -q -o "$program.id" -- "$program" "/work/$program.out" \
		< /dev/null > "$program.log" 2>&1 || fail "krgcr-run"
	soon "grep -q ready $program.out"
	id=$(cat "$program.id")
}

is_gone() { [ ! -d "/proc/$id" ]; }

# passes: told to go on, it finds everything as it was
passes() {
	kill -TERM "$id"
	soon "is_gone"
	[ "$(tail -n 1 "$program.out")" = pass ] || fail "$program is not what it was"
}

# restarted VERSION: it runs again
restarted() {
	soon "is_gone"
	sed -i /pass/d "$program.out"
	restart -q "$id" "$1" || fail "restart $id $1: $?"
}

# cycle PROGRAM: goes on after a checkpoint; is restored twice, of two generations
cycle() {
	start "$1"
	stage=checkpoint
	checkpoint -q "$id" || fail "$?"
	passes
	stage=restart
	restarted 1
	stage="checkpoint of what was restored"
	checkpoint -q "$id" || fail "$?"
	passes
	stage="second generation"
	restarted 2
	passes
	rm -r "/var/chkpt/$id"
}
