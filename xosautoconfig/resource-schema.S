/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* resource-schema.S - conf/resource.rng as bytes; declared in resource.c */
	.section .rodata
	.global xos_resource_rng, xos_resource_rng_end
xos_resource_rng:
	.incbin "resource.rng"
xos_resource_rng_end:
	.byte 0
	.section .note.GNU-stack, "", %progbits
