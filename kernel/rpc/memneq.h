/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memneq.h: crypto_memneq() for pure C, whose time does not tell where two
 * secrets differ.
 */
#ifndef _SSI_MEMNEQ_H
#define _SSI_MEMNEQ_H

#ifdef __KERNEL__
#include <crypto/algapi.h>
#else
#include <openssl/crypto.h>

#define crypto_memneq(a, b, len)	CRYPTO_memcmp(a, b, len)
#endif

#endif /* _SSI_MEMNEQ_H */
