#!/bin/sh
# qemu.sh - what the virtual testbed refuses, and that it leaves nothing behind
#
# No cluster boots here: images are built by a pretender, and QEMU is a wrapper
# that fails, or starts the real one with its processors halted.  All of it runs
# in a mount namespace of its own, so that /dev and the programs may be changed.
set -eu
if [ "$(id -u)" != 0 ]; then
	echo "1..0 # skip not root"
	exit 0
fi
[ "${QEMU_TEST_PRIVATE:-}" ] || QEMU_TEST_PRIVATE=1 exec unshare -m -- "$0"
# shellcheck source=tests/deploy/lib.sh
. "$(dirname "$0")/lib.sh"

name=q$$ ns=xos-q$$ pids='' via=''
real_qemu=$(command -v qemu-system-x86_64) real_ip=$(command -v ip)
chmod 755 "$work"

cleanup() {
	for pid in $pids $(machines); do
		kill -9 "$pid" 2> /dev/null || :
	done
	ip netns delete "$ns" 2> /dev/null || :
	umount "$work"/*/state "$work"/*/cache 2> /dev/null || :
	rm -rf --one-file-system "$work"
}

# machines - ids of the processes that carry the cluster's name
machines() {
	grep -al "[x]${ns#x}/" /proc/[0-9]*/cmdline 2> /dev/null | cut -d/ -f3 || :
}

# testbed [NODES] [HEAD] - $dir/inventory.xml; attributes of the nodes and the head
testbed() {
	cat > "$dir/inventory.xml" <<-XML
	<cluster xmlns="urn:xos-ssi:inventory:1" name="$name" session="1" backend="qemu">
	<head address="${2:-10.77.0.1}" prefix="24" interface="eth0" image="head" memory="64"/>
	<image name="head" suite="bookworm"/>
	<image name="node" suite="bookworm"/>
	<nodes name="n1" id="231" ${1:-memory=\"64\"}/>
	</cluster>
	XML
}

# pretend_images - what looks like built images, at once
pretend_images() {
	export XOS_DATA_DIR="$dir/data" XOS_APT_LISTS="$dir/lists" KERNELRELEASE=6.1.0-0-amd64
	mkdir -p "$dir/data/deploy" "$dir/lists"
	: > "$dir/lists/mirror_debian_dists_bookworm_InRelease"
	program "$dir/data/deploy/image-build" <<-'BUILD'
	mkdir "$2"
	for file in vmlinuz initrd.img root.squashfs; do
		head -c 4096 /dev/zero > "$2/$file"
	done
	sed -n 's/^id=\(.*\)/{"id":"\1"}/p' "$1" > "$2/manifest.json"
	BUILD
}

# real_builder - image-build itself, with as much as it looks at before apt
real_builder() {
	export XOS_DATA_DIR="$dir/data" XOS_APT_LISTS="$dir/lists"
	KERNELRELEASE=$("$top/kernel/newest-headers")	# apt has to know it
	export KERNELRELEASE
	mkdir -p "$dir/data/deploy" "$dir/data/build/initramfs" "$dir/lists"
	: > "$dir/lists/mirror_debian_dists_bookworm_InRelease"
	cp -r "$top/deploy/image-build" "$top/deploy/image-build.d" "$top/deploy/overlay" \
		"$dir/data/deploy"
	echo exit 1 | program "$dir/data/build/initramfs/xos-report"
}

# program FILE - a shell script from stdin
program() {
	mkdir -p "$(dirname "$1")"
	{ echo '#!/bin/sh'; cat; } > "$1"
	chmod 755 "$1"
}

# instead PROGRAM - a shell script from stdin is found before it
instead() {
	program "$dir/bin/$1"
	via="env PATH=$dir/bin:$PATH"
}

# mounted - shell commands from stdin are run first, in mounts of their own
mounted() {
	{ cat; echo 'exec "$@"'; } | program "$dir/mounted"
	via="unshare -m -- $dir/mounted"
}

# halted [BEFORE] [AFTER] - QEMU is real, but without a kernel and never running
halted() {
	instead qemu-system-x86_64 <<-QEMU
	skip=
	for word; do
		shift
		case \$skip\$word in
		-kernel | -initrd | -append) skip=y ;;
		y*) skip= ;;
		*) set -- "\$@" "\$word" ;;
		esac
	done
	${1:-}
	$real_qemu "\$@" -S
	${2:-}
	QEMU
}

