// SPDX-License-Identifier: GPL-2.0-only
/*
 * sync_test.c: cluster-wide mutexes, barriers and unique numbers as a test asks
 * (module for tests only).
 *
 * Writing a line to /sys/kernel/debug/ssi-sync-test runs it; the write ends
 * with its error:
 *
 *	count NAME TIMES NODE	lock, read NODE's number, add one, write it back,
 *				unlock; NODE refuses who comes with an old fence
 *	hold NAME MS LIMIT	lock, wait, unlock; ETIME if the lock took more
 *				than LIMIT ms, 0: no limit
 *	died NAME MS LIMIT	the same; ENODATA unless the holder before has died
 *	barrier NAME TIMES MS	wait, come to the barrier and pass it
 *	ids COUNT 0 0		get unique numbers
 *
 * Reading gives NODE's number, and in a line each the unique numbers.
 */
#include <ssi/barrier.h>
#include <ssi/cluster.h>
#include <ssi/mutex.h>
#include <ssi/rpc.h>
#include <ssi/uid.h>

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#define SERVICE_READ	210
#define SERVICE_WRITE	211
#define CALL_MS		30000
#define IDS_MAX		4096

/* What WRITE says. */
struct write {
	u64 fence;
	u64 value;
};

static struct ssi_cluster *cluster;
static struct dentry *file;
static struct ssi_barrier barrier;	/* of one command at a time */
static DEFINE_MUTEX(lock);	/* protects the next two */
static u64 value, fence;
static u64 ids[IDS_MAX];
static unsigned int nr_ids;

static int serve_read(void *context, struct ssi_request *request)
{
	u64 copy;

	mutex_lock(&lock);
	copy = value;
	mutex_unlock(&lock);
	return ssi_request_reply(request, &copy, sizeof(copy));
}

static int serve_write(void *context, struct ssi_request *request)
{
	const struct write *write;
	int err = 0;
	u32 len;

	write = ssi_request_data(request, &len);
	mutex_lock(&lock);
	if (write->fence <= fence) {
		err = -EEXIST;
	} else {
		fence = write->fence;
		value = write->value;
	}
	mutex_unlock(&lock);
	return err;
}

static struct ssi_service services[] = {
	{ .name = "sync-read", .number = SERVICE_READ, .handler = serve_read },
	{ .name = "sync-write", .number = SERVICE_WRITE,
	  .in_min = sizeof(struct write), .in_max = sizeof(struct write),
	  .handler = serve_write },
};

static int add_one(u16 node, u64 fence_now)
{
	struct write write = { .fence = fence_now };
	struct ssi_call read_call = {
		.node = node, .service = SERVICE_READ,
		.out = &write.value, .out_size = sizeof(write.value),
	};
	struct ssi_call write_call = {
		.node = node, .service = SERVICE_WRITE,
		.in = &write, .in_len = sizeof(write),
	};
	int err = ssi_call_sync(ssi_kddm_rpc(), &read_call, CALL_MS);

	if (err)
		return err;
	write.value++;
	return ssi_call_sync(ssi_kddm_rpc(), &write_call, CALL_MS);
}

static int run_count(u64 name, u32 times, u16 node)
{
	struct ssi_mutex mutex;
	int err = 0, end;

	while (times-- && !err) {
		err = ssi_mutex_lock(cluster, name, &mutex);
		if (err)
			break;
		err = add_one(node, mutex.fence);
		end = ssi_mutex_unlock(cluster, &mutex);
		err = err ?: end;
	}
	return err;
}

static int run_hold(u64 name, u32 ms, u32 limit_ms, bool died)
{
	ktime_t begin = ktime_get();
	struct ssi_mutex mutex;
	int err = ssi_mutex_lock(cluster, name, &mutex), end;

	if (err)
		return err;
	if (limit_ms && ktime_ms_delta(ktime_get(), begin) > limit_ms)
		err = -ETIME;
	else if (mutex.owner_died != died)
		err = died ? -ENODATA : -EOWNERDEAD;
	msleep_interruptible(ms);
	end = ssi_mutex_unlock(cluster, &mutex);
	return err ?: end;
}

static int run_barrier(u64 name, u32 times, u32 ms)
{
	int err = 0;

	barrier.name = name;
	while (times-- && !err) {
		msleep_interruptible(ms);
		err = ssi_barrier_wait(cluster, &barrier, barrier.round + 1);
	}
	return err;
}

static int run_ids(u32 times)
{
	int err = 0;

	mutex_lock(&lock);
	while (times-- && !err && nr_ids < IDS_MAX) {
		err = ssi_uid_next(cluster, &ids[nr_ids]);
		nr_ids += !err;
	}
	mutex_unlock(&lock);
	return err;
}

static ssize_t command_write(struct file *filp, const char __user *user,
			     size_t len, loff_t *pos)
{
	char text[64] = "", name[16];
	unsigned int a, b, c;
	int err = -EINVAL;

	if (len >= sizeof(text) || copy_from_user(text, user, len))
		return -EFAULT;
	if (sscanf(text, "%15s %u %u %u", name, &a, &b, &c) != 4)
		return -EINVAL;
	if (!strcmp(name, "count"))
		err = run_count(a, b, c);
	else if (!strcmp(name, "hold") || !strcmp(name, "died"))
		err = run_hold(a, b, c, !strcmp(name, "died"));
	else if (!strcmp(name, "barrier"))
		err = run_barrier(a, b, c);
	else if (!strcmp(name, "ids"))
		err = run_ids(a);
	return err ?: len;
}

static int show(struct seq_file *m, void *unused)
{
	unsigned int i;

	mutex_lock(&lock);
	seq_printf(m, "%llu\n", value);
	for (i = 0; i < nr_ids; i++)
		seq_printf(m, "%016llx\n", ids[i]);
	mutex_unlock(&lock);
	return 0;
}

static int command_open(struct inode *inode, struct file *filp)
{
	return single_open(filp, show, NULL);
}

static const struct file_operations command_fops = {
	.owner = THIS_MODULE,
	.open = command_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
	.write = command_write,
};

static int __init sync_test_init(void)
{
	int i, err;

	cluster = ssi_cluster_get();
	for (i = 0; i < ARRAY_SIZE(services); i++) {
		err = ssi_service_register(ssi_kddm_rpc(), &services[i]);
		if (err)
			goto err_unregister;
	}
	file = debugfs_create_file("ssi-sync-test", 0600, NULL, NULL,
				   &command_fops);
	return 0;

err_unregister:
	while (i--)
		ssi_service_unregister(ssi_kddm_rpc(), &services[i]);
	return err;
}

static void __exit sync_test_exit(void)
{
	unsigned int i;

	debugfs_remove(file);
	ssi_barrier_leave(cluster, &barrier);
	for (i = 0; i < ARRAY_SIZE(services); i++)
		ssi_service_unregister(ssi_kddm_rpc(), &services[i]);
}

module_init(sync_test_init);
module_exit(sync_test_exit);

MODULE_DESCRIPTION("Test of the cluster's mutexes and unique numbers");
MODULE_LICENSE("GPL v2");
