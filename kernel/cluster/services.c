// SPDX-License-Identifier: GPL-2.0-only
/*
 * services.c: /proc/kerrighed/services, where user space asks for things.
 *
 * Owns the file, the table of services and the copies between user space and
 * kernel.  What a service does is elsewhere.  Reading the file shows how often
 * each was called.
 */
#include "services.h"

#include "cluster-private.h"
#include "power.h"

#include <linux/bitmap.h>
#include <linux/capability.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/ssi/ksys.h>

#define ANYONE	(-1)	/* no capability needed */

/**
 * struct service - one ioctl
 * @cmd: its number
 * @name: shown with its counter
 * @capability: that the caller needs, or ANYONE
 * @call: does it; @arg is the ioctl's argument, in user space
 */
struct service {
	unsigned int cmd;
	const char *name;
	int capability;
	int (*call)(struct ssi_cluster *cluster, void __user *arg);
};

static int put_int(int value, void __user *arg)
{
	return put_user(value, (int __user *)arg);
}

static int get_max_nodes(struct ssi_cluster *cluster, void __user *arg)
{
	return put_int(SSI_MAX_NODES, arg);
}

static int get_max_clusters(struct ssi_cluster *cluster, void __user *arg)
{
	return put_int(SSI_MAX_SUBCLUSTERS, arg);
}

static int get_node_id(struct ssi_cluster *cluster, void __user *arg)
{
	return put_int(cluster->params.node, arg);
}

static int get_online(struct ssi_cluster *cluster, struct ssi_nodeset *online)
{
	int err = mutex_lock_killable(&cluster->lock);

	if (err)
		return err;
	ssi_membership_online(&cluster->membership, online);
	mutex_unlock(&cluster->lock);
	return 0;
}

static int get_nodes_count(struct ssi_cluster *cluster, void __user *arg)
{
	struct ssi_nodeset online;

	return get_online(cluster, &online) ?:
	       put_int(ssi_nodeset_weight(&online), arg);
}

static int put_states(const u8 *states, u32 count, void __user *arg)
{
	struct ksys_states header;

	if (copy_from_user(&header, arg, sizeof(header)))
		return -EFAULT;
	if (header.size != sizeof(header))
		return -EINVAL;
	header.count = min(header.count, count);
	if (copy_to_user(u64_to_user_ptr(header.states), states,
			 header.count) ||
	    copy_to_user(arg, &header, sizeof(header)))
		return -EFAULT;
	return 0;
}

static int get_cluster_status(struct ssi_cluster *cluster, void __user *arg)
{
	struct ssi_nodeset online;
	u8 up[SSI_MAX_SUBCLUSTERS];
	int err = get_online(cluster, &online);

	if (err)
		return err;
	up[0] = !ssi_nodeset_is_empty(&online);
	return put_states(up, SSI_MAX_SUBCLUSTERS, arg);
}

static int get_nodes(struct ssi_cluster *cluster, void __user *arg)
{
	unsigned int node;
	u8 *states;
	int err;

	static_assert(KSYS_NODE_ONLINE == (int)SSI_NODE_ONLINE);
	states = kmalloc(SSI_MAX_NODES, GFP_KERNEL);
	if (!states)
		return -ENOMEM;
	err = mutex_lock_killable(&cluster->lock);
	if (!err) {
		for (node = 0; node < SSI_MAX_NODES; node++)
			states[node] = ssi_membership_state(&cluster->membership,
							 node);
		mutex_unlock(&cluster->lock);
		err = put_states(states, SSI_MAX_NODES, arg);
	}
	kfree(states);
	return err;
}

static int get_node_set(struct ssi_nodeset *set, void __user *arg)
{
	u8 bits[SSI_MAX_NODES / 8] = { };
	struct ksys_node_set header;
	unsigned int node;

	if (copy_from_user(&header, arg, sizeof(header)))
		return -EFAULT;
	if (header.size != sizeof(header) || header.reserved ||
	    header.nr_nodes > SSI_MAX_NODES)
		return -EINVAL;
	if (header.subcluster)
		return -EPERM;
	if (copy_from_user(bits, u64_to_user_ptr(header.bits),
			   DIV_ROUND_UP(header.nr_nodes, 8)))
		return -EFAULT;
	ssi_nodeset_clear(set);
	for (node = 0; node < header.nr_nodes; node++)
		if (bits[node / 8] >> (node % 8) & 1)
			ssi_nodeset_add(set, node);
	return ssi_nodeset_is_empty(set) ? -EINVAL : 0;
}

static int add_nodes(struct ssi_cluster *cluster, void __user *arg)
{
	struct ssi_nodeset set;

	return get_node_set(&set, arg) ?:
	       ssi_cluster_change(cluster, SSI_OP_ADD, &set);
}

