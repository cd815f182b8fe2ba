/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keyring.h: the keys of this node (see keyring.c).
 */
#ifndef _SSI_KEYRING_H
#define _SSI_KEYRING_H

#include "auth.h"

struct ssi_params;

int ssi_keyring_read(const struct ssi_params *params, struct ssi_keys *keys);

#endif /* _SSI_KEYRING_H */
