#!/bin/sh
# trouble.sh - the core node away, a kill anywhere, wrong clocks and certificates,
# many at once
set -eu
# shellcheck source=tests/grid/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/grid/core.sh
. "$(dirname "$0")/core.sh"
network

# A testbed that confirms by address.
core RCA_AUTOCONFIRM=10.9.0.16/28
conf n1 10.9.0.17 resource
gives 0 "join in the range" node n1 join
gives 0 "sign" ca sign
check "confirms it" says '^issued n1 '
gives 0 "join again" node n1 join
check "has the certificate" says '^joined n1'
conf n2 10.9.0.18 resource
gives 0 "join from another address than one's own" node n2 join
gives 0 "sign" ca sign
check "is not confirmed" same "" "$(cat "$dir/out")"
cp "$dir/n1.conf" "$dir/twin.conf"
gives 0 "join with the name of another" node twin join
gives 0 "sign" ca sign
check "is not confirmed either" same "" "$(cat "$dir/out")"
conf core2 10.9.0.17 resource
sed -i 's/^MYHOSTNAME=.*/MYHOSTNAME=core/' "$dir/core2.conf"
node core2 join
gives 0 "nor with the name of the core node" ca sign
check "(nothing)" same "" "$(cat "$dir/out")"
move_to() {
	on_node ip addr flush dev node
	on_node ip addr add "$1/24" dev node
}
move_to 10.9.0.200
conf n5 10.9.0.200 resource
node n5 join
gives 0 "nor from outside the range" ca sign
check "(nothing)" same "" "$(cat "$dir/out")"
move_to 10.9.0.17

# The core node is away during each step, and comes back.
end "$rcad"
conf n6 10.9.0.17 resource
gives 5 "apply: nobody there" node n6 apply
check "says what to do" complains 'is xos-rcad.service running on the core node? Try again later'
serve
gives 0 "apply: back" node n6 apply
end "$rcad"
gives 5 "request: nobody there" node n6 request
gives 0 "sign needs no service" ca confirm "$(waiting n6)"
serve
gives 0 "request: back" node n6 request
end "$rcad"
gives 5 "renew: nobody there" node n6 renew --force
serve
gives 0 "renew: back" node n6 renew --force
ca sign
gives 0 "and installed" node n6 request

# Killed at each rename (a file that is whole, from then on) and run again.
bad='' killed=0 n=1
while [ $n -le 40 ]; do
	rm -rf "$dir/k"
	conf k 10.9.0.17 resource
	ca revoke k || true
	got=0
	on_node strace -f -o /dev/null -e trace=rename -e inject=rename:signal=KILL:when=$n \
		"$bin/xos-rca" --conf "$dir/k.conf" --truststore "$dir/k" apply > "$dir/out" 2>&1 || got=$?
	[ $got = 0 ] || { killed=$((killed + 1)); node k apply || bad="$bad apply:$n"; }
	ca confirm "$(waiting k)" || bad="$bad confirm:$n"
	applied=$got got=0
	on_node strace -f -o /dev/null -e trace=rename -e inject=rename:signal=KILL:when=$n \
		"$bin/xos-rca" --conf "$dir/k.conf" --truststore "$dir/k" request > "$dir/out" 2>&1 || got=$?
	[ $got = 0 ] || { killed=$((killed + 1)); node k join || bad="$bad join:$n"; }
	node k status
	grep -q '^joined$' "$dir/out" || bad="$bad status:$n"
	[ "$applied$got" != 00 ] || break
	n=$((n + 1))
done
check "a node killed at each of $killed renames, run again, is joined" same "$bad" ""
check "there were some" test "$killed" -gt 5
bad='' killed=0 n=1
while [ $n -le 40 ]; do
	rm -rf "$dir/k"
	conf k 10.9.0.17 resource
	ca revoke k || true
	node k apply
	id=$(waiting k) got=0
	strace -f -o /dev/null -e trace=rename,unlink -e inject=rename,unlink:signal=KILL:when=$n \
		"$bin/xos-rca" --conf "$dir/core.conf" confirm "$id" > "$dir/out" 2>&1 || got=$?
	[ $got = 0 ] || { killed=$((killed + 1)); ca confirm "$id" || ca sign || bad="$bad confirm:$n"; }
	node k join || bad="$bad join:$n"
	[ "$(openssl verify -CAfile "$dir/ca/ca.pem" -CRLfile "$dir/ca/crl.pem" -crl_check \
		"$dir/k/certs/resource.pem" 2> /dev/null | grep -c OK)" = 1 ] || bad="$bad verify:$n"
	[ $got != 0 ] || break
	n=$((n + 1))
done
check "the signer killed at each of $killed steps, run again, has signed once" same "$bad" ""
check "there were some" test "$killed" -gt 1

# Clocks.
cc -shared -fPIC -O2 -o "$dir/clock.so" "$top/tests/grid/wrong-clock.c"
at() {
	off=$1
	shift
	CLOCK_OFF=$off LD_PRELOAD=$dir/clock.so "$@"
}
conf n7 10.9.0.17 resource
gives 1 "a clock a day ahead" at 86400 node n7 apply
check "is said, and how much" complains "this machine's clock is 8640[0-9] seconds ahead of the core node's; set it"
gives 1 "a clock a day behind" at -86400 node n7 apply
check "the same" complains "this machine's clock is 86[34][0-9]* seconds behind the core node's"

