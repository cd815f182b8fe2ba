#!/bin/sh
# faults.sh - a node that fails says so, the others go on, the exit code sums up
set -eu
# shellcheck source=tests/deploy/lib.sh
. "$(dirname "$0")/lib.sh"

# one_bad OPTIONS - n2 of three nodes has them
one_bad() {
	fresh
	inventory <<-XML
	<nodes name="n1" id="1"/>
	<nodes name="n2" id="2">$1</nodes>
	<nodes name="n3" id="3"/>
	<policy min-nodes="2">$quick${2:-}</policy>
	XML
}

one_bad ''
exits 0 "all well" run -o "$dir/ok" -n "$dir/ko"
check "ok file" same "$(tr '\n' ' ' < "$dir/ok")" "n1 n2 n3 "
check "ko file is empty" [ ! -s "$dir/ko" ]
check "grid hook is skipped aloud" says "xosautoconfig: not installed"

one_bad '<option>fake-dead=1</option>'
exits 3 "a node that never powers on: partial" run -o "$dir/ok" -n "$dir/ko"
check "ok file" same "$(tr '\n' ' ' < "$dir/ok")" "n1 n3 "
check "ko file" same "$(cat "$dir/ko")" n2
check "its state says so" same "$(state_of n2)" ko
check "and why" sh -c 'case $1 in *"machine is off"*) ;; *) exit 1 ;; esac' sh "$(reason_of n2)"
check "retries end" [ "$(powers n2)" -le 3 ]
check "the others were powered once" same "$(powers n1) $(powers n3)" "1 1"
exits 0 "why" why n2
check "shows the chain" says "firmware -> powering"
check "what to do" says "^next: "
check "the console" says "fake console of n2"

exits 4 "too few" run --min-nodes 3
exits 3 "a share that is reached" run --min-nodes 60%
exits 4 "a share that is not" run --min-nodes 90%
exits 0 "without the node that fails" run --exclude n2
check "it is excluded" same "$(state_of n2)" excluded

for state in firmware loading initramfs root services modules config; do
	one_bad "<option>fake-hang=$state</option>"
	exits 3 "hangs in $state" run
	check "reason names $state" same "$(reason_of n2 | cut -d: -f1)" "$state"
	one_bad "<option>fake-hang=$state</option><option>fake-until=1</option>"
	exits 0 "hangs in $state once: a retry brings it back" run
	check "by one reboot" same "$(powers n2)" 2
done
one_bad '<option>fake-hang=modules</option><option>fake-until=1</option>'
deploy run
check "the mildest reboot first: kexec" grep -q 'n2 kexec' "$dir/run/t/fake.log"
one_bad '<option>fake-hang=modules</option><option>fake-until=1</option><option>fake-no-kexec=1</option>'
deploy run
check "no kexec: soft reboot" grep -q 'n2 soft-reboot' "$dir/run/t/fake.log"
one_bad '<option>fake-hang=root</option><option>fake-until=1</option>'
deploy run
check "no sshd yet: power cycle" grep -q 'n2 power-cycle' "$dir/run/t/fake.log"

one_bad '<option>fake-fail=initramfs:digest</option>'
exits 3 "reports a failure" run
check "its reason is kept" sh -c 'case $1 in *digest*) ;; *) exit 1 ;; esac' sh "$(reason_of n2)"
one_bad '<option>fake-panic=root</option>'
exits 3 "panics for ever" run
check "reason counts" sh -c 'case $1 in *"restarted by itself"*) ;; *) exit 1 ;; esac' sh "$(reason_of n2)"
one_bad '<option>fake-flap=2</option>'
exits 0 "flaps, then gets through" run
check "without our help" same "$(powers n2)" 1
one_bad '<option>fake-stranger=1</option>'
exits 3 "reports from a wrong address" run
check "reason says so" sh -c 'case $1 in *"wrong address"*) ;; *) exit 1 ;; esac' sh "$(reason_of n2)"
one_bad '<option>fake-power-fail=2</option>'
exits 0 "power fails twice" run
one_bad '<option>fake-power-fail=9</option>'
exits 3 "power fails for ever" run
check "reason names powering" same "$(reason_of n2 | cut -d: -f1)" powering
one_bad '<option>fake-join-fail=1</option>'
exits 0 "joins at the second pass" run
one_bad '<option>fake-join-fail=99</option>' '<timeout state="online" base="0" retries="1"/>'
exits 3 "never joins" run
check "reason names present" same "$(reason_of n2 | cut -d: -f1)" present
# Two of three are lost, and come back: the one that is left can not take them.
one_bad ''
deploy run
"$tool" power off n2
"$tool" power off n3
sed -i 's|<nodes name="n1" id="1"/>|<nodes name="n1" id="1"><option>fake-no-quorum=1</option></nodes>|' \
	"$dir/inventory.xml"
exits 4 "no quorum: resume ends" resume
check "reason names the cause, and the next step" sh -c 'case $1 in
	"present: the cluster has no quorum; "*"ssh n1 krgadm nodes fail"*) ;; *) exit 1 ;; esac' sh "$(reason_of n2)"
check "a reboot would not help: there was none" same "$(powers n1) $(powers n2) $(powers n3)" "1 2 2"
sed -i 's|<option>fake-no-quorum=1</option>||' "$dir/inventory.xml"
exits 0 "with a quorum again, resume mends it" resume
one_bad '<option>fake-delay-ms=60</option><option>fake-head-down-at=100</option><option>fake-head-down-for=150</option>'
exits 0 "head reboots during the storm: nodes wait and go on" run
check "nobody was powered twice" same "$(powers n1) $(powers n2) $(powers n3)" "1 1 1"
one_bad '<option>fake-delay-ms=60</option><option>fake-head-down-at=100</option><option>fake-head-down-for=1000</option>'
exits 0 "head is away for longer than any limit" run
check "the run says so" says "does not answer, waiting"
check "nobody was powered twice" same "$(powers n1) $(powers n2) $(powers n3)" "1 1 1"
one_bad '<option>fake-hook=0</option>'
exits 0 "grid hook" run
check "is run where installed" says "xosautoconfig: done"
one_bad '<option>fake-unavailable=1</option>'
exits 5 "back-end unavailable" run
check "says why" complains "not available"
finish
