// SPDX-License-Identifier: GPL-2.0-only
/*
 * uids.c: numbers that no other node of the cluster gives, nor this one again.
 *
 *	63    54 53          32 31       0
 *	  node     view          count
 *
 * Owns the next number.  The view is the first one that this node had in this
 * life: the numbers of a cluster's views grow, and a node that comes back comes
 * with a later one.  Nothing is stored, nobody is asked.
 */
#include "uids.h"

#include "cluster-private.h"

#include <ssi/uid.h>

#include <linux/export.h>

#define NODE_SHIFT	54
#define VIEW_SHIFT	32
#define VIEW_MAX	((1U << (NODE_SHIFT - VIEW_SHIFT)) - 1)

static_assert(SSI_MAX_NODES <= 1 << (64 - NODE_SHIFT));

/**
 * ssi_uid_init() - no numbers yet
 * @uid: the state
 */
void ssi_uid_init(struct ssi_uid *uid)
{
	spin_lock_init(&uid->lock);
}

/**
 * ssi_uid_view() - the cluster has another view, or this node has left it
 * @cluster: this node's cluster
 * Context: cluster->lock held.
 */
void ssi_uid_view(struct ssi_cluster *cluster)
{
	struct ssi_uid *uid = &cluster->uid;
	bool member = ssi_membership_is_member(&cluster->membership);
	u64 number = cluster->membership.view.id.number;

	lockdep_assert_held(&cluster->lock);
	spin_lock_irq(&uid->lock);
	if (member && !uid->view) {
		uid->view = number;
		uid->next = (u64)cluster->params.node << NODE_SHIFT |
			    number << VIEW_SHIFT;
		uid->left = number <= VIEW_MAX ? U32_MAX : 0;
	} else if (!member) {
		uid->view = 0;
	}
	spin_unlock_irq(&uid->lock);
}

/**
 * ssi_uid_next() - get a number
 * @cluster: this node's cluster
 * @id: filled in
 *
 * It is unique among all that the nodes of the cluster get, for as long as the
 * cluster lives.  A cluster with quorum="any" that falls apart may give numbers
 * twice, to nodes that change sides.
 *
 * Context: any.
 * Return: 0; -EHOSTDOWN when this node is in no cluster, -EOVERFLOW when it has
 *	got 2^32 - 1 of them, or came in after 2^22 views: it has to join anew,
 *	or the cluster to begin anew.
 */
int ssi_uid_next(struct ssi_cluster *cluster, u64 *id)
{
	struct ssi_uid *uid = &cluster->uid;
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&uid->lock, flags);
	if (!uid->view)
		err = -EHOSTDOWN;
	else if (!uid->left)
		err = -EOVERFLOW;
	if (!err) {
		uid->left--;
		*id = uid->next++;
	}
	spin_unlock_irqrestore(&uid->lock, flags);
	return err;
}
EXPORT_SYMBOL_GPL(ssi_uid_next);
