# lib.sh - one machine with ssi.ko, the commands, and the programs of this folder.
# shellcheck shell=sh
#
#	[ a ]	node 1 of session 1, a cluster of its own
#
# shellcheck source=tests/node/vm.sh
. "$(dirname "$0")/../node/vm.sh"

# cr_setup PROGRAM...: compile them, start the machine, load the modules
cr_setup() {
	vm_setup
	share=$work/a/cr
	mkdir -p "$share"
	make -s -C "$top/userland" >&2
	cp "$O/kernel/$KERNELRELEASE/ssi.ko" "$share"
	for command in krgcr-run checkpoint restart krgcapset; do
		cp "$O/userland/$command" "$share"
	done
	for program; do
		${CC:-cc} -O2 -Wall -Wextra -D_GNU_SOURCE -pthread -o "$share/$program" \
			"$top/tests/cr/$program.c" -lm
	done
	mkdir "$share/lib"
	ldd "$share"/* 2>/dev/null | awk '/=> \// { print $3 }' | sort -u |
		xargs -I@ cp -n @ "$share/lib"
	cp "$O/userland/libkerrighed.so.2" "$share/lib"
	cp "$top/tests/cr/guest.sh" "$share"
	vm_start a
	vm_check "modules load, the node is a cluster" a "cp /host/cr/lib/* /lib
		cp /host/cr/[!l]* /usr/bin && mkdir -p /var/chkpt /work && chmod 1777 /var/chkpt &&
		modprobe ssi_kddm session_id=1 node_id=1 netdev=eth0 && krgadm nodes add -a &&
		insmod /usr/bin/ssi.ko || { dmesg | tail; exit 1; }"
}

# in_guest TEXT SCRIPT [SECONDS]: with the functions of guest.sh, in /work
in_guest() {
	vm_check "$1" a ". /usr/bin/guest.sh; cd /work; $2" "${3:-60}"
}
