#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 90xos-root - root=xos:nfs:..., root=xos:ram:... and root=xos:disk:...
#
# Three hooks: xos-parse.sh (cmdline), xos-mount.sh (mount), xos-identity.sh
# (pre-pivot).  They run under dracut's own init, or, with xos_init=yes in the
# dracut configuration, under xos-init, which is /init itself: no udev, no
# other module, a fraction of the processor time.
# xos_drivers=short|full chooses the drivers of virtual machines or all.
# shellcheck disable=SC2154 # moddir and initdir are dracut's

# called by dracut
check() {
	require_binaries busybox xos-report || return 1
	return 255	# only when asked for
}

# called by dracut
depends() {
	[ "${xos_init-}" = yes ] || echo base
}

# called by dracut
installkernel() {
	# virtio_pci brings every virtio device into view, udev or not
	hostonly='' instmods virtio_pci virtio_net virtio_blk e1000 e1000e \
		nfsv4 overlay squashfs loop
	[ "${xos_drivers-}" != full ] ||
		hostonly='' instmods "=drivers/net/ethernet" "=drivers/net/phy" \
			"=drivers/block" vmxnet3 hv_netvsc xen-netfront \
			nvme ahci sd_mod virtio_scsi
}

# called by dracut
install() {
	inst_multiple busybox xos-report
	inst_simple "$moddir/xos-lib.sh" /usr/lib/xos/xos-lib.sh
	inst_hook cmdline 90 "$moddir/xos-parse.sh"
	inst_hook mount 90 "$moddir/xos-mount.sh"
	inst_hook pre-pivot 90 "$moddir/xos-identity.sh"
	[ "${xos_init-}" = yes ] || return 0
	inst_script "$moddir/xos-init" /init
	for name in sh modprobe; do
		ln -sf busybox "$initdir/usr/bin/$name"
	done
	# the kernel asks for a module (a PHY, an NFS version) by this path
	ln -sf ../bin/busybox "$initdir/usr/sbin/modprobe"
	mkdir -p "$initdir/sysroot"
}
