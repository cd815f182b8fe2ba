#!/bin/sh
# three-nodes.sh - three machines find each other, form a cluster, lose members.
#
#	[ a ] node 1 --+
#	[ b ] node 2 --+-- br0		session 1
#	[ c ] node 3 --+
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/vm.sh"

load() { echo "modprobe ssi_kddm session_id=${2:-1} node_id=$1 netdev=eth0 tolerance_ms=1000"; }

vm_setup
vm_start a
vm_start b
vm_start c

vm_check "a loads" a "$(load 1)"
vm_check "b loads" b "$(load 2)"
vm_check "c loads" c "$(load 3)"
everywhere "all present" "$(states '1:present 2:present 3:present')" 15
vm_check "hello is logged" a "dmesg | grep 'node 2 is present' && dmesg | grep 'node 3 is present'"

vm_check "krgadm nodes add on one node" b "[ \"\$(krgadm nodes add -n 1,3)\" = \
	'Waiting for nodes to join...    1:1   3:1 done
Adding nodes [1,3]... done' ]"
for each in a b c; do
	vm_check "online at once, seen by $each" "$each" \
		"$(states '1:online 2:present 3:online'); grep -x ONLINE:2 /proc/nodes/nrnodes"
done
vm_check "-a adds the rest" c "[ \"\$(krgadm nodes add -a)\" = 'Adding nodes [2]... done' ]"
vm_check "cluster is up" a "[ \"\$(krgadm cluster status)\" = 'status: up on 3 nodes' ]"
everywhere "folder of each online node" \
	"[ -d /proc/nodes/node1 ] && [ -d /proc/nodes/node2 ] && [ -d /proc/nodes/node3 ]" 5
vm_check "another node's files are that node's" a "
	[ \$(cat /proc/nodes/node3/nodeid) = 3 ] && [ \$(cat /proc/nodes/node3/session) = 1 ] &&
	grep -q MemTotal /proc/nodes/node3/meminfo && grep -q ^processor /proc/nodes/node2/cpuinfo &&
	cut -d. -f1 /proc/nodes/node3/uptime"
uptime_c=$(vm_run c "cut -d. -f1 /proc/uptime")
uptime_a=$(vm_run a "cut -d. -f1 /proc/nodes/node3/uptime")
check "uptime of c read on a ($uptime_a) and on c ($uptime_c)" \
	"$([ "$uptime_a" -ge "$uptime_c" ] && [ "$uptime_a" -le $((uptime_c + 5)) ] && echo 0 || echo 1)"

vm_check "nodes del" a "[ \"\$(krgadm nodes del -n 3)\" = 'Removing nodes [3]... done' ]"
vm_check "removed at once, seen by b" b "$(states '1:online 2:online 3:present')"
vm_check "removed node knows" c "$(states '1:online 2:online 3:present')"
vm_until "no self where not online" c "[ ! -e /proc/nodes/self ]" 5
vm_check "del -c too many" a \
	"krgadm nodes del -c 2 2>&1 | grep -x 'Not enough nodes to remove. Aborting.'"
vm_check "add -t" c "krgadm nodes add -t 3 | grep -x 'Adding nodes \[3\]... done'"

vm_kill c
everywhere "dead node is dropped" "$(states '1:online 2:online')" 15 "a b"
for each in a b; do
	vm_check "its death is logged once by $each" "$each" \
		"[ \$(dmesg | grep -c 'node 3 is dead') = 1 ]"
	vm_until "its folder is gone on $each" "$each" "[ ! -e /proc/nodes/node3 ]" 5
done

# krgadm waits on a until c is there
vm_run a "krgadm nodes add -n 3 > /tmp/add 2>&1 &" > /dev/null
vm_start c
vm_check "c loads again" c "$(load 3)"
vm_until "krgadm nodes add waited for it" a \
	"grep -x 'Adding nodes \[3\]... done' /tmp/add && $(states '1:online 2:online 3:online')" 15
