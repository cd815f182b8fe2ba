# shellcheck shell=sh
# lib.sh - what the tests of the grid share; sourced
#
#	$dir/in		the input files of a node, as an admin writes them
#	$dir/root	the machine that they make: everything is written below it
#
# Every test has a directory of its own; nothing of this machine is changed.

top=$(cd "$(dirname "$0")/../.." && pwd)
bin=${XOS_BIN:-$top/build/xosautoconfig}
work=$(mktemp -d)
count=0 failures=0

cleanup() {
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# grid - input files of a small grid, for node-1; sets $dir
grid() {
	dir=$work/$(date +%s%N)
	mkdir -p "$dir/in/etc" "$dir/root"
	printf 'GRIDNAME=testgrid\n' > "$dir/in/globalDefs"
	printf 'MYHOSTNAME=node-1\n' > "$dir/in/localDefs"
	printf 'head-node: head\nresource-node: node-[1-3]\nclient-node: desk\n' > "$dir/in/nodeTypes"
	printf '10.0.0.1 head\n10.0.0.17 node-1\n10.0.0.18 node-2\n10.0.0.19 node-3\n10.0.0.30 desk\n' \
		> "$dir/in/etc/hosts"
	echo 00112233445566778899aabbccddeeff > "$dir/in/capsecret"
}

auto() {
	"$bin/xosautoconfig" --dir "$dir/in" --root "$dir/root" "$@" > "$dir/out" 2> "$dir/err"
}

# files - a listing of the machine, with modes, times and content
files() {
	find "$dir/root" ! -type d -printf '%p %m %T@ %l\n' | sort
	find "$dir/root" -type f -exec sha256sum {} + | sort -k 2
}

ok() {
	count=$((count + 1))
	echo "ok $count - $*"
}

not_ok() {
	count=$((count + 1))
	failures=$((failures + 1))
	echo "not ok $count - $*"
	sed 's/^/# out: /' "$dir/out" | tail -n 15
	sed 's/^/# err: /' "$dir/err" | tail -n 5
}

# check TEXT COMMAND... - one test
check() {
	text=$1
	shift
	if "$@"; then ok "$text"; else not_ok "$text (failed: $*)"; fi
}

# exits CODE TEXT ARGUMENT... - run the tool, compare its exit code
exits() {
	code=$1 text=$2 got=0
	shift 2
	auto "$@" || got=$?
	if [ "$got" = "$code" ]; then ok "$text"; else not_ok "$text: exit $got, not $code"; fi
}

says() { grep -q -- "$1" "$dir/out"; }
complains() { grep -q -- "$1" "$dir/err"; }
same() { [ "$1" = "$2" ]; }
has() { grep -qxF -- "$2" "$dir/root$1"; }
lacks() { ! grep -q -- "$2" "$dir/root$1"; }
mode_is() { [ "$(stat -c %a "$dir/root$1")" = "$2" ]; }
absent() { [ ! -e "$dir/root$1" ] && [ ! -L "$dir/root$1" ]; }

finish() {
	echo "1..$count"
	[ "$failures" = 0 ]
}
