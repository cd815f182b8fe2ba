#!/bin/sh
# one-node.sh - one machine: load, look, refuse bad parameters, unload, 100 times.
#
#	[ a ]--tap--br0		alone in session 1
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/vm.sh"

vm_setup
vm_start a
load='modprobe ssi_kddm session_id=1 node_id=5 netdev=eth0'
ko=/lib/modules/$KERNELRELEASE/updates/ssi_kddm.ko

# refused TEXT PARAMETERS WORD: loading fails and the log names WORD
refused() {
	vm_check "$1" a "dmesg -c > /dev/null; insmod $ko $2 key_file=/run/ssi/key && exit 1
		dmesg | grep ssi_kddm | grep -F '$3' || { dmesg; exit 1; }
		[ ! -e /proc/nodes ] && [ ! -e /sys/kerrighed ] &&
		[ ! -e /proc/kerrighed ] && [ ! -e /sys/kernel/debug/ssi ]"
}

vm_check "krgadm without the module says so" a \
	"krgadm nodes; [ \$? = 1 ] && krgadm --help 2>&1 | grep -q mismatch"
refused "no parameter" "" session_id
refused "no node_id" "session_id=1" node_id
refused "no netdev" "session_id=1 node_id=1" netdev
refused "session_id 0" "session_id=0 node_id=1 netdev=eth0" session_id=0
refused "session_id 10000" "session_id=10000 node_id=1 netdev=eth0" session_id=10000
refused "session_id no number" "session_id=one node_id=1 netdev=eth0" session_id
refused "node_id 1024" "session_id=1 node_id=1024 netdev=eth0" node_id=1024
refused "node_id -2" "session_id=1 node_id=-2 netdev=eth0" node_id=-2
refused "tolerance_ms 10" "session_id=1 node_id=1 netdev=eth0 tolerance_ms=10" tolerance_ms=10
refused "interface missing" "session_id=1 node_id=1 netdev=eth7" eth7
refused "interface not Ethernet" "session_id=1 node_id=1 netdev=lo" lo
vm_run a "ip link set eth0 down" > /dev/null
refused "interface down" "session_id=1 node_id=1 netdev=eth0" "is down"
vm_run a "ip link set eth0 up" > /dev/null

vm_check "module loads, and TIPC with it" a \
	"$load && grep -q ^tipc /proc/modules && dmesg | grep 'node 5 of session 1'"
vm_check "second load fails" a "insmod $ko session_id=1 node_id=5 netdev=eth0 key_file=/run/ssi/key; [ \$? != 0 ]"
vm_check "/sys/kerrighed" a "cd /sys/kerrighed && [ \$(cat node_id) = 5 ] &&
	[ \$(cat session_id) = 1 ] && [ \$(cat subsession_id) = 0 ] &&
	[ \$(cat max_nodes) = 1024 ] && [ \$(cat max_subclusters) = 1 ] && [ \$(cat abi) = 1 ]"
