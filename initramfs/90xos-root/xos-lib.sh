#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# xos-lib.sh - what the hooks of 90xos-root share; sourced, by any POSIX shell.
# Every command is a busybox applet by its full call, so that the same text runs
# in dracut's initramfs, whose tools differ.  Each costs a fork: count them.
# shellcheck disable=SC2154 # other xos_* come from xos-parse.sh

: "${NEWROOT:=/sysroot}"

xos_say() {
	echo "xos-root: $*" > /dev/console
}

# xos_report STAGE [DETAIL]: tell the boot server; a lost report loses no node
xos_report() {
	[ -n "$xos_server" ] || return 0
	xos-report -u "$xos_server" -t 10 "$@" 2> /dev/console || :
}

# xos_left: seconds until the node gives up, 0 when it should
xos_left() {
	read -r xos_now _ < /proc/uptime
	xos_now=$((xos_deadline - ${xos_now%.*}))
	[ "$xos_now" -gt 0 ] || xos_now=0
	echo "$xos_now"
}

# xos_random N: 0..N-1 without a process
xos_random() {
	read -r xos_uuid < /proc/sys/kernel/random/uuid
	echo $((0x${xos_uuid%%-*} % $1))
}

# xos_fail REASON: say why, then reboot, or a shell where one was asked for.
# A node that is refused by all must not hammer: 5 to 20 seconds of pause.
xos_fail() {
	xos_say "failed: $*"
	xos_report failed "$*"
	if [ -n "$xos_shell" ]; then
		xos_say "shell asked for on the kernel command line; leave it to reboot"
		busybox setsid -c sh < /dev/console > /dev/console 2>&1
	fi
	busybox sleep $((5 + $(xos_random 15)))
	busybox reboot -f
	busybox sleep 60
}

# xos_until WHAT COMMAND...: repeat until it works or the time is up; each try
# may take 20 seconds, pauses double from 1 to 8 seconds, with jitter
xos_until() {
	xos_what=$1
	shift
	xos_pause=1
	until busybox timeout -s KILL 20 "$@" 2> /dev/console; do
		[ "$(xos_left)" -gt 0 ] || xos_fail "$xos_what: no success in $xos_wait s"
		xos_say "$xos_what: trying again"
		busybox sleep $((xos_pause + $(xos_random $((xos_pause + 1)))))
		[ "$xos_pause" -ge 8 ] || xos_pause=$((xos_pause * 2))
	done
}