static int remove_nodes(struct ssi_cluster *cluster, void __user *arg)
{
	struct ssi_nodeset set;

	return get_node_set(&set, arg) ?:
	       ssi_cluster_change(cluster, SSI_OP_REMOVE, &set);
}

static int fail_nodes(struct ssi_cluster *cluster, void __user *arg)
{
	struct ssi_nodeset set;

	return get_node_set(&set, arg) ?:
	       ssi_cluster_change(cluster, SSI_OP_FAIL, &set);
}

static void put_bits(u8 *bits, const struct ssi_nodeset *set)
{
	int node;

	ssi_nodeset_for_each(node, set)
		bits[node / 8] |= 1 << (node % 8);
}

static void fill_view(struct ksys_view *view,
		      const struct ssi_viewlog_entry *entry, u64 now_us)
{
	static_assert(KSYS_CAUSE_CREATE == (int)SSI_CAUSE_CREATE);
	static_assert(KSYS_CAUSE_SYNC == (int)SSI_CAUSE_SYNC);
	static_assert(sizeof(view->joined) * 8 == SSI_MAX_NODES);
	view->lineage = entry->id.lineage;
	view->number = entry->id.number;
	view->ago_us = now_us - entry->installed_us;
	view->install_us = entry->installed_us - entry->first_us;
	view->stable_us = entry->stable_us ?
			  entry->stable_us - entry->first_us : 0;
	view->cause = entry->cause;
	view->nr_members = entry->nr_members;
	put_bits(view->joined, &entry->joined);
	put_bits(view->left, &entry->left);
}

/* Return: number of @views filled in, or -EINTR. */
static int fill_log(struct ssi_cluster *cluster, struct ksys_view *views,
		    u32 room, u32 *flags)
{
	struct ssi_membership *m = &cluster->membership;
	const struct ssi_viewlog_entry *entry;
	u32 count = 0, i;
	u64 now_us;
	int err;

	err = mutex_lock_killable(&cluster->lock);
	if (err)
		return err;
	now_us = ktime_to_us(ktime_get_boottime());
	while (count < room && ssi_viewlog_get(&m->log, count))
		count++;
	for (i = 0; i < count; i++) {
		entry = ssi_viewlog_get(&m->log, count - 1 - i);
		fill_view(&views[i], entry, now_us);
	}
	*flags = (ssi_membership_is_member(m) ? KSYS_LOG_MEMBER : 0) |
		 (m->serving ? KSYS_LOG_SERVING : 0);
	mutex_unlock(&cluster->lock);
	return count;
}

static int get_log(struct ssi_cluster *cluster, void __user *arg)
{
	struct ksys_view *views;
	struct ksys_log header;
	int ret;

	if (copy_from_user(&header, arg, sizeof(header)))
		return -EFAULT;
	if (header.size != sizeof(header) || header.view_size != sizeof(*views))
		return -EINVAL;
	views = kvcalloc(SSI_VIEWLOG_LEN, sizeof(*views), GFP_KERNEL);
	if (!views)
		return -ENOMEM;
	ret = fill_log(cluster, views, header.count, &header.flags);
	if (ret >= 0) {
		header.count = ret;
		ret = copy_to_user(u64_to_user_ptr(header.views), views,
				   ret * sizeof(*views)) ||
		      copy_to_user(arg, &header, sizeof(header)) ? -EFAULT : 0;
	}
	kvfree(views);
	return ret;
}

static int restart(struct ssi_cluster *cluster, void __user *arg)
{
	return ssi_power_cluster(cluster, SSI_POWER_REBOOT);
}

static int shutdown(struct ssi_cluster *cluster, void __user *arg)
{
	return ssi_power_cluster(cluster, SSI_POWER_OFF);
}

static const struct service services_table[] = {
	{ KSYS_NB_MAX_NODES, "NB_MAX_NODES", ANYONE, get_max_nodes },
	{ KSYS_NB_MAX_CLUSTERS, "NB_MAX_CLUSTERS", ANYONE, get_max_clusters },
	{ KSYS_GET_NODE_ID, "GET_NODE_ID", ANYONE, get_node_id },
	{ KSYS_GET_NODES_COUNT, "GET_NODES_COUNT", ANYONE, get_nodes_count },
	{ KSYS_HOTPLUG_RESTART, "HOTPLUG_RESTART", CAP_SYS_BOOT, restart },
	{ KSYS_HOTPLUG_SHUTDOWN, "HOTPLUG_SHUTDOWN", CAP_SYS_BOOT, shutdown },
	{ KSYS_HOTPLUG_STATUS, "HOTPLUG_STATUS", ANYONE, get_cluster_status },
	{ KSYS_HOTPLUG_ADD, "HOTPLUG_ADD", CAP_SYS_ADMIN, add_nodes },
	{ KSYS_HOTPLUG_REMOVE, "HOTPLUG_REMOVE", CAP_SYS_ADMIN, remove_nodes },
	{ KSYS_HOTPLUG_FAIL, "HOTPLUG_FAIL", CAP_SYS_ADMIN, fail_nodes },
	{ KSYS_CLUSTER_LOG, "CLUSTER_LOG", ANYONE, get_log },
	{ KSYS_HOTPLUG_NODES, "HOTPLUG_NODES", ANYONE, get_nodes },
};

