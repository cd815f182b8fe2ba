// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpc-test.c: calls other nodes as a test asks (module for tests only).
 *
 * Writing a line to /sys/kernel/debug/ssi-rpc-test runs it; the write ends
 * with its error:
 *
 *	echo NODE COUNT SEED	calls of random sizes, each reply checked;
 *				each tenth is cancelled at once
 *	sleep NODE MS LIMIT	one call whose handler sleeps, LIMIT ms at most
 *	none NODE 0 0		one call to a service that nobody has
 *	post NODE COUNT 0	one-way calls, from atomic context
 *	pending NODE MS COUNT	COUNT calls that are never waited for; they are
 *				cancelled when the module goes
 */
#include <ssi/rpc.h>

#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/delay.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define SERVICE_ECHO	200
#define SERVICE_SLEEP	201
#define SERVICE_NONE	202
#define SERVICE_COUNT	203
#define PENDING_MAX	64
#define MIDDLE_LEN	(64 * 1024)

static struct ssi_rpc *rpc;
static struct dentry *file;
static atomic_t counted;
static struct ssi_call *pending[PENDING_MAX];
static unsigned int nr_pending;

/* The bytes of the call, each one turned over. */
static int echo(void *context, struct ssi_request *request)
{
	u32 i, len;
	const u8 *in = ssi_request_data(request, &len);
	u8 *out = kvmalloc(len, GFP_KERNEL);
	int err;

	if (!out)
		return -ENOMEM;
	for (i = 0; i < len; i++)
		out[i] = ~in[i];
	err = ssi_request_reply(request, out, len);
	kvfree(out);
	return err;
}

static int sleep(void *context, struct ssi_request *request)
{
	u32 len;
	const u32 *ms = ssi_request_data(request, &len);

	msleep(*ms);
	return 0;
}

static int count(void *context, struct ssi_request *request)
{
	atomic_inc(&counted);
	return 0;
}

static struct ssi_service services[] = {
	{ .name = "echo", .number = SERVICE_ECHO, .in_min = 1,
	  .in_max = SSI_CALL_MAX_LEN, .handler = echo },
	{ .name = "sleep", .number = SERVICE_SLEEP, .in_min = 4, .in_max = 4,
	  .handler = sleep },
	{ .name = "count", .number = SERVICE_COUNT, .handler = count },
};

/* Mostly small, some by the bulk lane, a few as large as may be. */
static u32 random_len(struct rnd_state *rnd)
{
	u32 kind = prandom_u32_state(rnd) % 256;

	return 1 + prandom_u32_state(rnd) %
	       (!kind ? SSI_CALL_MAX_LEN : kind < 32 ? MIDDLE_LEN : 256);
}

static int echo_once(u16 node, struct rnd_state *rnd, u8 *in, u8 *out,
		     bool cancel)
{
	u32 i, len = random_len(rnd);
	struct ssi_call call = {
		.node = node, .service = SERVICE_ECHO,
		.in = in, .in_len = len, .out = out, .out_size = len,
	};
	int err;

	prandom_bytes_state(rnd, in, len);
	if (cancel) {
		err = ssi_call_start(rpc, &call, GFP_KERNEL);
		if (!err)
			ssi_call_cancel(&call);
		return err == -EAGAIN ? 0 : err;
	}
	err = ssi_call_sync(rpc, &call, 30000);
	if (err)
		return err;
	for (i = 0; i < len; i++)
		if (call.out_len != len || out[i] != (u8)~in[i])
			return -EILSEQ;
	return 0;
}

static int run_echo(u16 node, u32 nr, u32 seed)
{
	u8 *buf = kvmalloc(2 * SSI_CALL_MAX_LEN, GFP_KERNEL);
	struct rnd_state rnd;
	int err = 0;
	u32 i;

	if (!buf)
		return -ENOMEM;
	prandom_seed_state(&rnd, seed);
	for (i = 0; i < nr && !err; i++)
		err = echo_once(node, &rnd, buf, buf + SSI_CALL_MAX_LEN,
				i % 10 == 9);
	kvfree(buf);
	return err;
}

