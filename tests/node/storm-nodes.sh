#!/bin/sh
# storm-nodes.sh - views change while the nodes call each other all the time.
#
#	[ a ] node 1 --+
#	[ b ] node 2 --+-- br0		each calls the other two
#	[ c ] node 3 --+
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/vm.sh"

# The module's service "echo" checks what comes back.
load() { echo "modprobe ssi_kddm session_id=1 node_id=$1 netdev=eth0 tolerance_ms=1000 &&
	insmod /other/rpc-test.ko"; }
serves() { echo "[ '{\"status\":\"up\",\"nodes\":$1,\"serving\":true}' = \"\$(krgadm cluster status --json)\" ]"; }
# storm NODE: endless calls to NODE until /tmp/calm is there.  A call to who is no
# member ends with "Host is down", which is no error here; any other is.
storm() {
	echo "rm -f /tmp/calm; { while [ ! -e /tmp/calm ]; do
		echo echo $1 20 \$\$ > /sys/kernel/debug/ssi-rpc-test && : >> /tmp/called.$1
		sleep 0.1
	done 2>&1 | grep -v 'Host is down' >> /tmp/wrong.$1; } > /dev/null 2>&1 < /dev/null &"
}
# others NAME: the other two machines
others() { echo a b c | tr -d "$1"; }
number() { echo "$1" | tr abc 123; }
start_storm() {
	for to in a b c; do
		[ "$to" = "$1" ] || vm_run "$1" "$(storm "$(number "$to")")" > /dev/null
	done
}
everywhere() {
	for each in ${4:-a b c}; do
		vm_until "$1, seen by $each" "$each" "$2" "$3"
	done
}

vm_setup
for each in a b c; do vm_start "$each"; done
for each in a b c; do vm_check "$each loads" "$each" "$(load "$(number "$each")")"; done
vm_until "present" a "[ \$(krgadm nodes | grep -c present) = 3 ]" 20
vm_check "a and b are a cluster" a "krgadm nodes add -n 1,2"
start_storm a
start_storm b
vm_check "c joins under load" a "sleep 1; krgadm nodes add -n 3"
start_storm c
everywhere "three" "$(serves 3)" 10
vm_check "remove and add 50 times, under load" a "i=0; while [ \$i -lt 50 ]; do
	krgadm nodes del -n 3 > /dev/null && krgadm nodes add -n 3 > /dev/null || exit 1
	i=\$((i + 1)); done" 300
everywhere "three after that" "$(serves 3)" 10

# Each one dies in turn, the first being who coordinates.
for dead in a b c; do
	vm_kill "$dead"
	everywhere "two without $dead" "$(serves 2)" 20 "$(others "$dead")"
	vm_start "$dead"
	vm_check "$dead again" "$dead" "$(load "$(number "$dead")")"
	vm_until "present" "$dead" "[ \$(krgadm nodes | wc -l) = 3 ]" 20
	vm_check "$dead is added" "$dead" "krgadm nodes add -n $(number "$dead")"
	start_storm "$dead"
	everywhere "three with $dead" "$(serves 3)" 10
done

# Cut one way: c is heard, and hears nobody.
port_c() {
	for what in learning flood mcast_flood bcast_flood; do
		bridge -n "$ns" link set dev t-c "$what" "$1"
	done
}
port_c off
bridge -n "$ns" fdb show br br0 | sed -n 's/^\([0-9a-f:]*\) dev t-c master br0 *$/\1/p' |
	while read -r mac; do bridge -n "$ns" fdb del "$mac" dev t-c master; done
everywhere "who hears nobody is out" "$(serves 2)" 30 "a b"
vm_until "and has stopped" c "krgadm cluster status --json | grep '\"serving\":false'" 30
port_c on
everywhere "healed, it comes back" "$(serves 3)" 60

for each in a b c; do
	vm_run "$each" ": > /tmp/calm; sleep 2" > /dev/null
	vm_check "$each has called, and nothing else was wrong" "$each" \
		"cat /tmp/wrong.*; [ \$(ls /tmp/called.* | wc -l) = 2 ] && ! grep -q . /tmp/wrong.*"
done
for each in a b c; do vm_check "$each unloads" "$each" "rmmod rpc_test && rmmod ssi_kddm"; done
vm_finish
