#!/bin/sh
# scale.sh - a thousand nodes, windows, bounded output
set -eu
# shellcheck source=tests/deploy/lib.sh
. "$(dirname "$0")/lib.sh"

fresh
inventory 20 <<-XML
	<nodes name="n[1-1000]" id="1"/>
	<policy window="1000" pause="0"/>
XML
start=$(date +%s%N)
exits 0 "1000 nodes" run -o "$dir/ok"
echo "# 1000 nodes online in $((($(date +%s%N) - start) / 1000000)) ms"
check "all online" same "$(wc -l < "$dir/ok")" 1000
start=$(date +%s%N)
exits 0 "1000 nodes, verified again" resume
echo "# verified in $((($(date +%s%N) - start) / 1000000)) ms"
exits 0 "status" status
check "a line a node" same "$(grep -c '^n[0-9]* *online' "$dir/out")" 1000

fresh
inventory 20 <<-XML
	<nodes name="n[1-200]" id="1"/>
	<nodes name="x[1-20]" id="301"><option>fake-dead=1</option></nodes>
	<nodes name="y[1-20]" id="401"><option>fake-flap=2</option></nodes>
	<nodes name="z[1-20]" id="501"><option>fake-hang=modules</option><option>fake-until=1</option></nodes>
	<policy min-nodes="90%" window="50" pause="0">$quick</policy>
XML
exits 3 "a mixed lot of 260" run -o "$dir/ok" -n "$dir/ko"
check "all but the dead are online" same "$(wc -l < "$dir/ok")" 240
check "the dead are not" same "$(grep -c '^x' "$dir/ko")" 20

# Most machines between power-on and their first report, from the fake's log.
most_at_once() {
	awk '$1 == "P" && $4 == "power-on" { n++; if (n > most) most = n }
	     $1 == "E" && $4 == "initramfs" { n-- }
	     END { print most }' "$dir/run/t/fake.log"
}
fresh
inventory 20 <<-XML
	<nodes name="n[1-60]" id="1"/>
	<policy window="7" pause="0"/>
XML
exits 0 "windows of 7" run
check "never more than 7 before their report" [ "$(most_at_once)" -le 7 ]
exits 0 "down" down
exits 0 "windows of 3, by option" run --window 3
check "never more than 3" [ "$(most_at_once)" -le 3 ]
finish
