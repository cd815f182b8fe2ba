# shellcheck shell=bash disable=SC2034 # sourced
# lib.sh - what the tests of image and initramfs share

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
here=$top/tests/boot/image
build=$top/build
n=0 bad=0 pids=()

ok() { n=$((n + 1)); echo "ok $n - $*"; }
not_ok() { n=$((n + 1)); bad=1; echo "not ok $n - $*"; }
# check WORDS COMMAND...: one test
check() {
	local what=$1; shift
	if "$@" > /dev/null 2>&1; then ok "$what"; else not_ok "$what"; fi
}
# await SECONDS COMMAND...: until it succeeds
await() {
	local end=$((SECONDS + $1)); shift
	until "$@"; do [ $SECONDS -lt $end ] || return 1; sleep 0.2; done
}

setup() {
	DIR=$(mktemp -d /tmp/xos-image-test.XXXXXX)
	export DIR
	chmod 755 "$DIR"	# one test runs as nobody
	mkdir "$DIR/www"
	: > "$DIR/reports"; : > "$DIR/pid"; : > "$DIR/requests"
	trap teardown EXIT
	trap 'exit 1' INT TERM
}

teardown() {
	local p
	for p in "${pids[@]}" $(cat "$DIR"/*.qemu 2> /dev/null); do
		kill "$p" 2> /dev/null && while kill -0 "$p" 2> /dev/null; do sleep 0.1; done
	done
	[ -z "${ns:-}" ] || ip netns del "$ns" 2> /dev/null
	[ -n "${KEEP:-}" ] || rm -rf "$DIR"
}

# serve ADDRESS PORT: boot-server for every connection
serve() {
	${ns:+ip netns exec "$ns"} socat "TCP-LISTEN:$2,bind=$1,fork,reuseaddr" \
		"EXEC:$here/boot-server" 2> "$DIR/socat" &
	pids+=($!)
	sleep 0.3
}

finish() {
	echo "1..$n"
	exit $bad
}