/**
 * struct ssi_services - the file
 * @cluster: this node's cluster
 * @dir: /proc/kerrighed
 * @calls: [n] = number of calls of services_table[n]
 * @more_calls: number of calls of @more
 * @more_lock: protects @more
 * @more: services of a module above, or NULL
 */
struct ssi_services {
	struct ssi_cluster *cluster;
	struct proc_dir_entry *dir;
	atomic_t calls[ARRAY_SIZE(services_table)];
	atomic_t more_calls;
	spinlock_t more_lock;
	const struct ssi_services_ops *more;
};

static long more_ioctl(struct ssi_services *services, unsigned int cmd,
		       unsigned long arg)
{
	const struct ssi_services_ops *more;
	long ret;

	spin_lock(&services->more_lock);
	more = services->more;
	if (more && !try_module_get(more->owner))
		more = NULL;
	spin_unlock(&services->more_lock);
	if (!more)
		return -EINVAL;
	ret = more->ioctl(cmd, arg);
	module_put(more->owner);
	if (ret == -ENOTTY)
		return -EINVAL;
	atomic_inc(&services->more_calls);
	return ret;
}

static long services_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	struct ssi_services *services = pde_data(file_inode(file));
	const struct service *service;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(services_table); i++) {
		service = &services_table[i];
		if (service->cmd != cmd)
			continue;
		atomic_inc(&services->calls[i]);
		if (service->capability != ANYONE &&
		    !capable(service->capability))
			return -EPERM;
		return service->call(services->cluster, (void __user *)arg);
	}
	return more_ioctl(services, cmd, arg);
}

static int services_show(struct seq_file *seq, void *v)
{
	struct ssi_services *services = seq->private;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(services_table); i++)
		seq_printf(seq, "%-20s %d\n", services_table[i].name,
			   atomic_read(&services->calls[i]));
	seq_printf(seq, "%-20s %d\n", "(of other modules)",
		   atomic_read(&services->more_calls));
	return 0;
}

static int services_open(struct inode *inode, struct file *file)
{
	return single_open(file, services_show, pde_data(inode));
}

static const struct proc_ops services_proc_ops = {
	.proc_open = services_open,
	.proc_read_iter = seq_read_iter,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
	.proc_ioctl = services_ioctl,
#ifdef CONFIG_COMPAT
	.proc_compat_ioctl = services_ioctl,
#endif
};

/**
 * ssi_services_create() - make /proc/kerrighed/services
 * @cluster: this node's cluster, complete but for its connections
 * Return: to be undone with ssi_services_destroy(); ERR_PTR(-ENOMEM).
 */
struct ssi_services *ssi_services_create(struct ssi_cluster *cluster)
{
	struct ssi_services *services = kzalloc(sizeof(*services), GFP_KERNEL);

	if (!services)
		return ERR_PTR(-ENOMEM);
	services->cluster = cluster;
	spin_lock_init(&services->more_lock);
	services->dir = proc_mkdir("kerrighed", NULL);
	if (services->dir &&
	    proc_create_data("services", 0644, services->dir,
			     &services_proc_ops, services))
		return services;
	ssi_services_destroy(services);
	return ERR_PTR(-ENOMEM);
}

/**
 * ssi_services_destroy() - take it away
 * @services: what ssi_services_create() returned
 * Context: process context; waits for calls that are under way.
 */
void ssi_services_destroy(struct ssi_services *services)
{
	proc_remove(services->dir);
	kfree(services);
}

/**
 * ssi_services_register() - add the services of a module above
 * @cluster: this node's cluster
 * @ops: there until ssi_services_unregister()
 * Return: 0, or -EBUSY when a module has done so already.
 */
int ssi_services_register(struct ssi_cluster *cluster,
			  const struct ssi_services_ops *ops)
{
	struct ssi_services *services = cluster->services;
	int err = -EBUSY;

	spin_lock(&services->more_lock);
	if (!services->more) {
		services->more = ops;
		err = 0;
	}
	spin_unlock(&services->more_lock);
	return err;
}
EXPORT_SYMBOL_GPL(ssi_services_register);

/**
 * ssi_services_unregister() - take them away
 * @cluster: where they were registered
 * Context: the module's exit, when nobody holds the module any more.
 */
void ssi_services_unregister(struct ssi_cluster *cluster)
{
	struct ssi_services *services = cluster->services;

	spin_lock(&services->more_lock);
	services->more = NULL;
	spin_unlock(&services->more_lock);
}
EXPORT_SYMBOL_GPL(ssi_services_unregister);