static int run_one(u16 node, u16 service, u32 ms, u32 limit_ms)
{
	struct ssi_call call = {
		.node = node, .service = service, .in = &ms,
		.in_len = sizeof(ms),
	};

	return ssi_call_sync(rpc, &call, limit_ms);
}

static int run_post(u16 node, u32 nr)
{
	int err = 0;
	u32 i;

	for (i = 0; i < nr && !err; i++) {
		do {
			preempt_disable();
			err = ssi_call_post(rpc, node, SERVICE_COUNT, NULL, 0,
					    GFP_ATOMIC);
			preempt_enable();
			if (err == -EAGAIN)
				msleep(20);
		} while (err == -EAGAIN);
	}
	return err;
}

static int run_pending(u16 node, u32 ms, u32 nr)
{
	struct ssi_call *call;
	int err = 0;
	u32 i;

	for (i = 0; i < nr && nr_pending < PENDING_MAX && !err; i++) {
		call = kzalloc(sizeof(*call) + sizeof(ms), GFP_KERNEL);
		if (!call)
			return -ENOMEM;
		memcpy(call + 1, &ms, sizeof(ms));
		call->node = node;
		call->service = SERVICE_SLEEP;
		call->in = call + 1;
		call->in_len = sizeof(ms);
		err = ssi_call_start(rpc, call, GFP_KERNEL);
		if (err)
			kfree(call);
		else
			pending[nr_pending++] = call;
	}
	return err;
}

static ssize_t command_write(struct file *filp, const char __user *user,
			     size_t len, loff_t *pos)
{
	char text[64] = "", name[16];
	unsigned int node, a, b;
	int err = -EINVAL;

	if (len >= sizeof(text) || copy_from_user(text, user, len))
		return -EFAULT;
	if (sscanf(text, "%15s %u %u %u", name, &node, &a, &b) != 4)
		return -EINVAL;
	if (!strcmp(name, "echo"))
		err = run_echo(node, a, b);
	else if (!strcmp(name, "sleep"))
		err = run_one(node, SERVICE_SLEEP, a, b);
	else if (!strcmp(name, "none"))
		err = run_one(node, SERVICE_NONE, a, b);
	else if (!strcmp(name, "post"))
		err = run_post(node, a);
	else if (!strcmp(name, "pending"))
		err = run_pending(node, a, b);
	return err ?: len;
}

static ssize_t counted_read(struct file *filp, char __user *user, size_t len,
			    loff_t *pos)
{
	char text[16];

	return simple_read_from_buffer(user, len, pos, text,
				       scnprintf(text, sizeof(text), "%d\n",
						 atomic_read(&counted)));
}

static const struct file_operations command_fops = {
	.owner = THIS_MODULE,
	.write = command_write,
	.read = counted_read,
};

static int __init rpc_test_init(void)
{
	int i, err;

	rpc = ssi_kddm_rpc();
	for (i = 0; i < ARRAY_SIZE(services); i++) {
		err = ssi_service_register(rpc, &services[i]);
		if (err)
			goto err_unregister;
	}
	file = debugfs_create_file("ssi-rpc-test", 0600, NULL, NULL,
				   &command_fops);
	return 0;

err_unregister:
	while (i--)
		ssi_service_unregister(rpc, &services[i]);
	return err;
}

static void __exit rpc_test_exit(void)
{
	unsigned int i;

	debugfs_remove(file);
	for (i = 0; i < nr_pending; i++) {
		ssi_call_cancel(pending[i]);
		kfree(pending[i]);
	}
	for (i = 0; i < ARRAY_SIZE(services); i++)
		ssi_service_unregister(rpc, &services[i]);
}

module_init(rpc_test_init);
module_exit(rpc_test_exit);

MODULE_DESCRIPTION("calls between nodes, for tests");
MODULE_LICENSE("GPL v2");
