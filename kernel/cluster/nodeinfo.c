// SPDX-License-Identifier: GPL-2.0-only
/*
 * nodeinfo.c: a file of another node's /proc, as that node sees it now.
 *
 *	ssi_nodeinfo_fetch()		the other node
 *	INFO_GET --------------------->	ssi_nodeinfo_serve() queues
 *	waits				serve_work() reads the file
 *	ssi_nodeinfo_receive() <------- INFO, INFO, ... INFO with LAST
 *
 * Owns the requests on both sides.  The text is the kernel's own, fetched
 * when somebody reads, so it is never stale and costs nothing otherwise.
 */
#include "nodeinfo.h"

#include "cluster-private.h"

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>

#define FETCH_TIMEOUT_MS	5000
#define FILE_MAX_BYTES		(1024 * 1024)	/* what is beyond is cut off */

static const char * const names[SSI_NODEINFO_NR] = {
	[SSI_NODEINFO_CPUINFO] = "cpuinfo",
	[SSI_NODEINFO_MEMINFO] = "meminfo",
	[SSI_NODEINFO_LOADAVG] = "loadavg",
	[SSI_NODEINFO_UPTIME] = "uptime",
	[SSI_NODEINFO_STAT] = "stat",
};

/**
 * struct ssi_fetch - a file on its way here
 * @link: in cluster->fetches
 * @done: completed with cluster->lock held
 * @node: from where
 * @id: number of the request
 * @err: result
 * @data: FILE_MAX_BYTES
 * @len: bytes in @data so far
 */
struct ssi_fetch {
	struct list_head link;
	struct completion done;
	u16 node;
	u32 id;
	int err;
	void *data;
	size_t len;
};

/**
 * struct serve - a file asked for by another node
 * @work: reads and sends it
 * @cluster: this node's cluster
 * @node: who asks
 * @id: number of the request
 * @file: which
 */
struct serve {
	struct work_struct work;
	struct ssi_cluster *cluster;
	u16 node;
	u32 id;
	enum ssi_nodeinfo file;
};

/**
 * ssi_nodeinfo_name() - name of a file
 * @file: which
 * Return: the name in /proc and in a node's folder.
 */
const char *ssi_nodeinfo_name(enum ssi_nodeinfo file)
{
	return names[file];
}

