#!/bin/sh
# installed.sh - "make install" is all that the command needs: no source tree
#
# Installed into an empty folder, which is then the /usr/local of a mount
# namespace; in that an empty directory covers the source tree.  Nothing of it is
# seen by this machine.
set -eu
if [ "$(id -u)" != 0 ]; then
	echo "1..0 # skip not root"
	exit 0
fi
[ "${INSTALL_TEST_PRIVATE:-}" ] || INSTALL_TEST_PRIVATE=1 exec unshare -m -- "$0"
# shellcheck source=tests/deploy/lib.sh
. "$(dirname "$0")/lib.sh"
apt_cache=${XOS_CACHE_DIR:-/var/cache/xos-ssi}/apt
unset KERNELRELEASE XOS_DATA_DIR
fresh
root=$dir/root
export XOS_INVENTORY="$top/conf/testbed.xml"
release=$("$top/kernel/newest-headers")
logged() { "$@" > "$dir/out" 2> "$dir/err"; }
files() { (cd "$1" && find . ! -type d | sort); }
ids() { sed -n 's/^image \([a-z]*\): [a-z]* \([0-9a-f]*\)$/\1 \2/p'; }

check "make all" logged make -s -C "$top" all
check "make install" logged make -s -C "$top" install DESTDIR="$root" PREFIX=/usr/local
files "$root" > "$dir/list"
for f in sbin/xos-ssi-deploy sbin/xos-bootd bin/krgadm bin/xos-report share/man/man1/krgadm.1 \
	share/man/man1/xos-ssi-deploy.1 share/man/man8/xos-ssi-head.8 \
	share/bash-completion/completions/xos-ssi-deploy share/xos-ssi/conf/inventory.rng \
	share/xos-ssi/conf/sample.xml share/doc/xos-ssi/quick-start.md; do
	check "there is $f" grep -qx "./usr/local/$f" "$dir/list"
done
check "and the module" grep -q "^./lib/modules/$release/.*/ssi_kddm.ko$" "$dir/list"
check "nothing else than below usr/local and lib/modules" \
	[ ! "$(grep -v '^\./\(usr/local\|lib/modules\)/' "$dir/list")" ]
deploy plan
ids < "$dir/out" > "$dir/tree-ids"
check "the tree's plan names two images" same "$(wc -l < "$dir/tree-ids")" 2

mount --bind "$root/usr/local" /usr/local
mkdir "$dir/empty" "$dir/cache"
ln -s "$apt_cache" "$dir/cache/apt"
mkdir -p "$apt_cache"
cd /
mount --bind "$dir/empty" "$top"
tool=/usr/local/sbin/xos-ssi-deploy
export XOS_INVENTORY=/usr/local/share/xos-ssi/conf/testbed.xml
check "the source tree is hidden" [ ! -e "$top/Makefile" ]
exits 0 "installed: check" check
exits 0 "installed: check of the sample" -i "${XOS_INVENTORY%/*}/sample.xml" check
exits 0 "installed: plan" plan
ids < "$dir/out" > "$dir/ids"
check "its images are those of the tree" cmp "$dir/ids" "$dir/tree-ids"
exits 0 "installed: image build" image build node
node=$(sed -n 's/^node //p' "$dir/ids")
check "the image has the id of the tree's plan" [ -s "$dir/cache/images/$node/root.squashfs" ]
exits 0 "again" image build node
check "from the cache" says "$node  was there"
unsquashfs -q -n -d "$dir/outer" "$dir/cache/images/$node/root.squashfs" > /dev/null
unsquashfs -q -n -d "$dir/inner" "$dir/outer/root.squashfs" usr/bin/krgadm usr/lib/modules > /dev/null
check "it holds our programs" cmp "$dir/inner/usr/bin/krgadm" /usr/local/bin/krgadm
check "and our module" [ -e "$dir/inner/usr/lib/modules/$release/updates/ssi_kddm.ko" ]
exits 0 "installed: head install --root" head install --root "$dir/head"
KERNELRELEASE=6.1.0-0-none
export KERNELRELEASE
exits 5 "installed: modules of another kernel" image build node
check "says how to make them" complains "run: make -C /usr/local/share/xos-ssi/kernel O=/usr/local/lib/xos-ssi KERNELRELEASE=6.1.0-0-none"
unset KERNELRELEASE
check "which works" logged make -s -C /usr/local/share/xos-ssi/kernel O="$dir/modules" \
	KERNELRELEASE="$release"
check "module made" [ -s "$dir/modules/kernel/$release/ssi_kddm.ko" ]
mkdir -p "$dir/moved"
cp -a /usr/local/. "$dir/moved"
umount /usr/local
tool=$dir/moved/sbin/xos-ssi-deploy
export XOS_INVENTORY="$dir/moved/share/xos-ssi/conf/testbed.xml"
exits 0 "copied to another place: plan" plan
check "the same images" sh -c 'sed -n "s/^image \([a-z]*\): [a-z]* \([0-9a-f]*\)$/\1 \2/p" "$1" | cmp - "$2"' \
	sh "$dir/out" "$dir/ids"

umount "$top"
cd "$top"
: > "$root/usr/local/bin/admins-own"
check "make uninstall" logged make -s -C "$top" uninstall DESTDIR="$root" PREFIX=/usr/local
check "leaves what is not ours" same "$(files "$root")" "./usr/local/bin/admins-own"
check "not even a folder of ours" [ ! "$(find "$root" -name 'xos-ssi*')" ]
finish
