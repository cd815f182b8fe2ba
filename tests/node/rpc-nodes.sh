#!/bin/sh
# rpc-nodes.sh - calls between nodes, with and without somebody to answer.
#
#	[ a ] node 1 --+
#	[ b ] node 2 --+-- br0		session 1
#	[ c ] node 3 --+
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/vm.sh"

load() { echo "modprobe ssi_kddm session_id=1 node_id=$1 netdev=eth0 tolerance_ms=1000 &&
	insmod /other/rpc-test.ko"; }
# command WORDS: give them to the test module
command() { echo "echo $1 > /sys/kernel/debug/ssi-rpc-test"; }
# ends WORDS ERROR: the command fails with this error
ends() { echo "$(command "$1") 2> /tmp/err && exit 1; cat /tmp/err; grep -q '$2' /tmp/err"; }

vm_setup
vm_start a
vm_start b
vm_start c
vm_check "a loads" a "$(load 1)"
vm_check "b loads" b "$(load 2)"
vm_check "c loads" c "$(load 3)"
vm_check "calls to this node itself" a "$(command 'echo 1 1000 1')" 120
vm_until "present" a "[ \$(krgadm nodes | grep -c present) = 3 ]" 20
vm_check "no call to who is in no cluster" a "$(ends 'echo 2 1 1' 'Host is down')"
vm_check "cluster of three" a "krgadm nodes add -a"

vm_check "10 000 calls of random sizes, each tenth cancelled" a \
	"$(command 'echo 2 10000 7')" 600
vm_check "two nodes at once" a "{ $(command 'echo 2 2000 1'); echo \$? > /tmp/two; } &
	$(command 'echo 3 2000 2') && wait && [ \$(cat /tmp/two) = 0 ]" 300
vm_check "services are counted" b "cat /sys/kernel/debug/ssi/services
	grep -E '^echo [1-9][0-9]{3,} 0 ' /sys/kernel/debug/ssi/services"
vm_check "a service that nobody has" a "$(ends 'none 2 0 0' 'Operation not supported')"
vm_check "a time limit" a "$(ends 'sleep 2 3000 200' 'timed out')"
vm_check "handlers sleep side by side" a "start=\$(cut -d. -f1 /proc/uptime)
	i=0; while [ \$((i += 1)) -le 20 ]; do $(command 'sleep 2 1000 0') & done; wait
	[ \$((\$(cut -d. -f1 /proc/uptime) - start)) -lt 8 ]"
vm_check "one-way calls from atomic context" a "$(command 'post 2 3000 0')"
vm_until "each of them arrived" b "[ \$(cat /sys/kernel/debug/ssi-rpc-test) = 3000 ]" 20
vm_check "a killed caller ends" a "$(command 'sleep 2 20000 0') & pid=\$!; sleep 1; kill -9 \$pid
	i=0; while kill -0 \$pid 2> /dev/null; do [ \$((i += 1)) -lt 30 ] || exit 1; sleep 0.1; done"

vm_check "the module goes with calls pending" a "$(command 'pending 2 5000 20') &&
	$(command 'pending 1 3000 5') && rmmod rpc_test && insmod /other/rpc-test.ko"

# A node that dies in the middle: each caller ends, with the same error.
vm_run a "rm -f /tmp/err.*; for i in 1 2 3 4 5 6 7 8; do
	$(command 'sleep 3 60000 0') 2> /tmp/err.\$i & done; sleep 1" > /dev/null
vm_run a "$(command 'echo 3 100000 5') 2> /tmp/err.9 & sleep 1" > /dev/null
vm_kill c
vm_until "callers of a dead node end" a \
	"[ \$(cat /tmp/err.* | grep -c 'Host is down') = 9 ]" 20
vm_check "nobody sleeps for ever" a "! ps -o stat,comm | grep '^D.*sh'"
vm_check "the others go on" a "$(command 'echo 2 500 9')" 60
for each in a b; do
	vm_check "$each heard no malformed record" $each "[ \$(cat /sys/kernel/debug/ssi/malformed) = 0 ]"
done
vm_check "a and b unload" a "rmmod rpc_test && rmmod ssi_kddm"
vm_check "b too, with a handler that sleeps" b \
	"$(command 'pending 2 2000 3') && rmmod rpc_test && rmmod ssi_kddm"
vm_finish
