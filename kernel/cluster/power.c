// SPDX-License-Identifier: GPL-2.0-only
/*
 * power.c: power off or restart every online node.
 *
 * A request is told to all linked nodes; each one that is online does it,
 * first the orderly way (/sbin/poweroff or /sbin/reboot, so that services
 * stop), and when it still runs after POWER_GRACE_MS, the hard way.  Best
 * effort: nobody waits for the others.
 */
#include "power.h"

#include "cluster-private.h"

#include <linux/reboot.h>
#include <linux/suspend.h>

#define POWER_DELAY_MS	1000	/* for the asking node: its records leave */
#define POWER_GRACE_MS	60000	/* for user space to stop */

static void power_work(struct work_struct *work)
{
	struct ssi_cluster *cluster = container_of(to_delayed_work(work),
						   struct ssi_cluster, power);
	bool off = cluster->power_op == SSI_POWER_OFF;

	if (!cluster->power_forced) {
		cluster->power_forced = true;
		if (off)
			orderly_poweroff(true);
		else
			orderly_reboot();
		queue_delayed_work(cluster->slow_wq, &cluster->power,
				   msecs_to_jiffies(POWER_GRACE_MS));
		return;
	}
	pr_emerg("%s by force\n", off ? "power off" : "restart");
	ksys_sync_helper();
	if (off)
		kernel_power_off();
	else
		kernel_restart(NULL);
}

static void start(struct ssi_cluster *cluster, enum ssi_power_op op,
		  unsigned int delay_ms)
{
	lockdep_assert_held(&cluster->lock);
	/* The first one counts: it is under way. */
	if (cluster->stopping || cluster->power_op)
		return;
	cluster->power_op = op;
	queue_delayed_work(cluster->slow_wq, &cluster->power,
			   msecs_to_jiffies(delay_ms));
}

static bool is_online(struct ssi_cluster *cluster)
{
	return ssi_membership_state(&cluster->membership, cluster->params.node) ==
	       SSI_NODE_ONLINE;
}

/**
 * ssi_power_init() - nothing is asked yet
 * @cluster: this node's cluster
 */
void ssi_power_init(struct ssi_cluster *cluster)
{
	INIT_DELAYED_WORK(&cluster->power, power_work);
}

/**
 * ssi_power_stop() - forget what was asked
 * @cluster: this node's cluster, stopping
 * Context: process context, sleeps; cluster->lock not held.
 */
void ssi_power_stop(struct ssi_cluster *cluster)
{
	cancel_delayed_work_sync(&cluster->power);
}

/**
 * ssi_power_cluster() - power off or restart every online node
 * @cluster: this node's cluster
 * @op: which
 * Context: process context; does not wait for it to happen.
 * Return: 0; -ENONET when no node is online, -ESHUTDOWN when the module goes,
 *	-EINTR on a fatal signal.
 */
int ssi_power_cluster(struct ssi_cluster *cluster, enum ssi_power_op op)
{
	struct ssi_nodeset online;
	int node, err;

	err = mutex_lock_killable(&cluster->lock);
	if (err)
		return err;
	ssi_membership_online(&cluster->membership, &online);
	if (cluster->stopping)
		err = -ESHUTDOWN;
	else if (ssi_nodeset_is_empty(&online))
		err = -ENONET;
	if (err)
		goto out_unlock;
	pr_notice("%s of the cluster\n", op == SSI_POWER_OFF ? "power off" : "restart");
	ssi_nodeset_for_each(node, &online)
		ssi_rpc_control(cluster->rpc, node, cluster->send_buf,
				ssi_wire_put_value(cluster->send_buf,
						   SSI_WIRE_POWER, 0, op));
	if (is_online(cluster))
		start(cluster, op, POWER_DELAY_MS);

out_unlock:
	mutex_unlock(&cluster->lock);
	return err;
}

/**
 * ssi_power_receive() - another node asks this one
 * @cluster: this node's cluster
 * @node: who asks
 * @op: as received
 * Context: cluster->lock held.
 * Return: 0, also when this node is not online and does nothing; -EBADMSG.
 */
int ssi_power_receive(struct ssi_cluster *cluster, u16 node, u32 op)
{
	lockdep_assert_held(&cluster->lock);
	if (op != SSI_POWER_OFF && op != SSI_POWER_REBOOT)
		return -EBADMSG;
	if (!is_online(cluster))
		return 0;
	pr_notice("node %u asks for %s of the cluster\n", node,
		  op == SSI_POWER_OFF ? "power off" : "restart");
	start(cluster, op, 0);
	return 0;
}
