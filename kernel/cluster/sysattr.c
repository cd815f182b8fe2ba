// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysattr.c: /sys/kerrighed, the numbers that do not change, and the keys.
 *
 * Owns the folder; its existence means that this kernel is a node's.
 */
#include "sysattr.h"

#include "cluster-private.h"

#include <ssi/rpc.h>

#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <uapi/ssi/ksys.h>

/**
 * struct ssi_sysattr - the folder
 * @kobj: its object
 * @cluster: this node's cluster
 */
struct ssi_sysattr {
	struct kobject kobj;
	struct ssi_cluster *cluster;
};

static const struct ssi_params *params_of(struct kobject *kobj)
{
	return &container_of(kobj, struct ssi_sysattr, kobj)->cluster->params;
}

static ssize_t node_id_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%u\n", params_of(kobj)->node);
}
static struct kobj_attribute node_id_attr = __ATTR_RO(node_id);

static ssize_t session_id_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", params_of(kobj)->session);
}
static struct kobj_attribute session_id_attr = __ATTR_RO(session_id);

static ssize_t subsession_id_show(struct kobject *kobj,
				  struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", SSI_SUBSESSION);
}
static struct kobj_attribute subsession_id_attr = __ATTR_RO(subsession_id);

static ssize_t max_nodes_show(struct kobject *kobj,
			      struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", SSI_MAX_NODES);
}
static struct kobj_attribute max_nodes_attr = __ATTR_RO(max_nodes);

static ssize_t max_subclusters_show(struct kobject *kobj,
				    struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", SSI_MAX_SUBCLUSTERS);
}
static struct kobj_attribute max_subclusters_attr = __ATTR_RO(max_subclusters);

static ssize_t abi_show(struct kobject *kobj, struct kobj_attribute *attr,
			char *buf)
{
	return sysfs_emit(buf, "%s\n", SSI_ABI);
}
static struct kobj_attribute abi_attr = __ATTR_RO(abi);

static ssize_t key_show(struct kobject *kobj, struct kobj_attribute *attr,
			char *buf)
{
	struct ssi_sysattr *sysattr = container_of(kobj, struct ssi_sysattr,
						   kobj);

	return ssi_rpc_show_keys(sysattr->cluster->rpc, buf, PAGE_SIZE);
}

/* "load": read the key file again. */
static ssize_t key_store(struct kobject *kobj, struct kobj_attribute *attr,
			 const char *buf, size_t count)
{
	struct ssi_sysattr *sysattr = container_of(kobj, struct ssi_sysattr,
						   kobj);
	int err;

	if (!sysfs_streq(buf, "load"))
		return -EINVAL;
	err = ssi_rpc_load_keys(sysattr->cluster->rpc);
	return err ?: count;
}
static struct kobj_attribute key_attr = __ATTR_RW(key);

static struct attribute *sysattr_attrs[] = {
	&node_id_attr.attr,
	&session_id_attr.attr,
	&subsession_id_attr.attr,
	&max_nodes_attr.attr,
	&max_subclusters_attr.attr,
	&abi_attr.attr,
	&key_attr.attr,
	NULL,
};
ATTRIBUTE_GROUPS(sysattr);

static void sysattr_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct ssi_sysattr, kobj));
}

static struct kobj_type sysattr_type = {
	.release = sysattr_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = sysattr_groups,
};

/**
 * ssi_sysattr_create() - make /sys/kerrighed
 * @cluster: this node's cluster
 * Return: to be undone with ssi_sysattr_destroy(); ERR_PTR(-ENOMEM).
 */
struct ssi_sysattr *ssi_sysattr_create(struct ssi_cluster *cluster)
{
	struct ssi_sysattr *sysattr = kzalloc(sizeof(*sysattr), GFP_KERNEL);
	int err;

	if (!sysattr)
		return ERR_PTR(-ENOMEM);
	sysattr->cluster = cluster;
	err = kobject_init_and_add(&sysattr->kobj, &sysattr_type, NULL,
				   "kerrighed");
	if (!err)
		return sysattr;
	kobject_put(&sysattr->kobj);
	return ERR_PTR(err);
}

/**
 * ssi_sysattr_destroy() - take it away
 * @sysattr: what ssi_sysattr_create() returned
 * Context: process context; waits for readers.
 */
void ssi_sysattr_destroy(struct ssi_sysattr *sysattr)
{
	kobject_del(&sysattr->kobj);
	kobject_put(&sysattr->kobj);
}