vm_check "c unloads" c "rmmod ssi_kddm"
vm_check "c loads once more" c "$(load 3)"
everywhere "back as present" "$(states '1:online 2:online 3:present')" 15
vm_check "krgadm nodes add -c" a \
	"krgadm nodes add -c 1 | grep '^Waiting for nodes to join...    1/1    done\$'"
everywhere "online again" "$(states '1:online 2:online 3:online')" 5

vm_check "c unloads while online" c "rmmod ssi_kddm"
everywhere "who unloads is dropped" "$(states '1:online 2:online')" 5 "a b"
vm_check "c loads another version" c "
	insmod /other/ssi_kddm.ko session_id=1 node_id=3 netdev=eth0 key_file=/run/ssi/key; sleep 4; $(states 3:present)"
vm_check "refused, c names both versions" c \
	"dmesg | grep 'refused' | grep -F '0.0.0-other' | grep -F '$(cat "$top/VERSION")'"
for each in a b; do
	vm_check "refused, $each names both versions" "$each" \
		"dmesg | grep 'node 3 refused' | grep -F '0.0.0-other' | grep -F '$(cat "$top/VERSION")'"
	vm_check "never present on $each" "$each" "$(states '1:online 2:online')"
done
vm_check "c goes back" c "rmmod ssi_kddm; dmesg -c > /dev/null; $(load 3)"
everywhere "present again" "$(states '1:online 2:online 3:present')" 15

vm_check "c takes the id of b" c "rmmod ssi_kddm; modprobe -r tipc; dmesg -c > /dev/null; $(load 2)"
vm_until "c is told that the id is taken, and leaves" c \
	"dmesg | grep 'node id 2 is already another' && $(states '2:present')" 10
vm_check "b stays" b "$(states '1:online 2:online'); dmesg | tail -n 5"
vm_check "a stays" a "$(states '1:online 2:online')"
vm_check "c can not be added to anything" c "! krgadm nodes add -a"

vm_check "c in another session" c "
	rmmod ssi_kddm; modprobe -r tipc; testkey 2 1; $(load 3 2); sleep 4; $(states 3:present)"
vm_check "sees nobody, nobody sees it" a "$(states '1:online 2:online')"
vm_check "c in the session again" c "rmmod ssi_kddm; modprobe -r tipc; testkey 1 1; $(load 3)"
everywhere "all there" "$(states '1:online 2:online 3:present')" 15

vm_check "nonsense does no harm" c "garble 1 1 && garble 2 2" 300
everywhere "nobody was lost" "$(states '1:online 2:online 3:present')" 10
vm_check "and was counted" a "[ \$(cat /sys/kernel/debug/ssi/malformed) -gt 5 ] &&
	dmesg | grep 'malformed record from TIPC address'"

vm_check "100 times load and unload with live peers" c "i=0; while [ \$i -lt 100 ]; do
	rmmod ssi_kddm && $(load 3) || exit 1; [ \$((i % 10)) != 0 ] || sleep 1
	i=\$((i + 1)); done" 900
everywhere "present after that" "$(states '1:online 2:online 3:present')" 15
vm_check "add from a present node" c "
	krgadm nodes add -n 3 && $(states '1:online 2:online 3:online')"

vm_kill a
everywhere "death of the coordinator" "$(states '2:online 3:online')" 15 "b c"
vm_check "another one takes over" c "krgadm nodes del -n 2 && $(states '2:present 3:online') &&
	krgadm nodes add -n 2"

# c's user space does not obey: the kernel does it after a minute
vm_check "poweroff" c "printf '#!/bin/sh\n' > /sbin/poweroff
	[ \"\$(krgadm cluster poweroff)\" = 'Shutting down cluster... done' ]"
vm_gone "b powers off the orderly way" b 20
vm_gone "c powers off by force" c 100

vm_start a
vm_start b
vm_check "a and b anew" a "$(load 1)"
vm_check "second" b "$(load 2); krgadm nodes add -t 2"
vm_check "not online: no reboot" b "krgadm nodes del -n 1; krgadm cluster reboot"
vm_gone "b reboots" b 20
vm_until "a, not online, stays" a "$(states 1:present)" 15
vm_finish
