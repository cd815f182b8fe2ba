#!/bin/sh
# trust.sh - from no certificate to one that others take, and away again
set -eu
# shellcheck source=tests/grid/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/grid/core.sh
. "$(dirname "$0")/core.sh"
network

core
check "the CA's key is root's alone" same "$(stat -c '%U %a' "$dir/ca/private" "$dir/ca/private/ca.key" | tr '\n' ' ')" \
	"root 700 root 600 "
check "the service cannot read it" same "$(setpriv --reuid nobody --regid nogroup --clear-groups \
	cat "$dir/ca/private/ca.key" 2> /dev/null | wc -c)" 0
before=$(sha256sum "$dir/ca/ca.pem" "$dir/ca/private/ca.key" "$dir/ca/server/cert.pem")
gives 0 "init again" ca init
check "makes nothing anew" same "$(sha256sum "$dir/ca/ca.pem" "$dir/ca/private/ca.key" "$dir/ca/server/cert.pem")" "$before"
check "the fingerprint is openssl's" same "$(cat "$dir/fingerprint")" \
	"$(openssl x509 -in "$dir/ca/ca.pem" -outform DER | sha256sum | cut -d' ' -f1)"
check "TLS: openssl s_client trusts the service" sh -c "echo | openssl s_client -connect 10.9.0.1:8443 \
	-CAfile $dir/ca/ca.pem -verify_return_error -verify_ip 10.9.0.1 2>&1 | grep -q 'Verify return code: 0'"
check "curl, too, with the revocation list" curl -sfo /dev/null --cacert "$dir/ca/ca.pem" \
	--crlfile "$dir/ca/crl.pem" https://10.9.0.1:8443/crl.pem
check "no old TLS" sh -c "! echo | openssl s_client -connect 10.9.0.1:8443 -tls1_1 > /dev/null 2>&1"

# apply, confirm, request
conf n1 10.9.0.17 resource VO=physics,biology
gives 1 "request before apply" node n1 request
gives 0 "apply" node n1 apply
check "the key is nobody else's" same "$(stat -c %a "$dir/n1/private" "$dir/n1/private/next.key" | tr '\n' ' ')" "700 600 "
id=$(waiting n1)
check "its state is pending" says '^pending [0-9a-f]\{64\}$'
gives 0 "list" ca list
check "the core node has the same fingerprint, and what it asks for" says \
	"^pending  n1 *10.9.0.17 *$id physics,biology from 10.9.0.17"
gives 0 "apply again" node n1 apply
check "is the same application" same "$(waiting n1) $(find "$dir/ca/spool" -name '*.csr' | wc -l)" "$id 1"
gives 0 "request before it is confirmed" node n1 request
check "installs nothing" test ! -e "$dir/n1/certs/resource.pem"
gives 0 "nothing is signed without an admin" ca sign
check "(nothing)" same "$(find "$dir/ca/issued" -type f | wc -l)" 0
gives 2 "a short fingerprint is no confirmation" ca confirm "$(printf %.12s "$id")"
gives 1 "nor is a wrong one" ca confirm 00000000000000000000000000000000
gives 0 "confirm" ca confirm "$id"
gives 0 "request" node n1 request
check "says what it got" says '^joined n1 vo physics,biology$'
check "openssl verifies it" quietly openssl verify -CAfile "$dir/ca/ca.pem" -CRLfile "$dir/ca/crl.pem" \
	-crl_check -purpose sslclient -verify_hostname n1 -verify_ip 10.9.0.17 "$dir/n1/certs/resource.pem"
check "not for another host" sh -c "! openssl verify -CAfile $dir/ca/ca.pem -verify_hostname n2 \
	$dir/n1/certs/resource.pem > /dev/null 2>&1"
check "the VOs are in it" sh -c "openssl x509 -in $dir/n1/certs/resource.pem -noout -text | grep -q 'URI:urn:xos-ssi:vo:physics, URI:urn:xos-ssi:vo:biology'"
check "it is no CA" sh -c "openssl x509 -in $dir/n1/certs/resource.pem -noout -text | grep -q CA:FALSE"
check "PKCS12: openssl opens it" openssl pkcs12 -in "$dir/n1/private/resource.p12" -nokeys \
	-passin "file:$dir/n1/private/passphrase" -out /dev/null
check "PKCS12: mode" same "$(stat -c %a "$dir/n1/private/resource.p12")" 600
if command -v keytool > /dev/null; then
	keytool -list -storetype PKCS12 -keystore "$dir/n1/certs/trusted.p12" \
		-storepass:file "$dir/n1/private/passphrase" > "$dir/out" 2>&1 || true
	check "Java trusts the CA of trusted.p12" says trustedCertEntry
	keytool -list -storetype PKCS12 -keystore "$dir/n1/private/resource.p12" \
		-storepass:file "$dir/n1/private/passphrase" > "$dir/out" 2>&1 || true
	check "Java has the key of resource.p12" says PrivateKeyEntry
else
	ok "Java reads the PKCS12 files # SKIP no keytool"
fi

# join: a second run does nothing
sum=$(find "$dir/n1" -type f -exec sha256sum {} +)
gives 0 "join when joined" node n1 join
check "changes nothing" same "$(find "$dir/n1" -type f -exec sha256sum {} +)" "$sum"

