#!/bin/sh
# roles.sh - the files of each role are those in golden/, byte for byte
# UPDATE=1 tests/grid/run roles writes them anew, to be looked at before a commit.
set -eu
# shellcheck source=tests/grid/lib.sh
. "$(dirname "$0")/lib.sh"
golden=$top/tests/grid/golden

# whole - every file below the root but our own state: path, mode, content
whole() {
	(cd "$dir/root" && find etc ! -type d | LC_ALL=C sort | while read -r f; do
		echo "=== /$f $(stat -c %a "$f")"
		if [ -L "$f" ]; then readlink "$f"; else cat "$f"; fi
	done) | sed "s/[0-9a-f]\{48\}/PASSPHRASE/; s,$dir,DIR,"
}

# role NAME HOST - makes it and compares
role() {
	printf 'MYHOSTNAME=%s\n' "$2" > "$dir/in/localDefs"
	rm -rf "$dir/root"
	mkdir "$dir/root"
	exits 0 "$1: made"
	whole > "$dir/$1"
	[ -z "${UPDATE:-}" ] || cp "$dir/$1" "$golden/$1"
	if diff -u "$golden/$1" "$dir/$1" > "$dir/out"; then
		ok "$1: as in golden/$1"
	else
		not_ok "$1: not as in golden/$1"
	fi
}

grid
role bare-resource node-1

grid
cat >> "$dir/in/globalDefs" <<-KEYS
DOMAIN=grid.example.org
NTP=ntp1.example.org,ntp2.example.org
PROXY=http://proxy.example.org:3128
XTREEMFSVOLUME=home
XTREEMFSAUTH=x509
OSDHOSTIP=10.0.0.17,10.0.0.18
SSIFLAVOUR=kerrighed
SESSIONID=7
SSINETDEV=eth0
KEYS
role core head
role resource node-2
role client desk
check "the passphrase is root's alone" same "$(
	rm -rf "$dir/root"; printf 'MYHOSTNAME=node-1\n' > "$dir/in/localDefs"; auto
	stat -c %a "$dir/root/etc/xos/truststore/private" "$dir/root/etc/xos/truststore/private/passphrase" | tr '\n' ' ')" \
	"700 600 "

printf 'USESSL=false\nCHECKPOINTER=blcr\nXTREEMFSMOUNT=/data/x\n' >> "$dir/in/globalDefs"
sed -i /XTREEMFSAUTH/d "$dir/in/globalDefs"
role resource-no-ssl node-1
printf 'USESSL=true\nGRIDSSL=true\nCAPSECRETFILE=%s/secret\n' "$dir" >> "$dir/in/globalDefs"
sed -i /USESSL=false/d "$dir/in/globalDefs"
exits 2 "no secret file"
check "which says the key and the file" complains "CAPSECRETFILE: cannot read '$dir/secret'"
echo 'two words' > "$dir/secret"
exits 2 "a secret of two words"
echo 0123456789 > "$dir/secret"
role resource-grid-ssl node-1

# The keys are those of XtreemFS (reference: its own configuration files).
for service in dir mrc osd; do
	sed -n "/${service}config.properties/,/^===.*default_dir/p" "$golden"/* |
		sed -n 's/^\([a-z_.A-Z]*\) = .*/\1/p' | sort -u > "$dir/keys"
	check "$service: only keys that XtreemFS has" same "" "$(grep -vxE \
		'uuid|listen\.port|http_port|dir_service\.(host|port)|object_dir|authentication_provider|capability_secret|ssl\.(enabled|service_creds|service_creds\.(pw|container)|trusted_certs|trusted_certs\.(pw|container)|grid_ssl)|startup\.wait_for_dir|policy_dir|babudb\.[A-Za-z]+' \
		"$dir/keys")"
done
finish
