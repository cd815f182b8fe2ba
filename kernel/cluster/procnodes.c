// SPDX-License-Identifier: GPL-2.0-only
/*
 * procnodes.c: /proc/nodes, a folder for each online node.
 *
 *	nrnodes			ONLINE, PRESENT and POSSIBLE nodes
 *	self			link to this node's folder while it is online
 *	node<N>/nodeid		N
 *	node<N>/session		session id
 *	node<N>/cpuinfo ...	that node's own file of that name
 *
 * Owns the files.  Folders come and go in a work of their own, for removing
 * one waits for its readers and a reader may wait for a node.
 */
#include "procnodes.h"

#include "cluster-private.h"
#include "nodeinfo.h"

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

/**
 * struct info_file - a file of a node's folder
 * @folder: where it is
 * @file: which
 */
struct info_file {
	struct folder *folder;
	enum ssi_nodeinfo file;
};

/**
 * struct folder - /proc/nodes/node<N>
 * @link: in procnodes->folders
 * @cluster: this node's cluster
 * @dir: the folder
 * @node: N
 * @files: what the files' entries point to
 */
struct folder {
	struct list_head link;
	struct ssi_cluster *cluster;
	struct proc_dir_entry *dir;
	u16 node;
	struct info_file files[SSI_NODEINFO_NR];
};

/**
 * struct text - an open file of a node's folder
 * @data: what the node sent
 * @len: length of @data
 */
struct text {
	void *data;
	size_t len;
};

/**
 * struct ssi_procnodes - /proc/nodes
 * @cluster: this node's cluster
 * @dir: the folder
 * @self: the link in it, NULL when there is none
 * @folders: list of &struct folder
 * @work: makes the folders those of the online nodes
 *
 * All that changes is @work's alone.
 */
struct ssi_procnodes {
	struct ssi_cluster *cluster;
	struct proc_dir_entry *dir;
	struct proc_dir_entry *self;
	struct list_head folders;
	struct work_struct work;
};

static int info_open(struct inode *inode, struct file *file)
{
	struct info_file *info = pde_data(inode);
	struct text *text = kzalloc(sizeof(*text), GFP_KERNEL);
	int err;

	if (!text)
		return -ENOMEM;
	err = ssi_nodeinfo_fetch(info->folder->cluster, info->folder->node,
				 info->file, &text->data, &text->len);
	if (err) {
		kfree(text);
		return err;
	}
	file->private_data = text;
	return 0;
}

static ssize_t info_read(struct file *file, char __user *buf, size_t count,
			 loff_t *pos)
{
	struct text *text = file->private_data;

	return simple_read_from_buffer(buf, count, pos, text->data, text->len);
}

static int info_release(struct inode *inode, struct file *file)
{
	struct text *text = file->private_data;

	kvfree(text->data);
	kfree(text);
	return 0;
}

static const struct proc_ops info_proc_ops = {
	.proc_open = info_open,
	.proc_read = info_read,
	.proc_lseek = default_llseek,
	.proc_release = info_release,
};

static int nodeid_show(struct seq_file *seq, void *v)
{
	struct folder *folder = seq->private;

	seq_printf(seq, "%u\n", folder->node);
	return 0;
}

static int session_show(struct seq_file *seq, void *v)
{
	struct folder *folder = seq->private;

	seq_printf(seq, "%u\n", folder->cluster->params.session);
	return 0;
}

static int nrnodes_show(struct seq_file *seq, void *v)
{
	struct ssi_cluster *cluster = seq->private;
	struct ssi_nodeset online, present;
	int err = mutex_lock_killable(&cluster->lock);

	if (err)
		return err;
	ssi_membership_online(&cluster->membership, &online);
	ssi_membership_present(&cluster->membership, &present);
	mutex_unlock(&cluster->lock);
	seq_printf(seq, "ONLINE:%u\nPRESENT:%u\nPOSSIBLE:%u\n",
		   ssi_nodeset_weight(&online), ssi_nodeset_weight(&present),
		   SSI_MAX_NODES);
	return 0;
}

static void destroy_folder(struct folder *folder)
{
	list_del(&folder->link);
	proc_remove(folder->dir);
	kfree(folder);
}