/* Return: bytes read or negative errno. */
static ssize_t read_local(enum ssi_nodeinfo name, void *data)
{
	char path[sizeof("/proc/") + 16];
	struct file *file;
	size_t len = 0;
	loff_t pos = 0;
	ssize_t ret;

	snprintf(path, sizeof(path), "/proc/%s", names[name]);
	file = filp_open(path, O_RDONLY, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	do {
		ret = kernel_read(file, data + len, FILE_MAX_BYTES - len, &pos);
		if (ret > 0)
			len += ret;
	} while (ret > 0 && len < FILE_MAX_BYTES);
	filp_close(file, NULL);
	return ret < 0 ? ret : (ssize_t)len;
}

static void send_pieces(struct ssi_cluster *cluster, const struct serve *serve,
			const void *data, ssize_t len)
{
	void *buf = cluster->send_buf;
	ssize_t sent = 0, piece;
	bool last;

	lockdep_assert_held(&cluster->lock);
	if (len < 0) {
		ssi_rpc_control(cluster->rpc, serve->node, buf,
				ssi_wire_put_info(buf, serve->id, len, true, data, 0));
		return;
	}
	do {
		piece = min_t(ssize_t, len - sent, SSI_WIRE_MAX_DATA);
		last = sent + piece == len;
		ssi_rpc_control(cluster->rpc, serve->node, buf,
				ssi_wire_put_info(buf, serve->id, 0, last,
						data + sent, piece));
		sent += piece;
	} while (!last);
}

static void serve_work(struct work_struct *work)
{
	struct serve *serve = container_of(work, struct serve, work);
	struct ssi_cluster *cluster = serve->cluster;
	void *data = kvmalloc(FILE_MAX_BYTES, GFP_KERNEL);
	ssize_t len = -ENOMEM;

	if (data)
		len = read_local(serve->file, data);
	mutex_lock(&cluster->lock);
	send_pieces(cluster, serve, data, len);
	mutex_unlock(&cluster->lock);
	kvfree(data);
	kfree(serve);
}

/**
 * ssi_nodeinfo_serve() - another node asks for a file
 * @cluster: this node's cluster
 * @node: who asks
 * @id: number of its request
 * @file: as received
 * Context: cluster->lock held; reads the file later.
 * Return: 0; -EBADMSG when there is no such file.
 */
int ssi_nodeinfo_serve(struct ssi_cluster *cluster, u16 node, u32 id, u32 file)
{
	struct serve *serve;

	lockdep_assert_held(&cluster->lock);
	if (file >= SSI_NODEINFO_NR)
		return -EBADMSG;
	/* Without memory the other node's wait ends by its time limit. */
	serve = kmalloc(sizeof(*serve), GFP_KERNEL);
	if (!serve || cluster->stopping) {
		kfree(serve);
		return 0;
	}
	INIT_WORK(&serve->work, serve_work);
	serve->cluster = cluster;
	serve->node = node;
	serve->id = id;
	serve->file = file;
	queue_work(cluster->slow_wq, &serve->work);
	return 0;
}

/**
 * ssi_nodeinfo_receive() - a piece of a file came
 * @cluster: this node's cluster
 * @node: from where
 * @buf: the INFO record, @len bytes
 * @len: length of @buf
 * Context: cluster->lock held.
 * Return: 0, also when nobody waits for it any more; -EBADMSG.
 */
int ssi_nodeinfo_receive(struct ssi_cluster *cluster, u16 node,
			 const void *buf, size_t len)
{
	struct ssi_fetch *fetch;
	const void *data;
	size_t data_len;
	bool last;
	int error;

	lockdep_assert_held(&cluster->lock);
	if (ssi_wire_get_info(buf, len, &error, &last, &data, &data_len))
		return -EBADMSG;
	list_for_each_entry(fetch, &cluster->fetches, link) {
		if (fetch->id != ssi_wire_id(buf) || fetch->node != node ||
		    completion_done(&fetch->done))
			continue;
		if (data_len > FILE_MAX_BYTES - fetch->len)
			return -EBADMSG;
		memcpy(fetch->data + fetch->len, data, data_len);
		fetch->len += data_len;
		fetch->err = error;
		if (last)
			complete(&fetch->done);
		return 0;
	}
	return 0;
}

/**
 * ssi_nodeinfo_fail() - no file will come from a node
 * @cluster: this node's cluster
 * @node: the node, SSI_NODE_ALL when the module goes
 * Context: cluster->lock held.
 */
void ssi_nodeinfo_fail(struct ssi_cluster *cluster, u16 node)
{
	struct ssi_fetch *fetch;

	lockdep_assert_held(&cluster->lock);
	list_for_each_entry(fetch, &cluster->fetches, link) {
		if ((node != SSI_NODE_ALL && node != fetch->node) ||
		    completion_done(&fetch->done))
			continue;
		fetch->err = node == SSI_NODE_ALL ? -ESHUTDOWN : -EHOSTDOWN;
		complete(&fetch->done);
	}
}

static int fetch_remote(struct ssi_cluster *cluster, struct ssi_fetch *fetch,
			enum ssi_nodeinfo file)
{
	long left;
	int err;

	init_completion(&fetch->done);
	err = mutex_lock_killable(&cluster->lock);
	if (err)
		return err;
	if (cluster->stopping ||
	    ssi_membership_state(&cluster->membership, fetch->node) <
	    SSI_NODE_PRESENT) {
		mutex_unlock(&cluster->lock);
		return -EHOSTDOWN;
	}
	fetch->id = ++cluster->next_id;
	list_add(&fetch->link, &cluster->fetches);
	ssi_rpc_control(cluster->rpc, fetch->node, cluster->send_buf,
			ssi_wire_put_value(cluster->send_buf, SSI_WIRE_INFO_GET,
					   fetch->id, file));
	mutex_unlock(&cluster->lock);

	left = wait_for_completion_killable_timeout(&fetch->done,
			msecs_to_jiffies(FETCH_TIMEOUT_MS));
	mutex_lock(&cluster->lock);
	list_del(&fetch->link);
	mutex_unlock(&cluster->lock);
	if (left > 0)
		return fetch->err;
	return left ? -EINTR : -ETIMEDOUT;
}

/**
 * ssi_nodeinfo_fetch() - read a file of a node
 * @cluster: this node's cluster
 * @node: this or another node
 * @file: which
 * @data: filled in on success: the text, to be freed with kvfree()
 * @len: filled in on success: length of @data, cut off at 1 MiB
 *
 * Context: process context, sleeps, 5 s at most.
 * Return: 0; -EHOSTDOWN when the node is not there or goes, -ETIMEDOUT,
 *	-EINTR on a fatal signal, -ESHUTDOWN when the module goes, -ENOMEM, or
 *	the error with which that node can not read its own file.
 */
int ssi_nodeinfo_fetch(struct ssi_cluster *cluster, u16 node,
		       enum ssi_nodeinfo file, void **data, size_t *len)
{
	struct ssi_fetch fetch = { .node = node };
	ssize_t ret;
	int err;

	fetch.data = kvmalloc(FILE_MAX_BYTES, GFP_KERNEL);
	if (!fetch.data)
		return -ENOMEM;
	if (node == cluster->params.node) {
		ret = read_local(file, fetch.data);
		err = ret < 0 ? ret : 0;
		fetch.len = ret;
	} else {
		err = fetch_remote(cluster, &fetch, file);
	}
	if (err) {
		kvfree(fetch.data);
		return err;
	}
	*data = fetch.data;
	*len = fetch.len;
	return 0;
}
