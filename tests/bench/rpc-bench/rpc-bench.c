// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpc-bench.c: how fast calls are, and TIPC without us (benchmarks only).
 *
 * Writing a line to /sys/kernel/debug/ssi-rpc-bench runs it, reading gives the
 * nanoseconds of one round trip, or of one KiB, or 0 when nothing was measured:
 *
 *	call NODE COUNT THREADS		empty calls, THREADS at once
 *	raw NODE COUNT 0		ping-pong of 16 bytes over SEQPACKET
 *	bulk NODE COUNT WINDOW		COUNT calls of 64 KiB, WINDOW at once
 *	rawbulk NODE COUNT 0		COUNT messages of 64 KiB over SEQPACKET
 *	load NODE WINDOW 0		as bulk, without an end, in the background
 *	unload 0 0 0			end that
 *
 * The raw peer is a thread that sleeps in a blocking socket: the least that a
 * kernel can do to answer.  It answers a message of 16 bytes and takes longer
 * ones without a word.
 */
#include <ssi/rpc.h>

#include <linux/debugfs.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/tipc.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#define SERVICE_NULL	210
#define SERVICE_SINK	211
#define RAW_TYPE	0x53534942	/* TIPC service */
#define PING_LEN	16
#define BULK_LEN	(64 * 1024)
#define THREADS_MAX	64
#define WINDOW_MAX	32
#define LIMIT_MS	60000

static unsigned short node_id;
module_param(node_id, ushort, 0444);
MODULE_PARM_DESC(node_id, "this node's");

static struct ssi_rpc *rpc;
static struct dentry *file;
static struct socket *listener;
static struct task_struct *server, *load;
static u16 load_node;
static u32 load_window;
static u64 result;

static int do_nothing(void *context, struct ssi_request *request)
{
	return 0;
}

static struct ssi_service services[] = {
	{ .name = "null", .number = SERVICE_NULL, .handler = do_nothing },
	{ .name = "sink", .number = SERVICE_SINK, .in_max = BULK_LEN,
	  .handler = do_nothing },
};

static int send_all(struct socket *sock, void *buf, size_t len)
{
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = { .msg_flags = MSG_NOSIGNAL };
	int ret = kernel_sendmsg(sock, &msg, &vec, 1, len);

	return ret < 0 ? ret : 0;
}

static int receive(struct socket *sock, void *buf, size_t len)
{
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = { };

	return kernel_recvmsg(sock, &msg, &vec, 1, len, 0);
}

static void answer(struct socket *sock, void *buf)
{
	int len;

	while ((len = receive(sock, buf, BULK_LEN)) > 0)
		if (len == PING_LEN && send_all(sock, buf, len))
			break;
}

/* One connection after the other, until the socket is shut down. */
static int serve(void *unused)
{
	void *buf = kvmalloc(BULK_LEN, GFP_KERNEL);
	struct socket *sock;

	while (buf && !kthread_should_stop()) {
		if (kernel_accept(listener, &sock, 0)) {
			schedule_timeout_interruptible(HZ / 10);
			continue;
		}
		answer(sock, buf);
		sock_release(sock);
	}
	kvfree(buf);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 10);
	return 0;
}

static int open_listener(u16 node)
{
	struct sockaddr_tipc addr = {
		.family = AF_TIPC,
		.addrtype = TIPC_SERVICE_ADDR,
		.scope = TIPC_CLUSTER_SCOPE,
		.addr.name.name.type = RAW_TYPE,
		.addr.name.name.instance = node,
	};
	int err = sock_create_kern(&init_net, AF_TIPC, SOCK_SEQPACKET, 0,
				   &listener);

	if (err)
		return err;
	listener->sk->sk_rcvtimeo = HZ / 2;	/* it looks if it has to end */
	err = kernel_listen(listener, 1) ?:
	      kernel_bind(listener, (struct sockaddr *)&addr, sizeof(addr));
	if (err)
		sock_release(listener);
	return err;
}

static struct socket *connect_raw(u16 node)
{
	struct sockaddr_tipc addr = {
		.family = AF_TIPC,
		.addrtype = TIPC_SERVICE_ADDR,
		.addr.name.name.type = RAW_TYPE,
		.addr.name.name.instance = node,
	};
	struct socket *sock;
	int err = sock_create_kern(&init_net, AF_TIPC, SOCK_SEQPACKET, 0,
				   &sock);

