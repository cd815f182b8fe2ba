#!/bin/sh
# key.sh - the cluster's key: made, brought to nodes, replaced; security off
set -eu
# shellcheck source=tests/deploy/lib.sh
. "$(dirname "$0")/lib.sh"

three() {
	fresh
	inventory <<-XML
	<nodes name="n[1-3]" id="1">$*</nodes>
	<policy>$quick</policy>
	XML
}
key_file() { echo "$XOS_STATE_DIR/t/keys/cluster-key"; }
# keys NODE - what it was brought, as generations: "1/0 1/2 ..."
keys() { sed -n "s/^K [0-9]* $1 //p" "$XOS_RUN_DIR/t/fake.log" | tr '\n' ' '; }
generation() { sed -n "s/^$1 \([0-9]*\) .*/\1/p" "$(key_file)"; }
secrets() { sed -n 's/^\(send\|accept\) [0-9]* //p' "$(key_file)"; }

three
exits 0 "run" run -v
check "there is a key, root's alone" same "$(stat -c '%a' "$(key_file)") $(stat -c '%a' "$XOS_STATE_DIR/t/keys")" "600 700"
check "each node was brought it, once" same "$(keys n1)$(keys n2)$(keys n3)" "1/0 1/0 1/0 "
check "before it loaded its modules" same "$(sed -n \
	-e 's/^E [0-9]* n1 \(modules\).*/\1/p' -e 's/^\(K\) [0-9]* n1 .*/\1/p' \
	"$XOS_RUN_DIR/t/fake.log" | tr '\n' ' ')" "K modules "
secrets > "$dir/secret"
check "it is 64 digits" same "$(tr -d '\n' < "$dir/secret" | wc -c)" 64
check "it is nowhere else" sh -c '! grep -rlFf "$1" "$2" | grep -v keys/cluster-key | grep -v "$1"' \
	sh "$dir/secret" "$dir"
exits 0 "another run" run
check "brings it to nobody again" same "$(keys n1)$(keys n2)$(keys n3)" "1/0 1/0 1/0 "
exits 0 "a node is rebooted" reboot n2
exits 0 "resume" resume
check "brings it to that one" same "$(keys n1)/$(keys n2)" "1/0 /1/0 1/0 "
exits 0 "key show" key show
check "names it, by its public name" says "^send 1 [0-9a-f]\{16\}$"
check "and not by itself" sh -c '! grep -Ff "$1" "$2"' sh "$dir/secret" "$dir/out"

exits 0 "key rotate" key rotate
check "each node gets the new one, goes over, drops the old" \
	same "$(keys n1)$(keys n3)" "1/0 1/2 2/1 2/0 1/0 1/2 2/1 2/0 "
check "the new one is another" sh -c '! grep -qFf "$1" "$2"' sh "$dir/secret" "$(key_file)"
check "and at rest" same "$(generation send)/$(generation accept)" "2/"
exits 0 "status" status
check "nobody was lost" same "$(state_of n1)$(state_of n2)$(state_of n3)" onlineonlineonline
exits 0 "down" down
check "takes the key along" [ ! -e "$XOS_STATE_DIR/t/keys/cluster-key" ]
exits 0 "run" run
check "there is another one" sh -c '! grep -qFf "$1" "$2"' sh "$dir/secret" "$(key_file)"

# killed after each single thing that is brought; the same command goes on
three "<option>fake-delay-ms=1</option>"
deploy run
for after in 1 2 3 4 5 6 7 8 9; do
	start=$(generation send)
	lines=$(grep -c '^K' "$XOS_RUN_DIR/t/fake.log")
	"$tool" key rotate > "$dir/out" 2> "$dir/err" &
	pid=$!
	while kill -0 $pid 2> /dev/null &&
		[ "$(grep -c '^K' "$XOS_RUN_DIR/t/fake.log")" -lt $((lines + after)) ]; do :; done
	kill -9 $pid 2> /dev/null || :
	wait $pid 2> /dev/null || :
	[ -z "$(generation accept)" ] || deploy key rotate || not_ok "killed after $after: rotate"
	check "killed after $after: one rotation, at rest" \
		same "$(generation send)/$(generation accept)" "$((start + 1))/"
	check "killed after $after: every node ends with it" same \
		"$(keys n1 | sed 's/.* \(.*\) $/\1/')$(keys n2 | sed 's/.* \(.*\) $/\1/')$(keys n3 | sed 's/.* \(.*\) $/\1/')" \
		"$((start + 1))/0$((start + 1))/0$((start + 1))/0"
