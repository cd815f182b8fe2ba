// SPDX-License-Identifier: GPL-2.0-only
/*
 * genl.c: a client, inside the kernel, of generic netlink families.
 *
 * TIPC exports no function to configure it, only its netlink family: this is
 * what user space's `tipc` command does, without user space.  A family's
 * handler runs inside the send, so every reply is there when it returns and
 * nothing here waits.
 */
#include "genl.h"

#include <linux/genetlink.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/netlink.h>

#define REPLY_LEN	8192

static int transmit(struct ssi_genl *genl, struct sk_buff *skb)
{
	/*
	 * Without an explicit address netlink looks at the opener's file to
	 * see what it may do, and a socket of the kernel has none.
	 */
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	struct msghdr msg = { .msg_name = &addr, .msg_namelen = sizeof(addr) };
	struct kvec vec = { .iov_base = skb->data, .iov_len = skb->len };
	int ret;

	nlmsg_end(skb, (struct nlmsghdr *)skb->data);
	vec.iov_len = skb->len;
	ret = kernel_sendmsg(genl->sock, &msg, &vec, 1, skb->len);
	return ret < 0 ? ret : 0;
}

/* Return: 1 when more is to come, 0 at the end, negative errno. */
static int take_message(struct ssi_genl *genl, const struct nlmsghdr *header,
			ssi_genl_reply_t reply, void *arg)
{
	const struct nlmsgerr *error;
	int err;

	if (header->nlmsg_seq != genl->seq)
		return 1;
	switch (header->nlmsg_type) {
	case NLMSG_DONE:
		return 0;
	case NLMSG_ERROR:
		if (nlmsg_len(header) < (int)sizeof(error->error))
			return -EBADMSG;
		error = nlmsg_data(header);
		return error->error;
	}
	if (!reply || nlmsg_len(header) < GENL_HDRLEN)
		return 1;
	err = reply(nlmsg_attrdata(header, GENL_HDRLEN),
		    nlmsg_attrlen(header, GENL_HDRLEN), arg);
	return err ?: 1;
}

static int receive(struct ssi_genl *genl, ssi_genl_reply_t reply, void *arg)
{
	struct msghdr msg = { };
	struct nlmsghdr *header;
	struct kvec vec;
	int ret, rest;
	void *buf;

	buf = kmalloc(REPLY_LEN, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	do {
		vec.iov_base = buf;
		vec.iov_len = REPLY_LEN;
		ret = kernel_recvmsg(genl->sock, &msg, &vec, 1, REPLY_LEN,
				     MSG_DONTWAIT);
		if (ret < 0)
			break;
		rest = ret;
		ret = 1;
		for (header = buf; ret > 0 && nlmsg_ok(header, rest);
		     header = nlmsg_next(header, &rest))
			ret = take_message(genl, header, reply, arg);
	} while (ret > 0);
	kfree(buf);
	return ret;
}

/**
 * ssi_genl_create() - begin a message
 * @genl: the conversation
 * @cmd: command of the family
 * @flags: NLM_F_ACK or NLM_F_DUMP, so that there is an end to wait for
 * Return: the message, to add attributes to and give to ssi_genl_call(); NULL
 *	when there is no memory.
 */
struct sk_buff *ssi_genl_create(struct ssi_genl *genl, u8 cmd, u16 flags)
{
	struct sk_buff *skb = nlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	struct genlmsghdr *header;
	struct nlmsghdr *nlh;

	if (!skb)
		return NULL;
	nlh = nlmsg_put(skb, 0, ++genl->seq, genl->family, GENL_HDRLEN,
			NLM_F_REQUEST | flags);
	header = nlmsg_data(nlh);
	header->cmd = cmd;
	header->version = 1;
	header->reserved = 0;
	return skb;
}

/**
 * ssi_genl_call() - send a message and take in all replies
 * @genl: the conversation
 * @skb: the message, consumed
 * @reply: called for each reply with content; NULL to ignore them
 * @arg: last argument of @reply
 *
 * Context: process context, may sleep; current needs CAP_NET_ADMIN for what
 *	the family restricts.
 * Return: 0; the family's or @reply's error; -ENOMEM.
 */
int ssi_genl_call(struct ssi_genl *genl, struct sk_buff *skb,
		  ssi_genl_reply_t reply, void *arg)
{
	int err = transmit(genl, skb);

	nlmsg_free(skb);
	return err ?: receive(genl, reply, arg);
}

/**
 * ssi_genl_call_secret() - send a message that holds a secret
 * @genl: the conversation
 * @skb: the message, consumed and wiped
 * Context: as for ssi_genl_call().
 * Return: 0; the family's error; -ENOMEM.
 */
int ssi_genl_call_secret(struct ssi_genl *genl, struct sk_buff *skb)
{
	int err = transmit(genl, skb);

	memzero_explicit(skb->data, skb->len);
	nlmsg_free(skb);
	return err ?: receive(genl, NULL, NULL);
}

static int take_family(const struct nlattr *attrs, int len, void *arg)
{
	const struct nlattr *attr = nla_find(attrs, len, CTRL_ATTR_FAMILY_ID);
	u16 *family = arg;

	if (!attr || nla_len(attr) != sizeof(*family))
		return -EBADMSG;
	*family = nla_get_u16(attr);
	return 0;
}

/**
 * ssi_genl_open() - begin a conversation
 * @genl: filled in on success
 * @family: name of the family
 * Return: 0; -ENOENT when there is no such family, -ENOMEM.
 */
int ssi_genl_open(struct ssi_genl *genl, const char *family)
{
	struct sk_buff *skb;
	int err;

	genl->seq = 0;
	genl->family = GENL_ID_CTRL;
	err = sock_create_kern(&init_net, AF_NETLINK, SOCK_RAW,
			       NETLINK_GENERIC, &genl->sock);
	if (err)
		return err;
	err = -ENOMEM;
	skb = ssi_genl_create(genl, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	if (!skb)
		goto err_release;
	if (nla_put_string(skb, CTRL_ATTR_FAMILY_NAME, family)) {
		nlmsg_free(skb);
		goto err_release;
	}
	err = ssi_genl_call(genl, skb, take_family, &genl->family);
	if (!err)
		return 0;

err_release:
	sock_release(genl->sock);
	return err;
}

/**
 * ssi_genl_close() - end a conversation
 * @genl: the conversation
 */
void ssi_genl_close(struct ssi_genl *genl)
{
	sock_release(genl->sock);
}