	if (err)
		return ERR_PTR(err);
	err = kernel_connect(sock, (struct sockaddr *)&addr, sizeof(addr), 0);
	if (!err)
		return sock;
	sock_release(sock);
	return ERR_PTR(err);
}

static int ping(struct socket *sock, void *buf)
{
	int ret = send_all(sock, buf, PING_LEN);

	if (ret)
		return ret;
	ret = receive(sock, buf, PING_LEN);
	if (ret < 0)
		return ret;
	return ret == PING_LEN ? 0 : -EIO;
}

/* @len: of each message; the last one is a ping, so all have arrived. */
static int run_raw(u16 node, u32 nr, size_t len)
{
	struct socket *sock = connect_raw(node);
	void *buf = kvzalloc(BULK_LEN, GFP_KERNEL);
	int err = buf ? 0 : -ENOMEM;
	ktime_t start;
	u32 i;

	if (IS_ERR(sock)) {
		kvfree(buf);
		return PTR_ERR(sock);
	}
	err = err ?: ping(sock, buf);
	start = ktime_get();
	for (i = 0; i < nr && !err; i++)
		err = len == PING_LEN ? ping(sock, buf) :
					send_all(sock, buf, len);
	if (!err && len != PING_LEN)
		err = ping(sock, buf);
	result = ktime_to_ns(ktime_sub(ktime_get(), start));
	sock_release(sock);
	kvfree(buf);
	return err;
}

static int call_null(u16 node, u32 nr)
{
	int err = 0;

	while (nr-- && !err) {
		struct ssi_call call = {
			.node = node, .service = SERVICE_NULL,
		};

		err = ssi_call_sync(rpc, &call, LIMIT_MS);
	}
	return err;
}

/**
 * struct caller - one thread that calls
 * @node: whom
 * @nr: how often
 * @err: what came of it
 * @begin: completed when all threads are there
 * @done: completed when it has finished
 */
struct caller {
	u16 node;
	u32 nr;
	int err;
	struct completion *begin;
	struct completion done;
};

static int call_thread(void *data)
{
	struct caller *caller = data;

	wait_for_completion(caller->begin);
	caller->err = call_null(caller->node, caller->nr);
	complete(&caller->done);
	return 0;
}

static int run_threads(u16 node, u32 nr, u32 threads)
{
	struct caller *callers = kcalloc(threads, sizeof(*callers), GFP_KERNEL);
	DECLARE_COMPLETION_ONSTACK(begin);
	struct task_struct *task;
	ktime_t start;
	int err = 0;
	u32 i, made;

	if (!callers)
		return -ENOMEM;
	for (made = 0; made < threads; made++) {
		callers[made].node = node;
		callers[made].nr = nr / threads;
		callers[made].begin = &begin;
		init_completion(&callers[made].done);
		task = kthread_run(call_thread, &callers[made], "ssi_bench");
		if (IS_ERR(task))
			break;
	}
	start = ktime_get();
	complete_all(&begin);
	for (i = 0; i < made; i++) {
		wait_for_completion(&callers[i].done);
		err = err ?: callers[i].err;
	}
	result = ktime_to_ns(ktime_sub(ktime_get(), start));
	kfree(callers);
	return made == threads ? err : -ENOMEM;
}

static int run_call(u16 node, u32 nr, u32 threads)
{
	ktime_t start;
	int err;

	if (!threads || threads > THREADS_MAX)
		return -EINVAL;
	if (threads > 1)
		return run_threads(node, nr, threads);
	start = ktime_get();
	err = call_null(node, nr);
	result = ktime_to_ns(ktime_sub(ktime_get(), start));
	return err;
}

/* Until @nr are done, or the thread has to stop. */
static int send_window(u16 node, u32 nr, u32 window)
{
	struct ssi_call *calls = kcalloc(window, sizeof(*calls), GFP_KERNEL);
	void *buf = kvzalloc(BULK_LEN, GFP_KERNEL);
	u32 i = 0, oldest = 0;
	int err = calls && buf ? 0 : -ENOMEM;

	while (!err && oldest < nr) {
		bool stop = (current->flags & PF_KTHREAD) &&
			    kthread_should_stop();

		if (stop)
			nr = min(nr, i);
		if (i < nr && i - oldest < window) {
			calls[i % window] = (struct ssi_call){
				.node = node, .service = SERVICE_SINK,
				.in = buf, .in_len = BULK_LEN,
			};
			err = ssi_call_start(rpc, &calls[i % window],
					     GFP_KERNEL);
			i += !err;
		} else if (oldest < i) {
			err = ssi_call_wait(&calls[oldest++ % window],
					    LIMIT_MS);
		}
	}
	while (oldest < i)
		ssi_call_cancel(&calls[oldest++ % window]);
	kvfree(buf);
	kfree(calls);
	return err;
}