vm_check "present, not online" a "grep -x ONLINE:0 /proc/nodes/nrnodes &&
	grep -x PRESENT:1 /proc/nodes/nrnodes && grep -x POSSIBLE:1024 /proc/nodes/nrnodes &&
	[ ! -e /proc/nodes/self ] && [ \"\$(krgadm nodes)\" = 5:present ]"
vm_check "krgadm: cluster is down" a "[ \"\$(krgadm cluster status)\" = 'status: down' ] &&
	[ \"\$(krgadm cluster poweroff)\" = 'Shutting down cluster... fail (cluster not running)' ]"
vm_check "krgadm: help and version" a "krgadm | grep -q '^usage: krgadm' && krgadm nonsense &&
	krgadm cluster nonsense && krgadm --version && krgadm -h &&
	{ krgadm nodes add; [ \$? = 1 ]; } && { krgadm nodes status -c 1; [ \$? = 1 ]; }"
vm_check "krgadm: bad options" a "
	try() { out=\$(krgadm nodes \"\$@\" 2>&1); [ \$? = 1 ] || exit 1; echo \"\$out\"; }
	try add -n x | grep -x 'node: Invalid argument' &&
	try add -n 1-x | grep -x 'end node range: Invalid argument' &&
	try add -n x-1 | grep -x 'first node range: Invalid argument' &&
	try add -n 3-1 | grep '^end node range' && try add -n 1,,2 | grep '^node' &&
	try add -n 1024 | grep '^node' && try add -c x | grep -x 'nodes number: Invalid argument' &&
	try add -c 2000 | grep -x 'nodes number: Numerical result out of range' &&
	try add -a -c 1 | grep 'Only one of'"
vm_check "krgadm nodes add" a "[ \"\$(krgadm nodes add -a)\" = 'Adding nodes [5]... done' ] &&
	[ \"\$(krgadm nodes)\" = 5:online ] && [ \"\$(krgadm nodes -n 1-4)\" = '' ] &&
	[ \"\$(krgadm cluster)\" = 'status: up on 1 nodes' ] &&
	[ \"\$(krgadm nodes add -a)\" = 'No present node to add.' ] &&
	[ \"\$(krgadm nodes add -t 1)\" = 'No present node to add.' ]"
vm_check "this node is not removed" a "
	[ \"\$(krgadm nodes del -a)\" = 'No online node to remove.' ] &&
	krgadm nodes del -n 5 2>&1 | grep -x 'Unable to suppress current node.' &&
	krgadm nodes del -n 6 2>&1 | grep \"Unable to suppress node 6 (must be 'online')\" &&
	{ out=\$(krgadm nodes del -c 1 2>&1); [ \$? = 1 ]; } &&
	[ \"\$out\" = 'Not enough nodes to remove. Aborting.' ]"
vm_until "/proc/nodes/self is there" a "[ -e /proc/nodes/self/nodeid ]" 5
vm_check "files of a node" a "cd /proc/nodes/self && [ \$(cat nodeid) = 5 ] &&
	[ \$(cat session) = 1 ] && grep -q ^processor cpuinfo && grep -q ^MemTotal meminfo &&
	[ \$(wc -w < loadavg) = 5 ] && [ \$(wc -w < uptime) = 2 ] && grep -q ^cpu0 stat"
vm_check "privileges" a "chmod 755 /; echo u:x:1000:1000::/:/bin/sh >> /etc/passwd
	su u -s /bin/sh -c 'krgadm nodes' | grep -x 5:online &&
	su u -s /bin/sh -c 'krgadm cluster poweroff' | grep 'fail (Operation not permitted)' &&
	! su u -s /bin/sh -c 'krgadm nodes add -n 5'; krgadm cluster status"
vm_check "services counts its calls" a "grep -E '^HOTPLUG_NODES +[1-9]' /proc/kerrighed/services"
vm_check "unloads with an open file" a "exec 7< /proc/kerrighed/services 8< /proc/nodes/nrnodes
	rmmod ssi_kddm && exec 7<&- 8<&- && [ ! -e /proc/nodes ] && [ ! -e /proc/kerrighed ]"
vm_check "the bearer is gone, another node id is refused" a "dmesg -c > /dev/null
	insmod $ko session_id=1 node_id=6 netdev=eth0 key_file=/run/ssi/key && exit 1
	dmesg | grep 'already in use as node' && dmesg | grep 'modprobe -r tipc'"
vm_check "another session is refused" a "
	testkey 2 1; insmod $ko session_id=2 node_id=5 netdev=eth0 key_file=/run/ssi/key; [ \$? != 0 ]"
vm_check "both load after modprobe -r tipc" a "modprobe -r tipc &&
	modprobe ssi_kddm session_id=2 node_id=6 netdev=eth0 &&
	[ \$(cat /sys/kerrighed/session_id) = 2 ] &&
	rmmod ssi_kddm && modprobe -r tipc && testkey 1 1"
vm_check "killed while it waits, krgadm ends" a "$load && { krgadm nodes add -n 9 & pid=\$!; sleep 2
	kill \$pid; wait \$pid; } && exit 1; rmmod ssi_kddm"
vm_check "100 times load, add, unload" a "i=0; while [ \$i -lt 100 ]; do
	$load && krgadm nodes add -a > /dev/null && rmmod ssi_kddm || { dmesg | tail; exit 1; }
	i=\$((i + 1)); done; echo \$i" 600
vm_check "the interface goes down and comes back" a "$load && ip link set eth0 down &&
	sleep 1 && ip link set eth0 up && krgadm nodes add -a && rmmod ssi_kddm"
vm_check "the interface is taken away" a "$load && cd /sys/bus/virtio/drivers/virtio_net &&
	device=\$(basename virtio*) && echo \$device > unbind && sleep 1 &&
	[ \"\$(krgadm nodes)\" = 5:present ] && rmmod ssi_kddm && [ ! -e /proc/nodes ]"
vm_check "nothing left behind" a "! grep ^ssi_kddm /proc/modules &&
	[ ! -e /sys/kernel/debug/ssi ] && [ ! -e /sys/kerrighed ] && [ ! -e /proc/nodes ] &&
	[ ! -e /proc/kerrighed ] && ! ps | grep '[s]si_'"
vm_finish
