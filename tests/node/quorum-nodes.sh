#!/bin/sh
# quorum-nodes.sh - partitions, frozen machines, a quorum lost and replaced.
#
#	[ a ] node 1 --+
#	[ b ] node 2 --+-- br0		a test takes machines off the bridge
#	[ c ] node 3 --+
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/vm.sh"

load() { echo "modprobe ssi_kddm session_id=1 node_id=$1 netdev=eth0 tolerance_ms=1000 ${2:-}"; }
status() { echo "[ '{\"status\":\"$1\",\"nodes\":$2,\"serving\":$3}' = \"\$(krgadm cluster status --json)\" ]"; }
off_bridge() { ip -n "$ns" link set dev "t-$1" nomaster; }
on_bridge() { ip -n "$ns" link set dev "t-$1" master br0; }

vm_setup
vm_start a
vm_start b
vm_start c

vm_check "a wrong quorum is refused" a "! $(load 1 quorum=some) &&
	dmesg | grep 'quorum=some is none of'"
vm_check "a head is needed" a "! $(load 1 quorum=majority+head) &&
	dmesg | grep 'quorum_head is missing'"
vm_check "a head is for majority+head" a "! $(load 1 quorum_head=1) &&
	dmesg | grep 'quorum_head=1 is for'"
vm_check "a loads" a "$(load 1)"
vm_check "b loads" b "$(load 2)"
vm_check "c loads" c "$(load 3)"
everywhere "all present" "$(states '1:present 2:present 3:present')" 15
vm_check "cluster is down" b "$(status down 0 false)"
vm_check "cluster of three" b "krgadm nodes add -a"
everywhere "up and serving" "$(status up 3 true)" 5
everywhere "the log begins" "krgadm cluster log | grep -E '^view 1: 3 nodes, create, joined 1,2,3, '" 1
vm_check "nodes as JSON" a "[ \"\$(krgadm nodes --json)\" = \
'[{\"id\":1,\"state\":\"online\"},{\"id\":2,\"state\":\"online\"},{\"id\":3,\"state\":\"online\"}]' ]"

# One machine alone: it stops, the others go on, and it comes back by itself.
off_bridge c
everywhere "the majority goes on" "$(states '1:online 2:online') && $(status up 2 true)" 15 "a b"
vm_until "the minority stops" c "$(status up 1 false)" 15
vm_check "and says so" c "dmesg | grep 'no quorum of the cluster is reached'"
vm_check "it refuses changes" c "krgadm nodes del -n 1 2>&1 | grep -q 'Unable' &&
	! krgadm nodes fail 9 && $(status up 1 false)"
on_bridge c
everywhere "who was away comes back by itself" "$(states '1:online 2:online 3:online')" 40
everywhere "all serve again" "$(status up 3 true)" 5
vm_check "it was told why" c "dmesg | grep 'the cluster went on without this node'"
vm_check "the log knows" a "krgadm cluster log | grep -E ': 2 nodes, dead, left 3, ' &&
	krgadm cluster log | grep -E ': 3 nodes, add, joined 3, ' &&
	krgadm cluster log --json | tail -n 1 | grep '\"joined\":\[3\]'"

# Frozen past the detection time.
kill -STOP "$(cat "$work/b/pid")"
everywhere "a frozen node is dropped" "$(states '1:online 3:online')" 15 "a c"
kill -CONT "$(cat "$work/b/pid")"
everywhere "thawed, it comes back" "$(states '1:online 2:online 3:online')" 40

# The coordinator, one side of a broken link, and who leaves for good.
off_bridge a
everywhere "without its coordinator" "$(states '2:online 3:online') && $(status up 2 true)" 15 "b c"
on_bridge a
everywhere "with it again" "$(states '1:online 2:online 3:online')" 40
vm_check "del is not undone" a "krgadm nodes del -n 3 && sleep 4 && \
	$(states '1:online 2:online 3:present')"
vm_check "remove and add 10 times" a "i=0; while [ \$i -lt 10 ]; do
	krgadm nodes add -n 3 > /dev/null && krgadm nodes del -n 3 > /dev/null || exit 1
	i=\$((i + 1)); done; krgadm nodes add -n 3" 120

# Restarted one after the other: who is left serves all the time.
for each in a b c; do vm_run "$each" "dmesg -c" > /dev/null; done
vm_run c "/sbin/reboot" > /dev/null || :	# no answer
vm_gone "c restarts" c 20
vm_check "c has left in good order" a "$(status up 2 true)
	krgadm cluster log | tail -n 1 | grep 'remove, left 3'"
vm_run b "/sbin/reboot" > /dev/null || :
vm_gone "b restarts at once" b 20
vm_check "a alone serves" a "$(status up 1 true)
	krgadm cluster log | tail -n 1 | grep 'remove, left 2'"
