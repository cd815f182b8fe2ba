#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# xos-mount.sh - network up, image mounted, tmpfs laid over it
# Nothing but the overlay stays visible: neither the image nor the tmpfs has a
# mount point of its own, so a shutdown finds nothing that it cannot unmount.
# shellcheck disable=SC2154 # xos_* come from xos-parse.sh

# The interface may appear late; BOOTIF (of pxelinux and iPXE) beats its name.
xos_find_iface() {
	[ -n "$xos_bootif" ] || { [ -d "/sys/class/net/$xos_iface" ]; return; }
	for xos_dir in /sys/class/net/*; do
		read -r xos_mac < "$xos_dir/address" || continue
		[ "$xos_mac" = "$xos_bootif" ] || continue
		xos_iface=${xos_dir##*/}
		return
	done
	return 1
}

xos_network() {
	[ -n "$xos_address" ] || return 0
	until xos_find_iface; do
		[ "$(xos_left)" -gt 0 ] || xos_fail "no interface ${xos_bootif:-$xos_iface}"
		busybox sleep 1
	done
	busybox ifconfig "$xos_iface" "$xos_address" netmask "$xos_mask" up ||
		xos_fail "ip=$xos_ip refused for $xos_iface"
	[ -z "$xos_gateway" ] || [ "$xos_gateway" = "$xos_address" ] ||
		busybox route add default gw "$xos_gateway" 2> /dev/console || :
	xos_report initramfs
}

# xos_nfs SERVER:PATH: the kernel's own mount, which needs no helper
xos_nfs() {
	xos_until "mount of $1" busybox mount -t nfs4 -o \
		"ro,vers=4.2,noatime,actimeo=3600,hard,addr=${1%%:*},clientaddr=$xos_address" \
		"$1" "$xos_lower"
	[ -f "$xos_lower/root.squashfs" ] || return 0
	busybox mkdir "$xos_lower.image"
	busybox mount -t squashfs -o loop,ro "$xos_lower/root.squashfs" "$xos_lower.image" ||
		xos_fail "$1/root.squashfs is no squashfs"
	busybox umount -l "$xos_lower"
	xos_lower=$xos_lower.image
}

# xos_ram URL,sha256=HEX: the whole image in memory
xos_ram() {
	xos_url=${1%%,*} xos_digest=${1##*,sha256=}
	xos_server_of=${xos_url#http://}
	xos_server_of=${xos_server_of%%/*}
	busybox mount -t tmpfs -o size=90%,mode=700 xos-image "$xos_upper"
	xos-report -u "http://$xos_server_of" -t "$xos_wait" \
		-g "/${xos_url#http://*/}" -o "$xos_upper/root" 2> /dev/console ||
		xos_fail "fetch of $xos_url: no success"
	xos_sum=$(busybox sha256sum "$xos_upper/root")
	[ "${xos_sum%% *}" = "$xos_digest" ] ||
		xos_fail "digest of $xos_url is ${xos_sum%% *}, not $xos_digest"
	busybox mount -t squashfs -o loop,ro "$xos_upper/root" "$xos_lower" ||
		xos_fail "$xos_url is no squashfs"
	busybox umount -l "$xos_upper"
}

xos_disk() {
	until [ -b "$1" ]; do
		[ "$(xos_left)" -gt 0 ] || xos_fail "no disk $1"
		busybox sleep 1
	done
	busybox mount -t squashfs -o ro "$1" "$xos_lower" ||
		xos_fail "$1 holds no squashfs"
	# knfsd shows a path from / on, so a head must be able to export this
	xos_options=index=on,nfs_export=on,
}

xos_mount() {
	xos_lower=/run/xos/lower xos_upper=/run/xos/upper xos_options=''
	busybox mkdir -p "$xos_lower" "$xos_upper" "$NEWROOT"
	xos_network
	case $xos_root in
	nfs:*) xos_nfs "${xos_root#nfs:}" ;;
	ram:*,sha256=*) xos_ram "${xos_root#ram:}" ;;
	disk:*) xos_disk "${xos_root#disk:}" ;;
	*) xos_fail "root=xos:$xos_root is none of nfs:, ram:, disk:" ;;
	esac
	busybox mount -t tmpfs -o "size=$xos_overlay,mode=755" xos-overlay "$xos_upper" ||
		xos_fail "xos.overlay=$xos_overlay refused"
	busybox mkdir "$xos_upper/up" "$xos_upper/work"
	busybox mount -t overlay -o \
		"${xos_options}lowerdir=$xos_lower,upperdir=$xos_upper/up,workdir=$xos_upper/work" \
		xos-root "$NEWROOT" || xos_fail "overlay refused"
	busybox umount -l "$xos_lower" "$xos_upper"
}

[ -z "$xos_root" ] || xos_mount
