# shellcheck shell=bash disable=SC2034 # sourced; run uses $bad
# lib.sh - what the tests of the whole testbed share
#
#	tests/boot/run ---- xos-ssi-deploy -i INVENTORY ----+
#	                                                    |
#	   namespace xos-$cluster   br0 --- tap0  head (PXE, NFS, boot server)
#	                                |-- tap1  node-1
#	                                |-- tap2  node-2   diskless
#	                                `-- tap3  node-3
#
# Guests run with panic_on_warn: a WARN in a node shows as a panic and a lost
# node, and is searched for in the console logs at the end.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
deploy=$top/build/deploy/xos-ssi-deploy
cluster=${cluster:-boottest}
work=${work:-$top/build/test/$cluster}
export XOS_STATE_DIR=$work/state XOS_RUN_DIR=/run/xos-$cluster
inventory=$work/inventory.xml
n=0 bad=0

ok() { n=$((n + 1)); echo "ok $n - $*"; }
not_ok() { n=$((n + 1)); bad=1; echo "not ok $n - $*"; }
# check WORDS -- COMMAND...: one test
check() {
	local what=$1; shift
	if "$@" > "$work/out" 2>&1; then ok "$what"; else
		not_ok "$what"; sed 's/^/# /' "$work/out" | tail -25; fi
}
# check_exit STATUS WORDS COMMAND...; what it said is in $work/said
check_exit() {
	local want=$1 what=$2; shift 2
	"$@" > "$work/said" 2>&1
	local got=$?
	if [ "$got" = "$want" ]; then ok "$what"; else
		not_ok "$what (exit $got, not $want)"; sed 's/^/# /' "$work/said" | tail -25; fi
}
xos() { timeout 600 "$deploy" -i "$inventory" "$@"; }
# make_inventory BOOTLINE NODES: the testbed's inventory under another name
make_inventory() {
	mkdir -p "$work"
	sed -e "s/name=\"testbed\"/name=\"$cluster\"/" -e "s/session=\"1\"/session=\"${session:-77}\"/" \
		-e "s/node-\[1-3\]/node-[1-$2]/" \
		-e "s|</bootline>| $1</bootline>|" "$top/conf/testbed.xml" > "$inventory"
}
online() { xos ssh "node-$1" krgadm nodes status | grep -c ':online$'; }
# await SECONDS COMMAND...: until it succeeds
await() {
	local end=$((SECONDS + $1)); shift
	until "$@"; do [ $SECONDS -lt $end ] || return 1; sleep 1; done
}
# shellcheck disable=SC2317 # called by name
test_two_online() { [ "$(online 1)" = 2 ]; }
# shellcheck disable=SC2317
test_three_online() { [ "$(online 1)" = 3 ] && [ "$(online 2)" = 3 ] && [ "$(online 3)" = 3 ]; }
# shellcheck disable=SC2317
all_off() { xos power status --json 'node-[1-3]' | jq -es '[.. | .power? | select(. == "on")] | length == 0' > /dev/null; }
# shellcheck disable=SC2317
kexec_started() { grep -aq 'kexec_core: Starting new kernel' "$XOS_STATE_DIR/$cluster/console/node-1.log"; }
qmp() { # NODE COMMAND
	printf '%s\n' '{"execute":"qmp_capabilities"}' "{\"execute\":\"$2\"}" |
		timeout 5 socat -t1 - "UNIX-CONNECT:$XOS_RUN_DIR/$cluster/$1.qmp" > /dev/null
}
# vm_pid NODE: process of its machine
vm_pid() { [ -s "$XOS_RUN_DIR/$cluster/$1.pid" ] && cat "$XOS_RUN_DIR/$cluster/$1.pid"; }
nothing_left() {
	! ip netns list | grep -q "^xos-$cluster\b" &&
		! pgrep -f "xos-$cluster/" > /dev/null && [ ! -e "$XOS_RUN_DIR/$cluster" ] &&
		[ ! -e "$XOS_STATE_DIR/$cluster/head.data" ]
}
cleanup() { xos down > /dev/null 2>&1; rmdir "$XOS_RUN_DIR" 2>/dev/null; }
