# shellcheck shell=sh
# lib.sh - what the tests of xos-ssi-deploy share; sourced
# Every test has a directory of its own for state, machines and images, so that
# nothing it does is seen by another, and no right of root is needed.

top=$(cd "$(dirname "$0")/../.." && pwd)
tool=${XOS_TOOL:-$top/build/deploy/xos-ssi-deploy}
work=$(mktemp -d)
count=0 failures=0

cleanup() {
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# fresh - a place where nothing has happened yet; sets $dir
fresh() {
	dir=$work/$((count + 1)).$(date +%N)
	mkdir "$dir"
	export XOS_STATE_DIR="$dir/state" XOS_RUN_DIR="$dir/run" XOS_CACHE_DIR="$dir/cache"
	export XOS_INVENTORY="$dir/inventory.xml"
	unset OAR_NODEFILE OAR_NODE_FILE OAR_FILE_NODES
}

# inventory [WORDS] - $dir/inventory.xml: cluster "t"; stdin: nodes and policy
inventory() {
	cat > "$dir/inventory.xml" <<-XML
	<cluster xmlns="urn:xos-ssi:inventory:1" name="t" session="1" backend="fake">
	<head address="10.77.0.1" prefix="${1:-22}" interface="eth0"/>
	<image name="head" suite="bookworm"/>
	<image name="node" suite="bookworm"/>
	$(cat)
	</cluster>
	XML
}

# Short limits: a test must not wait for what real machines need.
# shellcheck disable=SC2034 # the tests that source this use it
quick='<timeout state="powering" base="0.3"/><timeout state="firmware" base="0.3"/>
<timeout state="loading" base="0.3"/><timeout state="initramfs" base="0.3"/>
<timeout state="root" base="0.3"/><timeout state="services" base="0.3"/>
<timeout state="modules" base="0.3"/><timeout state="config" base="0.3"/>
<timeout state="present" base="0.6"/><timeout state="backoff" base="0.02"/>'

deploy() {
	"$tool" "$@" > "$dir/out" 2> "$dir/err"
}

# powers NODE - how often it was powered or rebooted by us
powers() {
	grep -c "^P [0-9]* $1 \(power-on\|power-cycle\|soft-reboot\|kexec\)" \
		"$XOS_RUN_DIR/t/fake.log"
}

state_of() {
	"$tool" status --json | jq -r --arg n "$1" '.nodes[] | select(.name == $n) | .state'
}

reason_of() {
	"$tool" status --json | jq -r --arg n "$1" '.nodes[] | select(.name == $n) | .reason'
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
	deploy "$@" || got=$?
	if [ "$got" = "$code" ]; then ok "$text"; else not_ok "$text: exit $got, not $code"; fi
}

says() { grep -q -- "$1" "$dir/out"; }
complains() { grep -q -- "$1" "$dir/err"; }
same() { [ "$1" = "$2" ]; }

finish() {
	echo "1..$count"
	[ "$failures" = 0 ]
}
