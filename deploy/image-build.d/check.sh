#!/bin/sh
# check.sh - all that can be found wrong before the first package; sourced

need_mib=1500	# root, squashfs and packages of the biggest image, with room

# program, its package
tools() {
	cat <<-LIST
	mmdebstrap mmdebstrap
	apt-get apt
	dpkg-deb dpkg
	mksquashfs squashfs-tools
	zstd zstd
	cpio cpio
	depmod kmod
	strip binutils
	flock util-linux
	unshare util-linux
	setpriv util-linux
	LIST
}

check_tools() {
	[ "$(id -u)" = 0 ] || die 5 "not root: making a root file system needs it"
	while read -r tool package; do
		command -v "$tool" > /dev/null ||
			die 5 "no program '$tool'; run: apt-get install $package"
	done <<-LIST
	$(tools)
	LIST
	[ -x "$OBJ/initramfs/xos-report" ] || die 5 "$OBJ: not built: run make all"
	[ "$MODULES.$KIND" != all.node ] || [ -d "$OBJ/kernel/$KERNEL" ] ||
		die 5 "no modules for kernel $KERNEL; run:" \
			"make -C $SOURCE/kernel O=$OBJ KERNELRELEASE=$KERNEL"
	printf '%s' "$OVERLAYS" | while IFS= read -r dir || [ -n "$dir" ]; do
		[ -d "$dir" ] || die 2 "overlay $dir: no such directory"
	done || exit
}

check_space() {
	free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$need_mib" ] ||
		die 5 "$1: $free MiB free, $need_mib MiB are needed"
}

# A build holds the lock of its directory as long as it lives; one that has no
# lock yet was made this moment.
remove_stale() {
	for dir in "$1"/.build-*; do
		[ -e "$dir/lock" ] || [ -n "$(find "$dir" -maxdepth 0 -mmin +1 2> /dev/null)" ] ||
			continue
		flock -n "$dir/lock" true || continue
		rm -rf --one-file-system "$dir"
	done
}