vm_check "and has never stopped" a "! dmesg | grep -E 'no quorum|dropped'"
vm_start b
vm_start c
vm_check "b anew" b "$(load 2)"
vm_check "c anew" c "$(load 3)"
vm_until "both are there" a "[ \$(krgadm nodes | grep -c present) = 2 ]" 15
vm_check "three again" a "krgadm nodes add -a"

# All at once: nobody waits for another's end.
vm_check "krgadm cluster reboot" b "krgadm cluster reboot"
for each in a b c; do
	vm_gone "$each restarts" "$each" 10
	check "$each has left in good order" \
		"$(grep -c 'not left in good order' "$work/$each/console")"
done
for each in a b c; do vm_start "$each"; done
vm_check "a once more" a "$(load 1)"
vm_check "b once more" b "$(load 2)"
vm_check "c once more" c "$(load 3)"
vm_until "all are there" a "[ \$(krgadm nodes | grep -c present) = 3 ]" 15
vm_check "three once more" a "krgadm nodes add -a"

# No quorum is left, until the admin says who is dead.
vm_kill b
everywhere "two of three" "$(status up 2 true)" 15 "a c"
vm_kill c
vm_until "one of two stops" a "$(status up 1 false)" 15
vm_check "nothing is decided" a "krgadm nodes fail 2 2>&1 | grep 'not on the network'"
vm_check "not oneself" a "! krgadm nodes fail 1"
vm_start b
vm_check "b anew" b "$(load 2)"
vm_until "b is there" a "krgadm nodes | grep -x 2:present" 15
vm_check "no quorum, no join" a "krgadm nodes add -n 2 2>&1 | grep 'fail: the cluster has no quorum'"
vm_check "nodes fail" a "[ \"\$(krgadm nodes fail 3)\" = 'Declaring dead nodes [3]... done' ]"
vm_check "it serves again" a "$(status up 1 true); krgadm cluster log | tail -n 1 | grep 'fail, left 3'"
vm_check "and takes who comes" a "krgadm nodes add -n 2 && $(status up 2 true)"

# quorum=any: both sides go on, and are one again later.
vm_run a "krgadm cluster log" | sed 's/^/# /'
vm_check "who unloads leaves in good order" b "rmmod ssi_kddm"
vm_check "so the other one still serves" a "$(status up 1 true)
	krgadm cluster log | tail -n 1 | grep 'remove, left 2'"
vm_check "the last one unloads" a "rmmod ssi_kddm"

# Layers above: all members have the same; each has its turn, the lowest first.
# heard NAME TEXT: what the layers on NAME said since, in order, is TEXT
heard() {
	vm_check "$1 $3" "$1" "[ \"\$(dmesg -c | sed -n 's/.*layers_test: //p' | tr '\\n' ';')\" = '$2' ]"
}
vm_check "a loads layers" a "$(load 1) && modprobe layers_test"
vm_check "b loads none" b "$(load 2)"
vm_until "present" a "krgadm nodes | grep -x 2:present" 15
vm_check "other layers: no join" a "krgadm nodes add -a 2>&1 | grep 'a node has other modules loaded'"
vm_check "b loads them too" b "modprobe layers_test && dmesg -c > /dev/null"
vm_check "a joins" a "dmesg -c > /dev/null; krgadm nodes add -n 1"
heard a 'low change: joined 1 left  leaving ;middle change: joined 1 left  leaving ;high change: joined 1 left  leaving ;low serve 1;middle serve 1;high serve 1;' \
	"tells its layers, the lowest first"
vm_check "no layer while online" a "rmmod layers_test && ! modprobe layers_test"
vm_check "b joins" b "krgadm nodes add -n 2"
heard b 'low change: joined 1-2 left  leaving ;middle change: joined 1-2 left  leaving ;high change: joined 1-2 left  leaving ;low serve 1;middle serve 1;high serve 1;' \
	"is told of all"
vm_check "a leaves" a "rmmod ssi_kddm"
heard b 'high leave: joined  left  leaving 1;middle leave: joined  left  leaving 1;low leave: joined  left  leaving 1;low change: joined  left 1 leaving ;middle change: joined  left 1 leaving ;high change: joined  left 1 leaving ;' \
	"takes from who leaves, the highest first"
vm_check "b unloads all" b "rmmod layers_test ssi_kddm"
vm_check "any" a "$(load 1 quorum=any)"
vm_check "any too" b "$(load 2 quorum=any)"
vm_until "present" a "krgadm nodes | grep -x 2:present" 15
vm_check "two nodes" a "krgadm nodes add -a"
off_bridge a
vm_until "one side goes on" a "$(states 1:online) && $(status up 1 true)" 15
vm_until "the other side too" b "$(states 2:online) && $(status up 1 true)" 15
on_bridge a
everywhere "one cluster again" "$(states '1:online 2:online') && $(status up 2 true)" 60 "a b"
vm_check "a unloads" a "rmmod ssi_kddm"
vm_check "b unloads" b "rmmod ssi_kddm"
vm_finish