# renewal, and a renewal that asks for more
old=$(openssl x509 -in "$dir/n1/certs/resource.pem" -noout -serial)
gives 0 "renew" node n1 renew --force
gives 0 "it is signed without an admin" ca sign
check "as a renewal" says '^issued n1 .* (renewal)$'
gives 0 "request" node n1 request
check "another serial" test "$old" != "$(openssl x509 -in "$dir/n1/certs/resource.pem" -noout -serial)"
check "the key fits" same "$(openssl pkey -in "$dir/n1/private/resource.key" -pubout)" \
	"$(openssl x509 -in "$dir/n1/certs/resource.pem" -noout -pubkey)"
cat > "$dir/more.cnf" <<-CNF
[req]
distinguished_name=dn
[dn]
[ext]
subjectAltName=DNS:core,IP:10.9.0.17
CNF
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/more.key" -config "$dir/more.cnf" \
	-reqexts ext -subj /O=testgrid/CN=core -out "$dir/more.csr" 2> /dev/null
openssl cms -sign -in "$dir/more.csr" -signer "$dir/n1/certs/resource.pem" -inkey "$dir/n1/private/resource.key" \
	-nodetach -binary -outform PEM -out "$dir/more.cms"
post() {
	on_node curl -s --cacert "$dir/ca/ca.pem" --data-binary "@$1" -o "$dir/out" -w '%{http_code}' \
		${2:+--cert "$2/certs/resource.pem" --key "$2/private/resource.key"} \
		https://10.9.0.1:8443/requests 2> "$dir/err"
}
check "a renewal without TLS of its sender is refused" same "$(post "$dir/more.cms")" 403
check "one under another name gets into the spool" same "$(post "$dir/more.cms" "$dir/n1")" 202
gives 0 "but is not signed" ca sign
check "and said why" says 'rejected core .*it asks for more than its old certificate has'

# what may not be in a request
bad_request() {
	check "$1" same "$(post "$2")" 400
	check "with the reason: $3" says "$3"
}
openssl req -new -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=n9 -out "$dir/r" 2> /dev/null
bad_request "a weak key" "$dir/r" "neither EC P-256 nor RSA of 3072"
openssl req -new -key "$dir/more.key" -subj '/CN=n9;rm' -out "$dir/r"
bad_request "a name that is none" "$dir/r" "CN is not a host name"
openssl req -new -key "$dir/more.key" -subj /CN=n9 -addext subjectAltName=DNS:n9,DNS:core -out "$dir/r"
bad_request "a second name" "$dir/r" "names are not its CN, one address and VOs"
openssl req -new -key "$dir/more.key" -subj /CN=n9 -out "$dir/r"
bad_request "no name" "$dir/r" "names are not its CN, one address and VOs"
sed 's/^\(.\{20\}\)./\1A/;t' "$dir/more.csr" > "$dir/r"
check "a request that was changed" test "$(post "$dir/r")" = 400
head -c 100000 /dev/zero | tr '\0' x > "$dir/r"
check "a request that is too long" same "$(post "$dir/r")" 413
check "the service is still there" curl -sfo /dev/null --cacert "$dir/ca/ca.pem" https://10.9.0.1:8443/crl.pem

# revocation
gives 0 "revoke" ca revoke n1
check "the list of openssl has it" sh -c "! openssl verify -CAfile $dir/ca/ca.pem -CRLfile $dir/ca/crl.pem \
	-crl_check $dir/n1/certs/resource.pem > /dev/null 2>&1"
gives 1 "a revoked node cannot renew" node n1 renew --force
check "and says so" complains 'the certificate was revoked'
gives 1 "nor join" node n1 join
check "the service refuses it, too" same "$(post "$dir/more.cms" "$dir/n1")" 403
check "with the reason" says 'the certificate was revoked'
gives 0 "list after it" ca list
check "shows it" says '^revoked  n1 '
gives 1 "revoke of a stranger" ca revoke n7

# reject
conf n2 10.9.0.17 resource
gives 0 "n2 applies" node n2 apply
gives 0 "and is rejected" ca reject "$(waiting n2)"
gives 1 "which it hears" node n2 request
check "with the reason" complains 'the application was rejected: by the admin'
gives 0 "it may apply again" node n2 apply

gives 0 "sign lets it wait" ca sign
check "(nothing)" same "" "$(cat "$dir/out")"
touch -d '8 days ago' "$dir/ca/spool/$(waiting n2).csr"
gives 0 "sign, a week later" ca sign
check "has forgotten it" says '^rejected n2 .*: nobody has confirmed it in a week'

# a CA that is not the pinned one
conf n3 10.9.0.17 resource
sed -i "s/^CAFINGERPRINT=.*/CAFINGERPRINT=$(printf x | sha256sum | cut -d' ' -f1)/" "$dir/n3.conf"
gives 1 "another CA is refused" node n3 apply
check "and both fingerprints named" complains "not the one of CAFINGERPRINT: it has $(cat "$dir/fingerprint")"
check "nothing was sent" same "$(find "$dir/n3" -name '*.key' | wc -l)" 0

# a passphrase for the CA
echo geheim > "$dir/pass"
sed "s,^CADIR=.*,CADIR=$dir/ca2," "$dir/core.conf" > "$dir/core2.conf"
gives 0 "a CA with a passphrase" "$bin/xos-rca" --conf "$dir/core2.conf" --user nobody \
	--passphrase-file "$dir/pass" init > "$dir/out" 2> "$dir/err"
check "its key is encrypted" grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$dir/ca2/private/ca.key"
gives 1 "it does not open without" "$bin/xos-rca" --conf "$dir/core2.conf" crl > "$dir/out" 2> "$dir/err"
finish
