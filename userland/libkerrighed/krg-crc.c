// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * krg-crc.c: CRC-32 for the check of images, which the kernel has its own for.
 * Four bytes a step; no library, because every command would need it then.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <endian.h>
#include <ssi/imagecheck.h>

#define POLYNOMIAL	0xedb88320u

static uint32_t table[4][256];

__attribute__((constructor)) static void fill_table(void)
{
	uint32_t crc;
	int i, j;

	for (i = 0; i < 256; i++) {
		crc = i;
		for (j = 0; j < 8; j++)
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
		table[0][i] = crc;
	}
	for (j = 1; j < 4; j++)
		for (i = 0; i < 256; i++)
			table[j][i] = table[j - 1][i] >> 8 ^
				      table[0][table[j - 1][i] & 0xff];
}

uint32_t ssi_crc32(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *at = data;
	uint32_t word;

	crc = ~crc;
	for (; len >= 4; at += 4, len -= 4) {
		memcpy(&word, at, 4);
		crc ^= le32toh(word);
		crc = table[3][crc & 0xff] ^ table[2][crc >> 8 & 0xff] ^
		      table[1][crc >> 16 & 0xff] ^ table[0][crc >> 24];
	}
	while (len--)
		crc = crc >> 8 ^ table[0][(crc ^ *at++) & 0xff];
	return ~crc;
}
