#!/bin/sh
# security.sh - what nodes say to each other is nobody else's, and nobody else is a node.
#
#	[ a ] node 1 --+
#	[ b ] node 2 --+-- br0 <- sniff, which also speaks there without a key
#	[ c ] node 3 --+          (c: stranger, then member, then home of a forger)
#
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/vm.sh"

ko=/lib/modules/$KERNELRELEASE/updates/ssi_kddm.ko
parameters='netdev=eth0 tolerance_ms=1000'
# load NODE [SESSION], with the key in /run/ssi/key; load_off NODE, in clear
load() { echo "modprobe ssi_kddm session_id=${2:-1} node_id=$1 $parameters"; }
load_off() { echo "modprobe tipc; insmod $ko session_id=1 node_id=$1 $parameters security=off"; }
unload='rmmod ssi_kddm; modprobe -r tipc'
new_key='echo load > /sys/kerrighed/key'
counter() { vm_run "$1" "cat /sys/kernel/debug/ssi/$2"; }

# listen NAME: what is on the wire from now on goes to $work/NAME
listen() {
	ip netns exec "$ns" "$work/sniff" br0 "$work/$1" 2> /dev/null &
	echo $! > "$work/sniff.pid"
	until [ -e "$work/$1" ]; do sleep 0.1; done
}
stop_listening() { sleep 1; kill "$(cat "$work/sniff.pid")"; rm "$work/sniff.pid"; }
cleanup_all() { [ ! -e "$work/sniff.pid" ] || kill "$(cat "$work/sniff.pid")"; vm_cleanup; }
# on_wire NAME WORD
on_wire() { grep -caF "$2" "$work/$1" > /dev/null && echo 0 || echo 1; }
not_on_wire() { grep -caF "$2" "$work/$1" > /dev/null && echo 1 || echo 0; }
# refused TEXT PARAMETERS WORD: c does not load, and the log names WORD
refused() {
	vm_check "$1" c "dmesg -c > /dev/null; insmod $ko session_id=1 node_id=3 $parameters $2 && exit 1
		dmesg | grep -F '$3' || { dmesg; exit 1; }; [ ! -e /sys/kerrighed ]"
}

vm_setup
trap cleanup_all EXIT
${CC:-cc} -O2 -Wall -Wextra -o "$work/sniff" "$here/sniff.c"
vm_start a
vm_start b
vm_start c

# --- security off: the capture shows what it is to show, or it would prove nothing
listen clear
vm_check "a loads with security off" a "$(load_off 1)"
vm_check "and says so loudly" a "dmesg | grep 'SECURITY IS OFF' && grep -x off /sys/kerrighed/key"
vm_check "b loads with security off" b "$(load_off 2)"
everywhere "present to each other" "$(states '1:present 2:present')" 20 "a b"
vm_check "both online" a "krgadm nodes add -a && grep MemTotal /proc/nodes/node2/meminfo"
stop_listening
check "on the wire: the hello" "$(on_wire clear SSI1)"
check "on the wire: the file of a node" "$(on_wire clear MemTotal:)"
check "on the wire: frames in clear" "$([ -s "$work/clear.clear" ]; echo $?)"
vm_check "there is no key to load" a "! $new_key"
vm_check "who comes in and talks nonsense is thrown out" b "garble 1 7 60" 200
everywhere "nobody else was" "$(states '1:online 2:online')" 15 "a b"
vm_check "counted" a "[ \$(cat /sys/kernel/debug/ssi/malformed) -gt 1 ] &&
	dmesg | grep 'malformed record from node 77'"
vm_check "with TIPC in clear, security on is refused" a "rmmod ssi_kddm; dmesg -c > /dev/null
	$(load 1) && exit 1; dmesg | grep 'another key, or without one' | grep 'modprobe -r tipc'"

# --- security on
for each in a b; do vm_run $each "rmmod ssi_kddm; modprobe -r tipc" > /dev/null; done
listen cipher
vm_check "a loads with the key" a "$(load 1) && grep -x 'send 1 [0-9a-f]*' /sys/kerrighed/key"
vm_check "b loads with the key" b "$(load 2)"
everywhere "present to each other" "$(states '1:present 2:present')" 20 "a b"
vm_check "both online" a "krgadm nodes add -a && grep MemTotal /proc/nodes/node2/meminfo"
stop_listening
check "not on the wire: the hello" "$(not_on_wire cipher SSI1)"
check "not on the wire: the file of a node" "$(not_on_wire cipher MemTotal:)"
check "not on the wire: any frame in clear" "$([ ! -s "$work/cipher.clear" ]; echo $?)" \
	"$(wc -c "$work/cipher.clear")"
check "on the wire: encrypted frames" "$([ -s "$work/cipher.cipher" ]; echo $?)"
vm_check "TIPC exchanges no keys" a "grep -x 0 /proc/sys/net/tipc/key_exchange_enabled"
vm_check "b leaves the cluster" a "krgadm nodes del -n 2"
vm_check "loaded again, the same key is good" b "rmmod ssi_kddm && $(load 2)"
everywhere "b is back" "$(states '1:online 2:present')" 20 "a b"
vm_check "online again" a "krgadm nodes add -a"

# --- what does not load
refused "neither key nor security=off" "" "security=off to have everything"
refused "both" "key_file=/run/ssi/key security=off" "do not go together"
refused "security=maybe" "security=maybe" "neither on nor off"
refused "a key file that is not there" "key_file=/run/ssi/none" "xos-ssi-deploy resume"
refused "a key file that is a link" \
	"key_file=\$(ln -s /run/ssi/key /tmp/link; echo /tmp/link)" "can not be opened"
