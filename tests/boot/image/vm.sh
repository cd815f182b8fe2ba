# shellcheck shell=bash disable=SC2034,SC2154 # sourced, after lib.sh
# vm.sh - a head that exports an image, and a node that boots it
#
#   namespace xosimg-PID    br0 10.99.0.254 (boot-server, ssh from here)
#	                     |-- tap0  head 10.99.0.1   (knfsd, image kind=head + rig/)
#	                     `-- tap1  node 10.99.0.17
#
# Machines boot by QEMU's -kernel, without PXE: what is tested is image and
# initramfs.  Console logs are $DIR/NAME.log.

common="console=ttyS0 loglevel=4 norandmaps nokaslr net.ifnames=0 mitigations=off
 random.trust_cpu=on cryptomgr.notests systemd.show_status=0 panic=5 panic_on_warn=1"
nfs=xos:nfs:10.99.0.1:/srv/xos/images/node

network() {
	ns=xosimg-$$
	ip netns add "$ns"
	ip -n "$ns" link add br0 type bridge
	ip -n "$ns" addr add 10.99.0.254/24 dev br0
	ip -n "$ns" link set br0 up
	local t
	for t in tap0 tap1; do
		ip -n "$ns" tuntap add "$t" mode tap
		ip -n "$ns" link set "$t" master br0 up
	done
}

# snapshot: what images are made of, so that an edit beside us changes none
snapshot() {
	mkdir -p "$DIR/tree/deploy" "$DIR/tree/build/initramfs"
	cp -a "$top/deploy/image-build" "$top/deploy/image-build.d" "$top/deploy/overlay" \
		"$DIR/tree/deploy/"
	cp -a "$top/initramfs" "$DIR/tree/"
	cp "$build/initramfs/xos-report" "$DIR/tree/build/initramfs/"
}

# spec NAME KIND KEY=VALUE...: a SPEC of what is built in this tree
spec() {
	local name=$1 kind=$2; shift 2
	printf '%s\n' "id=0000000000000000" "name=$name" "kind=$kind" suite=bookworm \
		"kernel=${KERNELRELEASE:-$("$top/kernel/newest-headers")}" modules=none \
		"source=$DIR/tree" "build=$DIR/tree/build" epoch=1700000000 "$@" > "$DIR/$name.spec"
}

# image NAME: build it from its spec
image() { "$DIR/tree/deploy/image-build" "$DIR/$1.spec" "$DIR/$1" > "$DIR/$1.out" 2>&1; }

# machine NAME TAP MAC MEMORY IMAGE CMDLINE [QEMU-ARGUMENT...]
machine() {
	local name=$1 tap=$2 mac=$3 memory=$4 image=$5 cmdline=$6; shift 6
	rm -f "$DIR/$name.log"
	ip netns exec "$ns" qemu-system-x86_64 -name "$ns/$name" -machine q35,graphics=off \
		-accel tcg,thread=multi,tb-size=128 -cpu qemu64,+rdrand -m "$memory" \
		-nodefaults -display none -device virtio-rng-pci -pidfile "$DIR/$name.qemu" \
		-chardev "socket,id=c,path=$DIR/$name.console,server=on,wait=off,logfile=$DIR/$name.log" \
		-serial chardev:c -netdev "tap,id=n,ifname=$tap,script=no,downscript=no" \
		-device "${nic:-virtio-net-pci},netdev=n,mac=$mac,romfile=" \
		-kernel "$DIR/$image/vmlinuz" -initrd "${initrd:-$DIR/$image/initrd.img}" \
		-append "$cmdline" -daemonize "$@"
}

disk() { printf '%s\n' -drive "if=virtio,format=raw,readonly=on,file=$1"; }

start_head() {
	# shellcheck disable=SC2046 # words
	machine head tap0 52:54:00:01:00:00 256 head \
		"$common ip=10.99.0.1:::255.255.255.0:head:eth0:none root=xos:disk:/dev/vda" \
		$(disk "$DIR/head/root.squashfs") $(disk "$DIR/node/root.squashfs")
}

# start_node ROOT [PARAMETERS]: cut the old reports, switch it on
start_node() {
	stop node
	: > "$DIR/reports"
	machine node tap1 52:54:00:01:00:01 192 "${node_image:-node}" \
		"$common ip=10.99.0.17::10.99.0.254:255.255.255.0:node-1:eth0:none root=$1 \
		session_id=7 node_id=1 xos.report=http://10.99.0.254:8069 ${2:-}"
	cp "$DIR/node.qemu" "$DIR/pid"
}

is_on() { kill -0 "$(cat "$DIR/$1.qemu" 2> /dev/null || echo none)" 2> /dev/null; }
is_off() { ! is_on "$1"; }
stop() {
	[ -f "$DIR/$1.qemu" ] && kill "$(cat "$DIR/$1.qemu")" 2> /dev/null && await 10 is_off "$1"
	rm -f "$DIR/$1.qemu"
}

# reported STAGE [TEXT]: has the node?
reported() { grep -q "^[0-9]* $1 .*${2:-}" "$DIR/reports"; }
said() { grep -q "$1" "$DIR/node.log"; }
boots() { cut -d' ' -f4 "$DIR/reports" | sort -u | grep -c .; }
restarted() { [ "$(grep -c 'Booting from ROM' "$DIR/node.log")" -ge 2 ]; }
on_node() {
	ip netns exec "$ns" ssh -q -i "$DIR/key" -o BatchMode=yes -o ConnectTimeout=10 \
		-o StrictHostKeyChecking=yes -o UserKnownHostsFile="$DIR/known" root@10.99.0.17 "$@"
}
