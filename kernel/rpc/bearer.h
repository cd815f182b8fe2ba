/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bearer.h: TIPC on one network interface (see bearer.c).
 */
#ifndef _SSI_BEARER_H
#define _SSI_BEARER_H

struct ssi_key;
struct ssi_params;

int ssi_bearer_start(const struct ssi_params *params,
		     const struct ssi_key *key);
int ssi_bearer_set_key(const struct ssi_key *key);
void ssi_bearer_stop(const struct ssi_params *params);

#endif /* _SSI_BEARER_H */
