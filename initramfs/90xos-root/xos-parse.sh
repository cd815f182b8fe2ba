#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# xos-parse.sh - read the kernel command line (docs/design.md), check what we need
# Sets xos_* for the other hooks; root and rootok for dracut.
# shellcheck disable=SC2034 # read by those
. /usr/lib/xos/xos-lib.sh

xos_root='' xos_ip='' xos_server='' xos_session='' xos_node='' xos_shell=''
xos_wait=120 xos_overlay=50% xos_bootif='' xos_next=''

# a newline parts words there too
xos_line=''
while read -r xos_word || [ -n "$xos_word" ]; do
	xos_line="$xos_line $xos_word"
done < /proc/cmdline
for xos_word in $xos_line; do
	case $xos_word in
	root=xos:*) xos_root=${xos_word#root=xos:} ;;
	ip=*) xos_ip=${xos_word#ip=} ;;
	xos.report=*) xos_server=${xos_word#*=} ;;
	xos.wait=*) xos_wait=${xos_word#*=} ;;
	xos.overlay=*) xos_overlay=${xos_word#*=} ;;
	xos.shell) xos_shell=yes ;;
	session_id=*) xos_session=${xos_word#*=} ;;
	node_id=*) xos_node=${xos_word#*=} ;;
	BOOTIF=*) xos_bootif=$(echo "${xos_word#BOOTIF=??-}" | busybox tr A-F- a-f:) ;;
	init=*) xos_next=${xos_word#init=} ;;
	esac
done
case $xos_wait in '' | *[!0-9]*) xos_wait=120 ;; esac
read -r xos_now _ < /proc/uptime
xos_deadline=$((${xos_now%.*} + xos_wait))

# ADDR::GW:MASK:NAME:IFACE:none
xos_rest=$xos_ip
for xos_word in address peer gateway mask name iface; do
	eval "xos_$xos_word=\${xos_rest%%:*}"
	xos_rest=${xos_rest#*:}
done

if [ -n "$xos_root" ]; then
	root=xos:$xos_root rootok=1
fi
