/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * genl.h: talk to a generic netlink family of this kernel (see genl.c).
 */
#ifndef _SSI_GENL_H
#define _SSI_GENL_H

#include <linux/types.h>

struct nlattr;
struct sk_buff;
struct socket;

/**
 * struct ssi_genl - a conversation with one family
 * @sock: netlink socket
 * @family: number of the family
 * @seq: of the last message
 */
struct ssi_genl {
	struct socket *sock;
	u16 family;
	u32 seq;
};

/**
 * typedef ssi_genl_reply_t - take in one reply
 * @attrs: its attributes, @len bytes
 * @len: length
 * @arg: the caller's
 * Return: 0 or negative errno, which ssi_genl_call() returns.
 */
typedef int (*ssi_genl_reply_t)(const struct nlattr *attrs, int len, void *arg);

int ssi_genl_call_secret(struct ssi_genl *genl, struct sk_buff *skb);
int ssi_genl_open(struct ssi_genl *genl, const char *family);
void ssi_genl_close(struct ssi_genl *genl);
struct sk_buff *ssi_genl_create(struct ssi_genl *genl, u8 cmd, u16 flags);
int ssi_genl_call(struct ssi_genl *genl, struct sk_buff *skb,
		  ssi_genl_reply_t reply, void *arg);

#endif /* _SSI_GENL_H */