# without PROGRAM - no directory in PATH has it
without() {
	mkdir "$dir/bin"
	ln -s /usr/bin/* /usr/sbin/* "$dir/bin" 2> /dev/null || :
	rm "$dir/bin/$1"
	via="env PATH=$dir/bin"
}

deploy() {
	$via "$tool" "$@" > "$dir/out" 2> "$dir/err"
}

# error TEXT - exactly this was said
error() { same "$(cat "$dir/err")" "xos-ssi-deploy: $1"; }

untouched() {
	[ ! -e "/run/netns/$ns" ] || { echo "# namespace $ns"; return 1; }
	[ ! -e /sys/class/net/tap231 ] || { echo "# tap231"; return 1; }
	[ ! "$(machines)" ] || { echo "# process $(machines)"; return 1; }
	left=$(find "$dir" \( -path "$dir/run/*" ! -type d \) -o \
		-path "$dir/state/*/head.[dst]*" -o -path "$dir/state/*/keys/*" -o \
		-name known_hosts -o -path "$dir/cache/images/.*" ! -name '.*.lock')
	[ ! "$left" ] || { echo "# $left"; return 1; }
}

# nothing_left - neither by what was refused, nor after down
nothing_left() {
	check "  nothing is left" untouched
}

start() {
	fresh
	via=''
	testbed "$@"
	pretend_images
}

# refuses TEXT ERROR - run ends with 5, exactly this error, and nothing left
refuses() {
	exits 5 "$1" run
	check "  says what and what to do" error "$2"
	nothing_left
}

for pair in qemu-system-x86_64:qemu-system-x86 ip:iproute2 ssh-keygen:openssh-client mkfs.ext4:e2fsprogs; do
	start
	without "${pair%:*}"
	refuses "no ${pair%:*}" \
		"back-end qemu: program '${pair%:*}' is not installed; run: apt-get install ${pair#*:}"
done

start
chmod 777 "$dir"
cp "$tool" "$dir/tool"
via="setpriv --reuid nobody --regid nogroup --clear-groups"
kept=$tool tool=$dir/tool
refuses "not root" \
	"back-end qemu: needs root, for a network namespace and taps; use sudo"
tool=$kept

start
ip netns add "$ns"
inode=$(stat -c %i "/run/netns/$ns")
exits 5 "the namespace's name is taken" run
check "  says what and what to do" error "network namespace '$ns' exists and does not belong to this deployment; give the cluster another name, or remove it: ip netns delete $ns"
exits 0 "  down" down
check "  it is still there" same "$(stat -c %i "/run/netns/$ns")" "$inode"
ip netns delete "$ns"
nothing_left

start 'memory="10000000"'
exits 5 "more memory than there is" run
check "  says how much" complains "^xos-ssi-deploy: back-end qemu: the machines need 10000464 MiB, this machine has [0-9]* MiB available; use fewer nodes or less memory$"
nothing_left

start
mkdir "$dir/state"
mount -t tmpfs -o size=1m none "$dir/state"
exits 5 "no space for the state" run
check "  says where and what to do" error "$dir/state/$name: 0 MiB free, 64 needed; make room or set XOS_STATE_DIR"
nothing_left
umount "$dir/state"

start
real_builder
mkdir "$dir/cache"
mount -t tmpfs -o size=1m none "$dir/cache"
for command in "image build head" run; do
	# shellcheck disable=SC2086 # words
	exits 5 "no space for images: $command" $command
	check "  says where" error "image head: image-build: $dir/cache/images: 1 MiB free, 1500 MiB are needed"
	nothing_left
done
umount "$dir/cache"

start
real_builder
rm "$dir/lists/"*
for command in "image build head" run; do
	# shellcheck disable=SC2086 # words
	exits 5 "no apt source: $command" $command
	check "  says what to do" error "image head: this machine has no package index of suite 'bookworm'; add it to /etc/apt/sources.list and run: apt-get update"
	nothing_left
done

start
real_builder
cp "$(command -v apt-get)" "$dir/apt-real"
program "$dir/apt-get" <<-APT
case \$1 in indextargets | --version) exec $dir/apt-real "\$@" ;; esac
echo "E: the mirror is away" >&2
exit 100
APT
mounted <<-MOUNTS
mount --bind $dir/apt-get /usr/bin/apt-get
MOUNTS
exits 5 "apt-get fails" image build head
check "  says apt's own words, and where there is more" complains "^xos-ssi-deploy: image head: image-build: packages of Debian bookworm: the mirror is away (more in $dir/cache/images/[0-9a-f]*.log)$"
nothing_left

start
real_builder
mounted <<-'MOUNTS'
mount --bind /dev/null /usr/bin/mmdebstrap
MOUNTS
exits 5 "no mmdebstrap" image build head
check "  says what to do" error "image head: image-build: no program 'mmdebstrap'; run: apt-get install mmdebstrap"
nothing_left

start
mounted <<-'MOUNTS'
mount -t tmpfs none /dev/net
MOUNTS
refuses "no /dev/net/tun" "/dev/net/tun: No such file or directory; load it: modprobe tun"

start
instead qemu-system-x86_64 <<-'QEMU'
echo "qemu-system-x86_64: the moon is full" >&2
exit 1
QEMU
refuses "QEMU fails" \
	"machine 'head' does not start: nsenter: exit status 1: qemu-system-x86_64: the moon is full"

start
mounted <<-'MOUNTS'
mount -t tmpfs none /mnt
cp -a /dev/null /dev/zero /dev/random /dev/urandom /dev/net /mnt
mount --move /mnt /dev
export XOS_QEMU_ACCEL=kvm
MOUNTS
exits 5 "no /dev/kvm" run
check "  names machine and reason" complains "^xos-ssi-deploy: machine 'head' does not start: nsenter: exit status 1: .*Could not access KVM kernel module: No such file"
nothing_left

start
instead qemu-system-x86_64 <<-'QEMU'
exit 0
QEMU
refuses "the head's machine ends at once" \
	"machine 'head' ended as soon as it was started; its console: $dir/state/$name/console/head.log"

# shellcheck disable=SC2016 # of the shell that is given it
kill_tool='kill -9 $PPID'

# Killed at every step of the start, then down, twice.
killed() {
	got=0
	deploy run 2> /dev/null || got=$?
	check "killed $1" same $got 137
	shift
	[ $# = 0 ] || check "  there was something" "$@"
	exits 0 "  down" down
	nothing_left
	exits 0 "  down again" down
	nothing_left
}

for when in "netns add " "-netns $ns -batch"; do
	start
	instead ip <<-IP
	$real_ip "\$@"
	case "\$*" in "$when"*) kill -9 \$PPID ;; esac
	IP
	killed "after ip $when" [ -e "/run/netns/$ns" ]
done
start
instead ip <<-IP
$kill_tool
IP
killed "before ip"
start
instead tar <<-TAR
$kill_tool
TAR
killed "before tar" [ -e "$dir/state/$name/head.stage/inventory.xml" ]
start
halted "$kill_tool"
killed "before QEMU is started"
start
halted '' "$kill_tool"
killed "after QEMU was started" [ -e "$dir/run/$name/head.pid" ]

# A head that never answers: a signal ends the wait, resume can go on.
start
halted
$via "$tool" run > "$dir/out" 2> "$dir/err" &
tool_pid=$!
tries=0
until [ -s "$dir/run/$name/head.pid" ] || [ $tries -ge 100 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
sleep 1
begin=$(date +%s) got=0
kill -TERM $tool_pid
wait $tool_pid || got=$?
check "stopped while it waits for the head: in order" same $got 1
check "  soon" [ $(($(date +%s) - begin)) -le 4 ]
check "  says how to go on" complains "'xos-ssi-deploy resume' continues"
check "  the head's machine goes on" [ "$(machines)" ]
exits 0 "  down" down
nothing_left

start
exits 0 "down without a run" down
nothing_left

# What is not ours: a process that a stale pid file names, and a machine of a
# cluster of the same name that another state directory knows.
start
sleep 60 & sleeper=$!
cp "$(command -v tail)" "$dir/qemu-system-x86_64"
"$dir/qemu-system-x86_64" -f /dev/null -- "$ns/n1" -pidfile /elsewhere/n1.pid > /dev/null 2>&1 &
other=$!
pids="$sleeper $other"
for pid in $pids; do
	mkdir -p "$dir/run/$name"
	echo "$pid" > "$dir/run/$name/n1.pid"
	exits 0 "stale pid file: power status" power status n1
	check "  is off" says "n1 *off"
	exits 0 "stale pid file: power off" power off n1
	echo "$pid" > "$dir/run/$name/n1.pid"
	exits 0 "stale pid file: down" down
	check "  the process lives" kill -0 "$pid"
	kill "$pid"
	wait "$pid" 2> /dev/null || :
done
pids=
nothing_left

# up - the head's machine is there, halted, and nobody waits for it
up() {
	start
	halted '' "$kill_tool"
	deploy run 2> /dev/null || :
	via=''
}

up
check "the testbed is up" [ -s "$dir/run/$name/netns" ]
halted
exits 0 "power on of a node" power on n1
exits 0 "power status" power status n1
check "  is on" says "n1 *on"
sed -i 's/name="n1" id="231"/name="n2" id="232"/' "$dir/inventory.xml"
via=''
exits 0 "down, the node's name is gone from the inventory" down
nothing_left

up
instead qemu-system-x86_64 <<-'QEMU'
echo "qemu-system-x86_64: no more taps" >&2
exit 1
QEMU
exits 5 "power on of a node that cannot start" power on n1
check "  names it and the reason" error "n1: machine 'n1' does not start: nsenter: exit status 1: qemu-system-x86_64: no more taps"
check "  the head goes on" [ "$(machines)" ]
exits 0 "  down" down
nothing_left

up
ip netns delete "$ns"
ip netns add "$ns"
exits 5 "the namespace was replaced by somebody" run
exits 0 "  down" down
check "  theirs is still there" [ -e "/run/netns/$ns" ]
ip netns delete "$ns"
nothing_left

start
instead ip <<-IP
case "\$*" in "netns add "*) $real_ip "\$@" ;; esac
exec $real_ip "\$@"
IP
exits 5 "somebody makes the namespace just before us" run
check "  ip's reason" complains "^xos-ssi-deploy: ip: exit status 1: .*File exists$"
exits 0 "  down" down
check "  theirs is still there" [ -e "/run/netns/$ns" ]
ip netns delete "$ns"
nothing_left

start
exits 5 "power on without a testbed" power on n1
check "  says what to do" error "n1: the network of testbed '$name' is not there; start it: xos-ssi-deploy run"
nothing_left

start 'memory="64" address="10.77.0.254"'
exits 2 "a node has this machine's address" run
check "  file, line, what to do" error "$dir/inventory.xml:5: node 'n1' has address 10.77.0.254, which the testbed needs for this machine; give the node another"
nothing_left
start 'memory="64"' 10.77.0.254
exits 2 "the head has this machine's address" run
check "  file, line, what to do" error "$dir/inventory.xml:2: head 'head' has address 10.77.0.254, which the testbed needs for this machine; give the head another"
nothing_left
finish