/* Without memory some files of the folder are missing, which is all. */
static void create_folder(struct ssi_procnodes *procnodes, u16 node)
{
	struct folder *folder = kzalloc(sizeof(*folder), GFP_KERNEL);
	struct info_file *info;
	char name[16];
	unsigned int i;

	if (!folder)
		return;
	folder->cluster = procnodes->cluster;
	folder->node = node;
	list_add_tail(&folder->link, &procnodes->folders);
	snprintf(name, sizeof(name), "node%u", node);
	folder->dir = proc_mkdir(name, procnodes->dir);
	if (!folder->dir) {
		destroy_folder(folder);
		return;
	}
	proc_create_single_data("nodeid", 0444, folder->dir, nodeid_show,
				folder);
	proc_create_single_data("session", 0444, folder->dir, session_show,
				folder);
	for (i = 0; i < SSI_NODEINFO_NR; i++) {
		info = &folder->files[i];
		info->folder = folder;
		info->file = i;
		proc_create_data(ssi_nodeinfo_name(i), 0444, folder->dir,
				 &info_proc_ops, info);
	}
}

static void update_self(struct ssi_procnodes *procnodes, bool online)
{
	char name[16];

	if (online == !!procnodes->self)
		return;
	if (online) {
		snprintf(name, sizeof(name), "node%u",
			 procnodes->cluster->params.node);
		procnodes->self = proc_symlink("self", procnodes->dir, name);
	} else {
		proc_remove(procnodes->self);
		procnodes->self = NULL;
	}
}

static void update_work(struct work_struct *work)
{
	struct ssi_procnodes *procnodes =
		container_of(work, struct ssi_procnodes, work);
	struct ssi_cluster *cluster = procnodes->cluster;
	struct folder *folder, *next;
	struct ssi_nodeset online;
	int node;

	mutex_lock(&cluster->lock);
	ssi_membership_online(&cluster->membership, &online);
	mutex_unlock(&cluster->lock);

	update_self(procnodes,
		    ssi_nodeset_contains(&online, cluster->params.node));
	list_for_each_entry_safe(folder, next, &procnodes->folders, link) {
		if (!ssi_nodeset_contains(&online, folder->node))
			destroy_folder(folder);
		else
			ssi_nodeset_remove(&online, folder->node);
	}
	ssi_nodeset_for_each(node, &online)
		create_folder(procnodes, node);
}

/**
 * ssi_procnodes_update() - the set of online nodes may be another
 * @procnodes: what ssi_procnodes_create() returned
 * Context: any but hard interrupts; the folders change a little later.
 */
void ssi_procnodes_update(struct ssi_procnodes *procnodes)
{
	queue_work(procnodes->cluster->slow_wq, &procnodes->work);
}

/**
 * ssi_procnodes_create() - make /proc/nodes
 * @cluster: this node's cluster
 * Return: to be undone with ssi_procnodes_destroy(); ERR_PTR(-ENOMEM).
 */
struct ssi_procnodes *ssi_procnodes_create(struct ssi_cluster *cluster)
{
	struct ssi_procnodes *procnodes;

	procnodes = kzalloc(sizeof(*procnodes), GFP_KERNEL);
	if (!procnodes)
		return ERR_PTR(-ENOMEM);
	procnodes->cluster = cluster;
	INIT_LIST_HEAD(&procnodes->folders);
	INIT_WORK(&procnodes->work, update_work);
	procnodes->dir = proc_mkdir("nodes", NULL);
	if (procnodes->dir &&
	    proc_create_single_data("nrnodes", 0444, procnodes->dir,
				    nrnodes_show, cluster))
		return procnodes;
	ssi_procnodes_destroy(procnodes);
	return ERR_PTR(-ENOMEM);
}

/**
 * ssi_procnodes_destroy() - take it away
 * @procnodes: what ssi_procnodes_create() returned
 * Context: process context; waits for readers; nobody may call
 *	ssi_procnodes_update() any more.
 */
void ssi_procnodes_destroy(struct ssi_procnodes *procnodes)
{
	struct folder *folder, *next;

	cancel_work_sync(&procnodes->work);
	list_for_each_entry_safe(folder, next, &procnodes->folders, link)
		destroy_folder(folder);
	proc_remove(procnodes->dir);
	kfree(procnodes);
}