# Certificates of every wrong kind, at the service.
put() {
	on_node curl -sk --cert "$1" --key "$2" --data-binary "@$dir/cms" -o "$dir/out" \
		-w '%{http_code}' https://10.9.0.1:8443/requests 2> "$dir/err"
}
node n6 renew --force
openssl cms -sign -in "$dir/n6.conf" -signer "$dir/n6/certs/resource.pem" -inkey "$dir/n6/private/resource.key" \
	-nodetach -binary -outform PEM -out "$dir/cms"
check "a good certificate passes to the request" same "$(put "$dir/n6/certs/resource.pem" "$dir/n6/private/resource.key")" 400
make_cert() {	# NAME FROM TO: signed by the CA's own key, dates as openssl ca has them
	mkdir -p "$dir/oca"
	: > "$dir/oca/index"
	echo 7000 > "$dir/oca/serial"
	printf '[ca]\ndefault_ca=c\n[c]\nnew_certs_dir=%s\ndatabase=%s/index\nserial=%s/serial\ndefault_md=sha256\npolicy=p\nx509_extensions=x\n[p]\nO=optional\nOU=optional\nCN=supplied\n[x]\nsubjectAltName=DNS:n6,IP:10.9.0.17\nextendedKeyUsage=%s\n' \
		"$dir/oca" "$dir/oca" "$dir/oca" "${4:-clientAuth}" > "$dir/oca/cnf"
	openssl req -new -key "$dir/n6/private/resource.key" -subj "/O=testgrid/CN=n6" -out "$dir/oca/csr"
	openssl ca -batch -notext -config "$dir/oca/cnf" -cert "$dir/ca/ca.pem" -keyfile "$dir/ca/private/ca.key" \
		-startdate "$2" -enddate "$3" -in "$dir/oca/csr" -out "$dir/$1.pem" 2> "$dir/err"
}
make_cert expired 20200101000000Z 20200201000000Z
check "an expired one is refused" same "$(put "$dir/expired.pem" "$dir/n6/private/resource.key")" 403
check "and why" says "the certificate was valid to 2020-02-01 00:00:00 UTC"
make_cert early 20980101000000Z 20990101000000Z
check "one that is not valid yet" same "$(put "$dir/early.pem" "$dir/n6/private/resource.key")" 403
check "and why" says "the certificate is valid from 2098-01-01 00:00:00 UTC, but this machine's clock says"
make_cert purpose 20200101000000Z 20990101000000Z serverAuth
check "one for another purpose" same "$(put "$dir/purpose.pem" "$dir/n6/private/resource.key")" 403
openssl req -x509 -key "$dir/n6/private/resource.key" -subj /O=testgrid/CN=n6 -addext subjectAltName=DNS:n6 \
	-out "$dir/self.pem"
check "one of its own making" same "$(put "$dir/self.pem" "$dir/n6/private/resource.key")" 403

# A service with a certificate for another host, as one who has taken a node over has.
end "$rcad"
cp "$dir/ca/server/cert.pem" "$dir/ca/server/key.pem" "$dir/"
cat "$dir/n6/certs/resource.pem" > "$dir/ca/server/cert.pem"
cat "$dir/n6/private/resource.key" > "$dir/ca/server/key.pem"
serve
gives 1 "a service with the certificate of another host" node n7 apply
check "is not the core node" complains "https://10.9.0.1:8443 is not the grid's core node: SSL: "
end "$rcad"
cat "$dir/cert.pem" > "$dir/ca/server/cert.pem"
cat "$dir/key.pem" > "$dir/ca/server/key.pem"
serve

# A revocation list that is not renewed.
cp "$dir/ca/crl.pem" "$dir/crl.pem"
openssl ca -gencrl -config "$dir/oca/cnf" -cert "$dir/ca/ca.pem" -keyfile "$dir/ca/private/ca.key" \
	-crl_lastupdate 20200101000000Z -crl_nextupdate 20200102000000Z -out "$dir/ca/crl.pem" 2> "$dir/err"
gives 1 "an old revocation list" node n7 apply
check "is refused" complains 'the revocation list is too old'
cp "$dir/crl.pem" "$dir/ca/crl.pem"

# Many at once, each a process of its own; figures are said, nothing fails on time.
many=${MANY:-200}
mkdir "$dir/many"
for i in $(seq "$many"); do
	sed "s/^MYHOSTNAME=.*/MYHOSTNAME=r$i/" "$dir/n7.conf" > "$dir/many/r$i.conf"
done
"$bin/xos-rca" --conf "$dir/core.conf" sign --watch > "$dir/sign.log" 2>&1 &
signer=$!
children="$children $signer"
start=$(date +%s)
# shellcheck disable=SC2016 # expanded by the inner shell
on_node env dir="$dir" bin="$bin" many="$many" sh -c '
	for i in $(seq "$many"); do
		"$bin/xos-rca" --conf "$dir/many/r$i.conf" --truststore "$dir/many/r$i" join --wait 120 \
			> "$dir/many/r$i.out" 2>&1 &
	done
	wait'
cat "$dir"/many/*.out | grep xos-rca: | cut -c1-150 | sort | uniq -c | sed "s/^/# /"
echo "# $many resources joined in $(($(date +%s) - start)) s"
end "$signer"
check "$many resources join at once" same "$(cat "$dir"/many/*.out | grep -c '^joined r')" "$many"
check "each with a certificate of its own" same "$(cat "$dir"/many/r*/certs/resource.pem | \
	grep -c BEGIN) $(openssl verify -CAfile "$dir/ca/ca.pem" "$dir"/many/r*/certs/resource.pem | grep -c ': OK')" "$many $many"
check "and nothing waits" same "$(find "$dir/ca/spool" -name '*.csr' -newer "$dir/clock.so" | wc -l)" 0
finish
