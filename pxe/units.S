/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* units.S - the head's systemd units, inside the library: never of another version */
	.section .rodata
	.macro unit name, file
	.global \name
\name:
	.incbin "\file"
	.byte 0
	.endm

	unit xos_unit_bootd, "units/xos-bootd@.service"
	unit xos_unit_dnsmasq, "units/xos-dnsmasq@.service"
	unit xos_unit_head, "units/xos-head@.target"

	.section .note.GNU-stack, "", %progbits
