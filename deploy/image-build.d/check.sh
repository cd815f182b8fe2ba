#!/bin/sh
# check.sh - all that can be found wrong before the first package; sourced

need_mib=1500	# root, squashfs and packages of the biggest image, with room

check_tools() {
	[ "$(id -u)" = 0 ] || die "not root: making a root file system needs it"
	for tool in mmdebstrap apt-get dpkg-deb mksquashfs zstd cpio depmod flock unshare \
		setpriv; do
		command -v "$tool" > /dev/null || die "no $tool: run make deps"
	done
	[ -x "$OBJ/initramfs/xos-report" ] || die "$OBJ: not built: run make all"
	[ "$MODULES.$KIND" != all.node ] || [ -d "$OBJ/kernel/$KERNEL" ] ||
		die "$OBJ/kernel/$KERNEL: no modules: run make kernel KERNELRELEASE=$KERNEL"
	printf '%s' "$OVERLAYS" | while IFS= read -r dir || [ -n "$dir" ]; do
		[ -d "$dir" ] || die "overlay $dir: no such directory"
	done || exit 1
}

check_space() {
	free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$need_mib" ] ||
		die "$1: $free MiB free, $need_mib MiB are needed"
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
