#!/bin/sh
# sync-nodes.sh - cluster-wide mutexes, barriers and unique numbers; holders die.
#
#	[ a ] node 1 --+		the master of mutexes
#	[ b ] node 2 --+-- br0		its backup
#	[ c ] node 3 --+
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/vm.sh"

file=/sys/kernel/debug/ssi-sync-test
load() { echo "modprobe ssi_kddm session_id=1 node_id=$1 netdev=eth0 tolerance_ms=1000 &&
	modprobe sync_test"; }
# command WORDS: give them to the test module
command() { echo "echo $1 > $file"; }
# ends WORDS ERROR: the command fails with this error
ends() { echo "$(command "$1") 2> /tmp/err && exit 1; cat /tmp/err; grep -q '$2' /tmp/err"; }
# start NAME WORDS: run it in the background there; its exit status goes to /tmp/status
start() { vm_run "$1" "rm -f /tmp/status; { $(command "$2"); echo \$? > /tmp/status; } 2> /tmp/err &
	sleep ${3:-1}" > /dev/null; }
ended() { vm_until "$1" "$2" "[ -s /tmp/status ] && { cat /tmp/err; [ \$(cat /tmp/status) = ${3:-0} ]; }" "${4:-20}"; }
is_up() { vm_until "$1 nodes are up" "$2" "krgadm cluster status --json | grep '\"nodes\":$1,\"serving\":true'" 40; }
back() {
	vm_start "$1"
	vm_check "$1 again" "$1" "$(load "$2")"
	vm_until "$1 is there" "$1" "[ \$(krgadm nodes | wc -l) = 3 ]" 20
	vm_check "$1 is added" "$1" "krgadm nodes add -n $2"
}
keep_ids() { for each; do vm_run "$each" "sed 1d $file" >> "$work/ids"; done; }

vm_setup
vm_start a
vm_start b
vm_start c
vm_check "a loads" a "$(load 1)"
vm_check "b loads" b "$(load 2)"
vm_check "c loads" c "$(load 3)"
vm_until "present" a "[ \$(krgadm nodes | grep -c present) = 3 ]" 20
vm_check "no mutex where there is no cluster" a "$(ends 'hold 1 0 0' 'Host is down')"
vm_check "no number either" a "$(ends 'ids 1 0 0' 'Host is down')"
vm_check "cluster of three" a "krgadm nodes add -a"

vm_check "a mutex that nobody has" c "$(command 'hold 1 0 0')"
for each in a b c; do start "$each" 'count 7 100 2' 0; done
for each in a b c; do ended "$each counts" "$each" 0 120; done
vm_check "three counted to 300" b "[ \$(head -n 1 $file) = 300 ]"

start b 'hold 8 4000 0'
vm_check "another mutex is free" a "$(command 'hold 9 0 2000')"
vm_check "this one is not, until it is" a "$(ends 'hold 8 0 500' 'Timer expired')"
start b 'hold 8 30000 0'
vm_check "a killed waiter ends" a "$(command 'hold 8 0 0') & pid=\$!; sleep 1; kill -9 \$pid
	i=0; while kill -0 \$pid 2> /dev/null; do [ \$((i += 1)) -lt 30 ] || exit 1; sleep 0.1; done"
vm_run b "rm -f /tmp/status" > /dev/null

for each in a b c; do vm_check "$each gets numbers" "$each" "$(command 'ids 1000 0 0')"; done
keep_ids a b c

for each in a b c; do start "$each" 'barrier 3 20 0' 0; done
for each in a b c; do ended "$each passes a barrier 20 times" "$each" 0 60; done
start a 'barrier 3 1 0'
start b 'barrier 3 1 0'
vm_check "nobody passes until all have come" a "[ ! -e /tmp/status ]"
vm_check "not b either" b "[ ! -e /tmp/status ]"
vm_check "the last one passes at once" c "$(command 'barrier 3 1 0')"
ended "and a" a
ended "and b" b
start b 'barrier 3 1 0'

# Who holds it dies: the next one gets it, and is told; the one after is not.
start c 'hold 5 60000 0'
start a 'died 5 0 0'
vm_kill c
ended "who waits gets a dead node's mutex" a
vm_check "and once only" b "$(command 'hold 5 0 0')"
vm_check "b still waits at the barrier, for a" b "[ ! -e /tmp/status ]"
vm_check "nobody waits for the dead" a "$(command 'barrier 3 1 0')"
ended "and b" b
back c 3
start a 'hold 6 60000 0'
start c 'died 6 0 0'
vm_kill a
ended "and when it was the master too" c
vm_check "once only" b "$(command 'hold 6 0 0')"
back a 1

# Who is cut off has lost it; it hears so when it lets go.
start c 'hold 4 12000 0'
ip -n "$ns" link set dev t-c nomaster
is_up 2 a
vm_check "who is cut off holds nothing" a "$(command 'died 4 0 0')"
ip -n "$ns" link set dev t-c master br0
ended "and is told so" c 1 40
vm_check "in these words" c "grep 'Stale file handle' /tmp/err"
is_up 3 c
vm_check "counting goes on" c "$(command 'count 7 10 2')"

for each in a c; do vm_check "$each gets numbers anew" "$each" "$(command 'ids 1000 0 0')"; done
keep_ids a c
twice=$(sort "$work/ids" | uniq -d)
count=$(wc -l < "$work/ids")
check "5000 numbers ($count), none twice" "$([ "$count" = 5000 ] && [ -z "$twice" ]; echo $?)" "$twice"
for each in a b c; do vm_check "$each unloads" "$each" "rmmod sync_test && rmmod ssi_kddm"; done
vm_finish
