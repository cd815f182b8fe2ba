#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# xos-identity.sh - what makes this node differ from the others, into the overlay
# shellcheck disable=SC2154 # xos_* come from xos-parse.sh

xos_identity() {
	[ -z "$xos_name" ] || echo "$xos_name" > "$NEWROOT/etc/hostname"
	{
		echo "127.0.0.1 localhost"
		[ -z "$xos_address" ] || echo "$xos_address $xos_name"
	} > "$NEWROOT/etc/hosts"
	# "xos-ssi-", then session and node: stable, and never that of another
	printf '786f732d7373692d%08x%08x\n' "${xos_session:-0}" "${xos_node:-0}" \
		> "$NEWROOT/etc/machine-id"
	xos_report root
}

[ -z "$xos_root" ] || xos_identity
