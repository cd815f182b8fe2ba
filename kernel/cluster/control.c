// SPDX-License-Identifier: GPL-2.0-only
/*
 * control.c: what a linked node's control record means, and whose it is.
 *
 * Owns no state: a record is read, checked and given to membership.c, power.c
 * or nodeinfo.c.
 */
#include "cluster-private.h"

#include "nodeinfo.h"
#include "power.h"

#include <asm/unaligned.h>

static int receive_message(struct ssi_cluster *cluster, u16 node,
			   const void *buf, size_t len)
{
	struct ssi_message message;
	struct ssi_event event = {
		.type = SSI_EVENT_MESSAGE,
		.node = node,
		.message = &message,
	};
	int err = ssi_message_get(buf, len, &message, &cluster->change);

	if (!err)
		ssi_cluster_event(cluster, &event);
	return err;
}

/**
 * ssi_control_receive() - a linked node sent a control record
 * @cluster: this node's cluster
 * @node: which node
 * @buf: the record, @len bytes, any content
 * @len: length of @buf
 * Context: cluster->lock held.
 * Return: 0; -EBADMSG or -EPROTO when the record is none.
 */
int ssi_control_receive(struct ssi_cluster *cluster, u16 node, const void *buf,
			size_t len)
{
	const __le32 *magic = buf;
	u32 value;
	int type, err;

	lockdep_assert_held(&cluster->lock);
	if (len >= sizeof(*magic) &&
	    get_unaligned_le32(magic) == SSI_MESSAGE_MAGIC)
		return receive_message(cluster, node, buf, len);
	type = ssi_wire_check(buf, len);
	if (type < 0)
		return type;
	switch (type) {
	case SSI_WIRE_POWER:
		err = ssi_wire_get_value(buf, len, &value);
		return err ?: ssi_power_receive(cluster, node, value);
	case SSI_WIRE_INFO_GET:
		err = ssi_wire_get_value(buf, len, &value);
		return err ?: ssi_nodeinfo_serve(cluster, node,
						 ssi_wire_id(buf), value);
	case SSI_WIRE_INFO:
		return ssi_nodeinfo_receive(cluster, node, buf, len);
	default:
		return -EPROTO;
	}
}