static int run_bulk(u16 node, u32 nr, u32 window)
{
	ktime_t start = ktime_get();
	int err;

	if (!window || window > WINDOW_MAX)
		return -EINVAL;
	err = send_window(node, nr, window);
	result = ktime_to_ns(ktime_sub(ktime_get(), start));
	return err;
}

static int load_thread(void *unused)
{
	int err = send_window(load_node, U32_MAX, load_window);

	if (err)
		pr_err("load ended (%d)\n", err);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 10);
	return 0;
}

static int start_load(u16 node, u32 window)
{
	if (load || !window || window > WINDOW_MAX)
		return -EINVAL;
	load_node = node;
	load_window = window;
	load = kthread_run(load_thread, NULL, "ssi_load");
	if (!IS_ERR(load))
		return 0;
	load = NULL;
	return -ENOMEM;
}

static void stop_load(void)
{
	if (load)
		kthread_stop(load);
	load = NULL;
}

static int run_command(const char *name, u16 node, u32 a, u32 b)
{
	if (!strcmp(name, "call"))
		return run_call(node, a, b);
	if (!strcmp(name, "raw"))
		return run_raw(node, a, PING_LEN);
	if (!strcmp(name, "bulk"))
		return run_bulk(node, a, b);
	if (!strcmp(name, "rawbulk"))
		return run_raw(node, a, BULK_LEN);
	if (!strcmp(name, "load"))
		return start_load(node, a);
	if (strcmp(name, "unload"))
		return -EINVAL;
	stop_load();
	return 0;
}

static ssize_t command_write(struct file *filp, const char __user *user,
			     size_t len, loff_t *pos)
{
	char text[64] = "", name[16];
	unsigned int node, a, b;
	int err;

	if (len >= sizeof(text) || copy_from_user(text, user, len))
		return -EFAULT;
	if (sscanf(text, "%15s %u %u %u", name, &node, &a, &b) != 4)
		return -EINVAL;
	result = 0;
	err = run_command(name, node, a, b);
	if (result && a)
		result = div_u64(result, a);
	if (strstr(name, "bulk"))
		result = div_u64(result, BULK_LEN / 1024);
	return err ?: len;
}

static ssize_t result_read(struct file *filp, char __user *user, size_t len,
			   loff_t *pos)
{
	char text[24];

	return simple_read_from_buffer(user, len, pos, text,
				       scnprintf(text, sizeof(text), "%llu\n",
						 result));
}

static const struct file_operations command_fops = {
	.owner = THIS_MODULE,
	.write = command_write,
	.read = result_read,
};

static int __init rpc_bench_init(void)
{
	int err;

	rpc = ssi_kddm_rpc();
	err = ssi_service_register(rpc, &services[0]);
	if (err)
		return err;
	err = ssi_service_register(rpc, &services[1]);
	if (err)
		goto err_unregister;
	err = open_listener(node_id);
	if (err)
		goto err_unregister_sink;
	server = kthread_run(serve, NULL, "ssi_raw");
	err = PTR_ERR_OR_ZERO(server);
	if (err)
		goto err_release;
	file = debugfs_create_file("ssi-rpc-bench", 0600, NULL, NULL,
				   &command_fops);
	return 0;

err_release:
	sock_release(listener);
err_unregister_sink:
	ssi_service_unregister(rpc, &services[1]);
err_unregister:
	ssi_service_unregister(rpc, &services[0]);
	return err;
}

static void __exit rpc_bench_exit(void)
{
	debugfs_remove(file);
	stop_load();
	kthread_stop(server);
	sock_release(listener);
	ssi_service_unregister(rpc, &services[1]);
	ssi_service_unregister(rpc, &services[0]);
}

module_init(rpc_bench_init);
module_exit(rpc_bench_exit);

MODULE_DESCRIPTION("speed of calls between nodes, and of TIPC alone");
MODULE_LICENSE("GPL v2");
