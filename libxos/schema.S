/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* schema.S - conf/inventory.rng as bytes; declared in inventory-schema.c */
	.section .rodata
	.global xos_schema_rng, xos_schema_rng_end
xos_schema_rng:
	.incbin "inventory.rng"
xos_schema_rng_end:
	.byte 0
	.section .note.GNU-stack, "", %progbits
