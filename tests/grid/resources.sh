#!/bin/sh
# resources.sh - descriptions: measured, signed, published, listed, picked, seen
set -eu
# shellcheck source=tests/grid/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/grid/core.sh
. "$(dirname "$0")/core.sh"
network

# grid_of NAME ARGUMENT... - xos-grid on a node
grid_of() {
	name=$1
	shift
	on_node "$bin/xos-grid" --conf "$dir/$name.conf" --truststore "$dir/$name" \
		--gcp "$dir/root.$name/etc/xos/gcp.conf" "$@" > "$dir/out" 2> "$dir/err"
}

core RCA_AUTOCONFIRM=10.9.0.16/28
conf n1 10.9.0.17 resource VO=physics
gives 0 "describe" grid_of n1 describe
cp "$dir/out" "$dir/n1.xml"
check "it fits the schema" quietly xmllint --noout --relaxng "$top/conf/resource.rng" "$dir/n1.xml"
check "processors are those of this machine" grep -q "Processor .*Count=\"$(nproc)\"" "$dir/n1.xml"
check "memory is, too" grep -q "RAMSize=\"$(($(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo) / 1024))\"" "$dir/n1.xml"
check "the checkpointer is that of gcp.conf" grep -q 'Checkpointer Name="criu" Available="[a-z]*" Threads="true"' "$dir/n1.xml"
gives 1 "publish before the node has joined" grid_of n1 publish
node n1 join && ca sign && node n1 join
gives 0 "publish" grid_of n1 publish
gives 0 "list" grid_of n1 list
check "has it" says "^n1  *joined  *$(nproc) processors"
check "with the VO of its certificate" says 'members  physics$'

# a cluster: one resource, its members are those that krgadm tells
mkdir "$dir/path"
printf '#!/bin/sh\nprintf "1:online\\n2:online\\n3:present\\n"\n' > "$dir/path/krgadm"
chmod +x "$dir/path/krgadm"
conf n2 10.9.0.17 resource SSIFLAVOUR=kerrighed VO=biology,physics
node n2 join && ca sign && node n2 join
gives 1 "a cluster that cannot be asked is not published as one machine" grid_of n2 publish
PATH=$dir/path:$PATH
gives 0 "a cluster" grid_of n2 publish
gives 0 "show" grid_of n1 show n2
check "has its members" says '^member *3 present'
check "and what saves its state" says '^checkpointer *ssi'
gives 0 "show --json" grid_of n1 --json show n2
check "the same" jq -e '.members == [{"id":1,"state":"online"},{"id":2,"state":"online"},{"id":3,"state":"present"}] and .checkpointer.name == "ssi" and .vo == "biology,physics"' "$dir/out" > /dev/null
gives 1 "show of a stranger" grid_of n1 show n9

# pick
gives 0 "pick" grid_of n1 pick 'members>=2 && vo==physics'
check "the one" same "$(cat "$dir/out")" n2
gives 0 "pick --all" grid_of n1 pick --all 'processors>=1'
check "both" same "$(cut -d' ' -f1 "$dir/out" | tr '\n' ' ')" "n1 n2 "
gives 1 "nothing that fulfils it" grid_of n1 pick 'processors>=100000'
gives 2 "no requirement" grid_of n1 pick 'colour==red'
check "is explained" complains "there is no such field"

# anybody may look, root or not
cp "$bin/xos-grid" "$dir/"
chmod -R go+rX "$dir/n1/certs"
chmod go+rx "$dir/n1"
check "an unprivileged user may list" quietly on_node setpriv --reuid nobody --regid nogroup \
	--clear-groups "$dir/xos-grid" --conf "$dir/n1.conf" --truststore "$dir/n1" list

