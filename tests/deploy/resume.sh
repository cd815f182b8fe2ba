#!/bin/sh
# resume.sh - killed anywhere, resumed: the same result, no machine powered twice
set -eu
# shellcheck source=tests/deploy/lib.sh
. "$(dirname "$0")/lib.sh"

# Slow enough to be caught in each state, n4 is lost for good.
four() {
	fresh
	inventory <<-XML
	<nodes name="n[1-3]" id="1"><option>fake-delay-ms=120</option></nodes>
	<nodes name="n4" id="4"><option>fake-dead=1</option></nodes>
	<policy min-nodes="3">
	$(echo "$quick" | sed 's/base="0.3"/base="0.5" retries="1"/g')
	</policy>
	XML
}

# kill_in STATE - start a run and kill -9 it when n1 is in STATE
kill_in() {
	"$tool" run -o "$dir/ok" -n "$dir/ko" > "$dir/out" 2> "$dir/err" &
	pid=$!
	tries=0
	until grep -qs "\"node\":\"n1\",\"from\":\"[a-z]*\",\"to\":\"$1\"" \
		"$dir/state/t/journal.jsonl"; do
		tries=$((tries + 1))
		[ $tries -lt 400 ] && sleep 0.01 || break
	done
	kill -9 $pid 2> /dev/null || :
	wait $pid 2> /dev/null || :
}

for state in powering firmware loading initramfs root services modules config present online; do
	four
	kill_in $state
	exits 3 "killed in $state: resume" resume -o "$dir/ok" -n "$dir/ko"
	check "killed in $state: same ok and ko" \
		same "$(tr '\n' ' ' < "$dir/ok")/ $(cat "$dir/ko")" "n1 n2 n3 / n4"
	check "killed in $state: nobody powered twice" \
		same "$(powers n1) $(powers n2) $(powers n3)" "1 1 1"
done

four
for _ in 1 2 3 4 5 6 7 8; do	# again and again
	timeout -s KILL 0.15 "$tool" run > /dev/null 2>&1 || :
done
exits 3 "killed eight times: resume" resume
check "nobody powered twice" same "$(powers n1) $(powers n2) $(powers n3)" "1 1 1"
printf '{"t":1,"node":"n1","fr' >> "$dir/state/t/journal.jsonl"
exits 3 "torn last line: resume" resume
check "nobody powered twice" same "$(powers n1) $(powers n2) $(powers n3)" "1 1 1"

# Suspended for longer than any limit: what was reported meanwhile counts first.
four
"$tool" run > "$dir/out" 2> "$dir/err" &
pid=$!
sleep 0.2
kill -STOP $pid
sleep 1.5
kill -CONT $pid
got=0
wait $pid || got=$?
check "suspended and continued" same $got 3
check "nobody powered twice" same "$(powers n1) $(powers n2) $(powers n3)" "1 1 1"

# The tool is killed, the head forgets what the nodes reported, and reports come
# once only: resume asks the nodes themselves before it powers anything.
fresh
inventory <<-XML
	<nodes name="n[1-3]" id="1"><option>fake-delay-ms=60</option>
	<option>fake-head-down-at=900</option><option>fake-head-down-for=100</option></nodes>
	<policy>$quick</policy>
XML
kill_in loading
sleep 1.2
exits 0 "killed, and the head has forgotten: resume" resume
check "nobody powered twice" same "$(powers n1) $(powers n2) $(powers n3)" "1 1 1"
exits 0 "why" why n2
check "it was asked itself" says "found waiting for its key"

four
"$tool" run > "$dir/out" 2> "$dir/err" &
pid=$!
sleep 0.3
exits 1 "a second run is refused" run
check "naming the first" complains "process $pid"
exits 1 "so is a power command" power off n1
exits 1 "and down" down
exits 0 "status is not" status
check "it says running" says running
kill -TERM $pid
got=0
wait $pid || got=$?
check "SIGTERM ends it in order" same $got 1
check "and it says how to go on" complains "resume"
check "status says stopped" sh -c '"$1" status | grep -q stopped' sh "$tool"
exits 3 "resume" resume
check "nobody powered twice" same "$(powers n1) $(powers n2) $(powers n3)" "1 1 1"

# Interrupted while a command on a node hangs: at once, and no node is blamed.
fresh
inventory <<-XML
	<nodes name="n[1-3]" id="1"><option>fake-remote-ms=20000</option></nodes>
	<policy><timeout state="present" base="60"/></policy>
XML
"$tool" run > "$dir/out" 2> "$dir/err" &
pid=$!
sleep 1
start=$(date +%s) got=0
kill -TERM $pid
wait $pid || got=$?
check "stopped while krgadm hangs: in order" same $got 1
check "and at once" [ $(($(date +%s) - start)) -le 2 ]
check "and it says how to go on" complains "resume"
check "no node lost a try" same "$(state_of n1) $(state_of n2) $(state_of n3)" \
	"present present present"
sed -i s/fake-remote-ms=20000/fake-remote-ms=1/ "$dir/inventory.xml"
exits 0 "resume" resume
check "nobody powered twice" same "$(powers n1) $(powers n2) $(powers n3)" "1 1 1"

fresh
inventory <<-XML
	<nodes name="n[1-3]" id="1"/>
	<policy>$quick</policy>
XML
deploy run
exits 0 "a second run changes nothing" run
check "nobody powered twice" same "$(powers n1) $(powers n2) $(powers n3)" "1 1 1"
"$tool" power off n2
check "a node is switched off" same "$("$tool" power status n2 --json | jq -r .power)" off
check "status says so" same "$(state_of n1) $(state_of n2)" "online off"
exits 0 "resume brings it back" resume
check "and only it" same "$(powers n1) $(powers n2) $(powers n3)" "1 2 1"
check "it is online" same "$(state_of n2)" online
"$tool" power off n2
"$tool" power on n2
check "switched off and on: status does not believe it is online" same "$(state_of n2)" firmware
"$tool" power on n1
check "nor that one that is on has booted" same "$(state_of n1)" online
exits 0 "resume waits for it" resume
check "without switching it on again" same "$(powers n1) $(powers n2) $(state_of n2)" "1 3 online"
exits 0 "reboot" reboot --kexec n3
exits 0 "resume waits for it" resume
check "without another power command" same "$(powers n3)" 2
exits 0 "down" down
check "leaves no machine" [ ! -e "$dir/run/t" ]
exits 0 "down again" down
check "status: nothing" sh -c '"$1" status | grep -q "no run yet"' sh "$tool"
exits 1 "resume after down" resume
exits 0 "run after down" run
finish