done

# one that does not answer
fresh
inventory <<-XML
	<nodes name="n[1-2]" id="1"/>
	<nodes name="n3" id="3"><option>fake-key-lost=2</option></nodes>
	<policy>$quick</policy>
XML
deploy run
exits 1 "a node does not get the new key" key rotate
check "it is named" complains "n3 has not got it: n3 does not answer"
check "with what to do" complains "key rotate --force"
check "nobody has gone over" same "$(generation send)/$(generation accept)" "1/2"
check "nor was told to" same "$(keys n1)" "1/0 1/2 "
exits 0 "key show" key show
check "says where it stands" says "being replaced"
exits 1 "again, it still does not" key rotate
exits 0 "then it answers" key rotate
check "and all is at rest" same "$(generation send)/$(generation accept)" "2/"

fresh
inventory <<-XML
	<nodes name="n[1-2]" id="1"/>
	<nodes name="n3" id="3"><option>fake-key-lost=99</option></nodes>
	<policy>$quick</policy>
XML
deploy run
exits 0 "--force goes on without it" key rotate --force
check "and names it" complains "n3 has not got it"
check "the others have only the new one" same "$(keys n1 | sed 's/.* \(.*\) $/\1/')" "2/0"
"$tool" power off n3
exits 0 "a node that is off is not asked" key rotate
check "it was not" same "$(generation send)" 3

# a node whose secure shell is late: tried again
three "<option>fake-key-fail=2</option><option>fake-delay-ms=20</option>"
sed -i 's/state="modules" base="0.3"/state="modules" base="9"/' "$dir/inventory.xml"
exits 0 "run, the first two tries fail" run
check "the third is the last" same "$(keys n1)" "1/0 1/0 1/0 "
check "it says so" says "n1: the key cannot be brought there: n1 does not answer"
three "<option>fake-key-fail=99</option>"
sed -i 's/<policy>/<policy min-nodes="1">/' "$dir/inventory.xml"
exits 4 "a node that never gets it" run
check "is lost while it waits for it" sh -c 'echo "$1" | grep -q ^modules' sh "$(reason_of n1)"

# killed while nodes wait
for state in services modules; do
	three "<option>fake-delay-ms=100</option>"
	"$tool" run > "$dir/out" 2> "$dir/err" &
	pid=$!
	until grep -qs "\"node\":\"n1\",\"from\":\"[a-z]*\",\"to\":\"$state\"" \
		"$dir/state/t/journal.jsonl"; do sleep 0.01; done
	kill -9 $pid
	wait $pid 2> /dev/null || :
	exits 0 "killed in $state: resume" resume
	check "nobody was powered twice" same "$(powers n1) $(powers n2) $(powers n3)" "1 1 1"
done

# a key file that is not whole is not used
three
deploy run
echo "xos-ssi-key 1" > "$(key_file)"
exits 1 "a damaged key file" key rotate
check "is named" complains "keys/cluster-key: damaged"
exits 2 "key without a word" key
exits 2 "key with a strange one" key forget

# security off
three
sed -i 's/ session="1"/ session="1" security="off"/' "$dir/inventory.xml"
for command in check run status plan; do
	exits 0 "security off: $command" $command
	check "says so loudly" grep -q "SECURITY IS OFF" "$dir/out" "$dir/err"
done
check "there is no key" [ ! -e "$(key_file)" ]
check "nobody was brought one" same "$(keys n1)" ""
exits 2 "key rotate" key rotate
check "says why" complains 'security="off", there is no key'
check "status --json has it" same "$("$tool" status --json | jq -r .security)" off
finish
