// SPDX-License-Identifier: GPL-2.0-only
/*
 * control.c: what a linked node's control record means, and whose it is.
 *
 * Owns no state: a record is read, checked and given to members.c, power.c or
 * nodeinfo.c.
 */
#include "cluster-private.h"

#include "nodeinfo.h"
#include "power.h"

/* Records about views.  Return: 0 or what is wrong with the record. */
static int receive_event(struct ssi_cluster *cluster, int type,
			 struct ssi_event *event, const void *buf, size_t len)
{
	struct ssi_nodeset set;
	u32 value;
	int err;

	switch (type) {
	case SSI_WIRE_VIEW:
		event->type = SSI_EVENT_VIEW;
		event->view = &cluster->view_buf;
		err = ssi_wire_get_view(buf, len, &cluster->view_buf);
		break;
	case SSI_WIRE_ACK:
		event->type = SSI_EVENT_ACK;
		err = ssi_wire_get_ack(buf, len, &event->epoch);
		break;
	case SSI_WIRE_CHANGE:
		event->type = SSI_EVENT_CHANGE;
		event->set = &set;
		err = ssi_wire_get_change(buf, len, &event->op, &set);
		break;
	case SSI_WIRE_RESULT:
		event->type = SSI_EVENT_RESULT;
		err = ssi_wire_get_value(buf, len, &value);
		if (!err && value > MAX_ERRNO)
			err = -EBADMSG;
		event->error = err ?: -(int)value;
		break;
	default:
		return -EPROTO;
	}
	if (!err)
		ssi_cluster_event(cluster, event);
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
	struct ssi_event event = { .node = node };
	int type = ssi_wire_check(buf, len);
	u32 value;
	int err;

	lockdep_assert_held(&cluster->lock);
	if (type < 0)
		return type;
	event.id = ssi_wire_id(buf);
	switch (type) {
	case SSI_WIRE_POWER:
		err = ssi_wire_get_value(buf, len, &value);
		return err ?: ssi_power_receive(cluster, node, value);
	case SSI_WIRE_INFO_GET:
		err = ssi_wire_get_value(buf, len, &value);
		return err ?: ssi_nodeinfo_serve(cluster, node, event.id,
						 value);
	case SSI_WIRE_INFO:
		return ssi_nodeinfo_receive(cluster, node, buf, len);
	default:
		return receive_event(cluster, type, &event, buf, len);
	}
}