refused "a key file that is a folder" "key_file=/run/ssi" "is not a file"
vm_run c "chmod 440 /run/ssi/key" > /dev/null
refused "a key file that others may read" "key_file=/run/ssi/key" "alone (mode 0440"
vm_run c "chmod 400 /run/ssi/key; chown 1000 /run/ssi/key" > /dev/null
refused "a key file of somebody else" "key_file=/run/ssi/key" "owner 1000"
vm_run c "testkey 2 1" > /dev/null
refused "a key of another session" "key_file=/run/ssi/key" "is not for session 1"
vm_run c "echo nonsense > /run/ssi/key" > /dev/null
refused "no key file at all" "key_file=/run/ssi/key" "is none"

# --- who does not come in
vm_run a "dmesg -c > /dev/null" > /dev/null
before=$(counter a clear)
vm_run c "dmesg -c > /dev/null; $(load_off 3); sleep 5" > /dev/null
vm_check "no key: alone" c "$(states 3:present)"
everywhere "no key: not seen" "$(states '1:online 2:online')" 5 "a b"
check "no key: its frames are counted ($before, $(counter a clear))" \
	"$([ "$(counter a clear)" -gt "$before" ]; echo $?)"
vm_check "no key: logged, once" a "[ \$(dmesg | grep -c 'a machine without the key') = 1 ]"
vm_run c "$unload; testkey 1 9; $(load 3); sleep 5" > /dev/null
vm_check "another key: alone" c "$(states 3:present)"
everywhere "another key: not seen" "$(states '1:online 2:online')" 5 "a b"
vm_run c "$unload; testkey 2 1; $(load 3 2); sleep 5" > /dev/null
vm_check "another session with the same key: alone" c "$(states 3:present)"
everywhere "another session: not seen" "$(states '1:online 2:online')" 5 "a b"
before=$(counter b clear)
ip netns exec "$ns" "$work/sniff" br0 - || :
vm_until "a frame in clear is dropped" b "[ \$(cat /sys/kernel/debug/ssi/clear) -gt $before ]" 5
vm_run c "$unload; testkey 1 1" > /dev/null
vm_check "the key" c "$(load 3)"
everywhere "the key: comes in" "$(states '1:online 2:online 3:present')" 20
vm_check "online" a "krgadm nodes add -a"

# --- a program on c, as a user who may nothing, says perfect hellos
version=$(cat "$top/VERSION")
vm_run c "chmod 755 /; echo u:x:1000:1000::/:/bin/sh >> /etc/passwd" > /dev/null
vm_run a "dmesg -c > /dev/null" > /dev/null
vm_check "a forger says to be node 77, is refused" c \
	"su u -s /bin/sh -c 'id -u; forge 1 77 $version'"
vm_check "says to be node 1 itself, is refused" c "su u -s /bin/sh -c 'forge 1 1 $version'"
vm_check "says to be node 2, which is there" c "su u -s /bin/sh -c 'forge 1 2 $version'"
vm_check "counted each time" a "[ \$(cat /sys/kernel/debug/ssi/unproven) = 6 ] ||
	{ cat /sys/kernel/debug/ssi/unproven; exit 1; }"
vm_check "logged, once" a "[ \$(dmesg | grep -c 'has no key of ours') = 1 ] || { dmesg; exit 1; }"
vm_check "sixty calls that say nothing" c "i=0; while [ \$i -lt 60 ]; do
	su u -s /bin/sh -c 'forge 1 77' & i=\$((i + 1)); done; wait" 60
everywhere "nobody was harmed" "$(states '1:online 2:online 3:online')" 5

# --- the key is replaced under load: no link, no view is lost
for each in a b c; do
	vm_run $each "cat /sys/kernel/debug/ssi/lost > /tmp/lost; dmesg -c > /dev/null
	(while [ ! -e /tmp/stop ]; do for n in 1 2 3; do
		grep -q MemTotal /proc/nodes/node\$n/meminfo || echo failed >> /tmp/failed
	done; echo >> /tmp/rounds; done) > /dev/null 2>&1 &" > /dev/null
done
for keys in "1 2" "2 1"; do
	for each in a b c; do
		vm_until "keys $keys on $each" $each "testkey 1 $keys; $new_key" 60
		sleep 1
	done
done
for each in a b c; do
	vm_until "TIPC of $each has gone over" $each "dmesg | grep 'TX(.*key\[2\] is activated'" 60
done
for each in a b c; do
	vm_check "key 1 is dropped on $each" $each "testkey 1 2; $new_key &&
		grep -x 'send 2 [0-9a-f]*' /sys/kerrighed/key && ! grep accept /sys/kerrighed/key"
done
sleep 5
for each in a b c; do
	vm_check "$each: no link lost, no view changed, no file unread" $each ": > /tmp/stop; sleep 1
		wc -l < /tmp/rounds; [ \$(wc -l < /tmp/rounds) -gt 3 ] && [ ! -e /tmp/failed ] &&
		[ \$(cat /sys/kernel/debug/ssi/lost) = \$(cat /tmp/lost) ] &&
		! dmesg | grep -E 'dead|left|online|present|view' && $(states '1:online 2:online 3:online')"
done
vm_check "the old key is not taken back" a "testkey 1 1; $new_key && exit 1
	dmesg | grep 'is not newer'; testkey 1 2; $new_key"
vm_kill c
everywhere "c dies" "$(states '1:online 2:online')" 20 "a b"
vm_start c
vm_run c "$(load 3); sleep 5" > /dev/null
vm_check "c with the old key: alone" c "$(states 3:present)"
everywhere "not seen" "$(states '1:online 2:online')" 5 "a b"
vm_check "c with the new key" c "$unload; testkey 1 2; $(load 3)"
everywhere "comes in" "$(states '1:online 2:online 3:present')" 20
vm_finish
