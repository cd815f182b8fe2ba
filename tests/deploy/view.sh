#!/bin/sh
# view.sh - what people and programs are shown
set -eu
# shellcheck source=tests/deploy/lib.sh
. "$(dirname "$0")/lib.sh"

fresh
inventory <<-XML
	<nodes name="n[1-3]" id="1"><option>fake-delay-ms=20</option></nodes>
	<nodes name="n4" id="4"><option>fake-hang=root</option></nodes>
	<policy min-nodes="1">$quick</policy>
XML
exits 0 "plan" plan
check "shows the boot lines" says "node n3: boot line: .*node_id=3"
check "and the cluster's start" says "krgadm nodes add"
check "does nothing" [ ! -e "$dir/state" ]
exits 3 "run" run
check "piped: a line a transition" says "n1 .*root -> services"
check "piped: no escape sequence" sh -c '! grep -q "$(printf "\033")" "$1"' sh "$dir/out"
check "the lost node and its reason at the end" says "^  n4: root: no progress"
exits 3 "run --json" run --json
check "is JSON, line by line" jq -es . "$dir/out" > /dev/null
check "ends with a summary" same "$(tail -n 1 "$dir/out" | jq .summary.online)" 3
exits 0 "status --json" status --json
check "is JSON" same "$(jq -r '.nodes | length' "$dir/out")" 4
exits 0 "status -w of a run that ended" status -w
exits 0 "why --json" why n4 --json
check "is JSON" jq -es . "$dir/out" > /dev/null
exits 0 "report" report
check "a row a node" says "^n1 "
exits 0 "report --svg" report --svg "$dir/time.svg"
check "is well-formed" xmllint --noout "$dir/time.svg"
check "a bar a node" same "$(grep -c 'class="node"' "$dir/time.svg")" 3
exits 0 "report --json" report --json
check "is JSON" same "$(jq -s length "$dir/out")" 3
exits 0 "why of the head" why head
check "its console" says "console of the head"
"$tool" down
"$tool" run > /dev/null 2>&1 &
run=$!
until "$tool" status | grep -q running; do sleep 0.01; done
exits 0 "status -w of a run" status -w
check "shows transitions and ends with it" says "n4 .*root -> ko"
wait $run || :
exits 0 "ssh runs a command" ssh n1 sh -c 'echo "on $XOS_FAKE_NODE"'
check "on the node" says "on n1"
exits 7 "ssh passes the exit code on" ssh n1 sh -c 'exit 7'
exits 1 "console of what has none" console n1

# A terminal of 12 rows: five nodes fit, forty are folded.
in_terminal() {
	script -qec "stty rows 12 cols 60; $*" /dev/null > "$dir/out" < /dev/null
}
if command -v script > /dev/null; then
	"$tool" down
	TERM=xterm in_terminal "$tool" run || :
	check "terminal: the table is drawn over itself" sh -c 'grep -q "$(printf "\033")\[[0-9]*A" "$1"' sh "$dir/out"
	check "terminal: with colours" sh -c 'grep -q "$(printf "\033")\[32m" "$1"' sh "$dir/out"
	TERM=xterm NO_COLOR=1 in_terminal "$tool" status
	check "NO_COLOR: without" sh -c '! grep -q "$(printf "\033")\[32m" "$1"' sh "$dir/out"
	fresh
	inventory <<-XML
	<nodes name="n[1-40]" id="1"/>
	XML
	TERM=xterm in_terminal "$tool" run || :
	check "terminal: more nodes than rows are folded" says "online *[^ ]*  *40 .*n\[1-40\]"
else
	ok "terminal # skip no script(1)"
fi
finish
