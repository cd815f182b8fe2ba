#!/bin/sh
# usage.sh - command lines, exit codes, node files
set -eu
# shellcheck source=tests/deploy/lib.sh
. "$(dirname "$0")/lib.sh"

fresh
inventory <<-XML
	<nodes name="n[1-3]" id="1"/>
	<policy>$quick</policy>
XML
exits 0 "--help" --help
check "--help names every command" sh -c '
	for c in check plan run resume status why report ssh console reboot power image head key down; do
		grep -q "^  $c" "$1" || { echo "# no $c"; exit 1; }
	done' sh "$dir/out"
exits 0 "--version" --version
exits 2 "no command"
exits 2 "unknown command" frobnicate
check "says which" complains "unknown command 'frobnicate'"
exits 2 "unknown option" --frobnicate run
exits 2 "option without its value" run -o
exits 2 "--min-nodes 0" run --min-nodes 0
exits 2 "--min-nodes 120%" run --min-nodes 120%
exits 2 "--min-nodes 3x" run --min-nodes 3x
exits 2 "--window none" run --window none
exits 2 "the same file for ok and ko" run -o "$dir/f" -n "$dir/f"
exits 2 "run with a word too many" run n1
exits 2 "why without a node" why
exits 2 "why of an unknown node" why n9
check "says where to look" complains "no node 'n9'"
exits 2 "power without a verb" power
exits 2 "power of a bad range" power status 'n[1-'
exits 2 "image with an unknown verb" image burn
exits 2 "excluding an unknown node" run --exclude n9
exits 1 "resume of nothing" resume
check "says what to do" complains "xos-ssi-deploy run"
check "nothing was made" [ ! -e "$dir/run/t/fake.log" ]

exits 0 "check" check
exits 0 "check -v lists the nodes" check -v
check "with their ids" says "^n3  *id 3"
exits 2 "inventory that is not there" -i "$dir/none.xml" check
( unset XOS_INVENTORY; cd "$dir" && "$tool" check > out 2> err )
check "./inventory.xml is found" says "no problem found"
echo '<cluster' > "$dir/bad.xml"
exits 2 "inventory that is no XML" -i "$dir/bad.xml" run
check "names file and line" complains "bad.xml:[0-9]"
sed 's/backend="fake"/backend="cloud"/' "$dir/inventory.xml" > "$dir/cloud.xml"
exits 2 "unknown back-end" -i "$dir/cloud.xml" run
check "lists the known ones" complains "known are: .*fake"
sed 's/state="root"/state="roof"/' "$dir/inventory.xml" > "$dir/roof.xml"
exits 2 "timeout of an unknown state" -i "$dir/roof.xml" check
check "names the line" complains "roof.xml:[0-9]*: 'roof' is not a state"

sed 's|<nodes name="n\[1-3\]" id="1"/>|<nodes name="n1" id="1"><option>fake-daed=1</option></nodes>|' \
	"$dir/inventory.xml" > "$dir/typo.xml"
exits 2 "option that the back-end does not have" -i "$dir/typo.xml" run
check "is named" complains "typo.xml:[0-9]*: .*fake-daed=1"

ln -s /dev/null "$dir/null"
exits 0 "-o to a device" run -o "$dir/null"
check "does not replace it" [ -L "$dir/null" ]
"$tool" down

printf 'n2\nn2\n# comment\nn3\nn2\n' > "$dir/nodes"
exits 0 "node file, names repeat" run -f "$dir/nodes" -o "$dir/ok"
check "its nodes are deployed" same "$(tr '\n' ' ' < "$dir/ok")" "n2 n3 "
exits 0 "status remembers the node file" status
check "and shows no other node" sh -c '! grep -q "^n1" "$1"' sh "$dir/out"
"$tool" down
for variable in OAR_NODEFILE OAR_NODE_FILE OAR_FILE_NODES; do
	env "$variable=$dir/nodes" "$tool" run -o "$dir/ok" > "$dir/out" 2> "$dir/err"
	check "\$$variable" same "$(wc -l < "$dir/ok")" 2
done
exits 0 "without it: the inventory's nodes" run -o "$dir/ok"
check "all three" same "$(wc -l < "$dir/ok")" 3
exits 2 "node file that is not there" run -f "$dir/none"
finish