# what may not be published
put() {		# NAME FILE CERTIFICATE-OF
	on_node curl -s --cacert "$dir/ca/ca.pem" -X PUT --data-binary "@$2" -o "$dir/out" -w '%{http_code}' \
		${3:+--cert "$dir/$3/certs/resource.pem" --key "$dir/$3/private/resource.key"} \
		"https://10.9.0.1:8443/resources/$1" 2> "$dir/err"
}
signed() {	# FILE BY: a signed message
	openssl cms -sign -in "$1" -signer "$dir/$2/certs/resource.pem" -inkey "$dir/$2/private/resource.key" \
		-nodetach -binary -outform PEM -out "$dir/cms" 2> "$dir/err"
}
grid_of n1 describe
cp "$dir/out" "$dir/n1.xml"
signed "$dir/n1.xml" n1
check "(what is right passes)" same "$(put n1 "$dir/cms" n1)" 200
check "not without a certificate" same "$(put n1 "$dir/cms")" 403
check "not for another" same "$(put n2 "$dir/cms" n1)" 403
check "not by another" same "$(put n2 "$dir/cms" n2)" 403
check "and why" says "the description of 'n1' was signed by 'n1'"
signed "$dir/n1.xml" n2
check "not signed by another" same "$(put n1 "$dir/cms" n1)" 403
sed 's/Count="[0-9]*"/Count="many"/' "$dir/n1.xml" > "$dir/r"
signed "$dir/r" n1
check "not against the schema" same "$(put n1 "$dir/cms" n1)" 403
check "and why" says "does not fit its schema"
sed 's/Grid="[a-z]*"/Grid="other"/' "$dir/n1.xml" > "$dir/r"
signed "$dir/r" n1
check "not for another grid" same "$(put n1 "$dir/cms" n1)" 403
sed 's/Time="[0-9]*"/Time="1000000000"/' "$dir/n1.xml" > "$dir/r"
signed "$dir/r" n1
check "not an old one" same "$(put n1 "$dir/cms" n1)" 403
sed "s/Time=\"[0-9]*\"/Time=\"$(($(date +%s) + 100))\"/" "$dir/n1.xml" > "$dir/r"
signed "$dir/r" n1
put n1 "$dir/cms" n1 > /dev/null
signed "$dir/n1.xml" n1
check "nor one that is older than what is there" same "$(put n1 "$dir/cms" n1) $(cat "$dir/out")" "403 there is a later description"
head -c 300000 /dev/zero | tr '\0' x > "$dir/r"
check "nor one that is too long" same "$(put n1 "$dir/r" n1)" 413

# the core node's copy is changed: whoever reads it sees that
cp "$dir/ca/resources/n1.cms" "$dir/keep"
cp "$dir/ca/resources/n2.cms" "$dir/ca/resources/n1.cms"
gives 0 "list with a description that was swapped" grid_of n1 list
check "refuses it" says '^n1 *refused'
cp "$dir/keep" "$dir/ca/resources/n1.cms"
cc -shared -fPIC -O2 -o "$dir/clock.so" "$top/tests/grid/wrong-clock.c"
CLOCK_OFF=1100 LD_PRELOAD=$dir/clock.so
export CLOCK_OFF LD_PRELOAD
gives 0 "list a while later" grid_of n1 list
unset CLOCK_OFF LD_PRELOAD
check "shows what is stale" says '^n2 *stale'
ca revoke n2
gives 0 "list after a revocation" grid_of n1 list
check "shows that, too" says '^n2 *revoked'
gives 1 "and it is not picked" grid_of n1 pick 'members>=2'
gives 1 "nor may it publish" grid_of n2 publish

# the page
curl -s --cacert "$dir/ca/ca.pem" https://10.9.0.1:8443/ > "$dir/out"
check "the page is well-formed enough for a parser" same "" "$(xmllint --html --noout "$dir/out" 2>&1)"
if command -v chromium > /dev/null; then
	HOME=$dir timeout 120 chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
		--user-data-dir="$dir/chromium" --ignore-certificate-errors --window-size=1000,400 \
		--screenshot="$dir/page.png" --dump-dom https://10.9.0.1:8443/ > "$dir/out" 2> "$dir/err" || true
	check "a browser shows the resource" says '<td>n1</td><td>joined</td>'
	check "and the revoked one" says '<tr class="revoked"><td>n2</td>'
	check "and the sum" says "2 resources, $(nproc) processors joined"
	if [ -n "${KEEP_PAGE:-}" ]; then cp "$dir/page.png" "$KEEP_PAGE"; fi
else
	ok "the page in a browser # SKIP no chromium (apt-get install chromium)"
fi

# Figures; nothing fails on them.
/usr/bin/env bash -c "TIMEFORMAT='# describe: %U+%S s of processor time'; time $bin/xos-grid --conf $dir/n1.conf \
	--gcp $dir/root.n1/etc/xos/gcp.conf describe > /dev/null" 2>&1
/usr/bin/env bash -c "TIMEFORMAT='# xosautoconfig: %U+%S s of processor time'; time $bin/xosautoconfig --dir $dir/in.n1 \
	--root $dir/root.n1 > /dev/null" 2>&1
finish
