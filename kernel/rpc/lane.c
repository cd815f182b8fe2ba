// SPDX-License-Identifier: GPL-2.0-only
/*
 * lane.c: the connections that carry calls and replies.
 *
 * Two linked nodes have, beside the connection of peer.c, one for small frames
 * and one for large ones.  So membership waits for no call, and a call for no
 * large one.  Owns these sockets, what waits to go out, and who reads.  How
 * they come about is peer.c's; what frames mean is call.c's and service.c's.
 *
 * Sending: whoever has a message and may sleep sends it himself, unless
 * somebody is at it, who then sends it too; otherwise a worker does.  The bulk
 * lane is a worker's always.  It sends a frame in pieces, as messages of their
 * own, and no more of them than the window, until CREDIT comes for what the
 * other node has taken.  A small call never waits for more than that.
 *
 * Reading: one reads at a time, and that is
 *
 *	a waiter	who waits for a reply; it reads it itself, and what comes
 *			before it; requests it gives to workers
 *	a runner	when nobody waits; of one request that comes alone it
 *			runs the handler, having left the reading to the next
 *
 * so an empty call switches threads as often as a bare socket would.  Data go
 * from the socket straight to where they belong: into the request, or into the
 * caller's buffer.
 */
#include "lane.h"

#include "call.h"
#include "rpc-private.h"

#include <ssi/trace.h>

#include <linux/err.h>
#include <linux/kref.h>
#include <linux/net.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/tipc.h>
#include <net/sock.h>

#define RUNNERS		4	/* three may sit in handlers, one reads */
#define HANDLING_MAX	128	/* of all lanes; lane_wq has room for more */
#define PIECE_BYTES	(16 * 1024)
#define WINDOW_BYTES	(32 * 1024)
#define CREDIT_BYTES	(16 * 1024)	/* taken, before that is said */
#define SCRATCH_BYTES	4096
/* All that two nodes may owe each other, twice: callers forget. */
#define QUEUE_MAX_BYTES	(4 * SSI_CALL_BYTES_MAX)

struct lane;

/**
 * struct runner - a worker that reads, and runs a handler
 * @work: on rpc->lane_wq
 * @lane: which it reads
 * @busy: reads, or runs a handler; protected by lane->lock
 */
struct runner {
	struct work_struct work;
	struct lane *lane;
	bool busy;
};

/**
 * struct lane - one connection
 * @lanes: what it is part of
 * @sock: NULL until it is there
 * @which: what it carries
 * @skip: the first message is a HELLO, for nobody
 * @data_ready: the socket's own callback
 * @state_change: the socket's own callback
 * @write_space: the socket's own callback
 * @send_lock: held by who sends; protects @sent
 * @send_work: sends where nobody else can
 * @sent: bytes of the first in @queue that are gone
 * @lock: protects what follows, up to @runner; innermost
 * @queue: of &struct ssi_message
 * @queued_bytes: length of all in @queue
 * @in_flight: bytes of bulk sent, and not taken
 * @reading: somebody reads; protects what follows @runner
 * @more: something came since it began to
 * @failed: nothing is read any more
 * @reader: the waiter that reads, if it is one
 * @runner: the workers
 * @head: of the frame that comes
 * @type: its &enum ssi_frame_type; 0 between two frames
 * @request: where a CALL goes
 * @reply: of a REPLY
 * @got: bytes of the frame that came
 * @len: length of the frame
 * @taken: bytes of bulk taken, and not yet said so
 * @scratch: for what nobody wants
 */
struct lane {
	struct ssi_lanes *lanes;
	struct socket *sock;
	enum ssi_lane which;
	bool skip;
	void (*data_ready)(struct sock *sk);
	void (*state_change)(struct sock *sk);
	void (*write_space)(struct sock *sk);
	struct mutex send_lock;
	struct work_struct send_work;
	size_t sent;
	spinlock_t lock;
	struct list_head queue;
	size_t queued_bytes;
	s64 in_flight;
	bool reading;
	bool more;
	bool failed;
	struct task_struct *reader;
	struct runner runner[RUNNERS];
	u8 head[SSI_FRAME_HEAD_LEN] __aligned(8);
	int type;
	struct ssi_request *request;
	struct ssi_reply_info reply;
	size_t got;
	size_t len;
	u64 taken;
	u8 scratch[SCRATCH_BYTES];
};

/**
 * struct ssi_lanes - all lanes to a life of a node
 * @ref: one of the peer, one of each who uses it, or is queued
 * @rpc: this node's
 * @control: the connection that ends when a lane fails
 * @node: the other node
 * @incarnation: its life
 * @open: frames are read
 * @ended: no more
 * @free_work: closes the sockets, when the last one has let go
 * @lane: the lanes
 */
struct ssi_lanes {
	struct kref ref;
	struct ssi_rpc *rpc;
	struct ssi_conn *control;
	u16 node;
	u64 incarnation;
	bool open;
	bool ended;
	struct work_struct free_work;
	struct lane lane[SSI_LANES];
};

static void lanes_release(struct kref *ref)
{
	struct ssi_lanes *lanes = container_of(ref, struct ssi_lanes, ref);

	/* Whoever let go last may be unable to sleep. */
	queue_work(lanes->rpc->lane_wq, &lanes->free_work);
}

static void free_lane(struct lane *lane)
{
	struct ssi_message *message, *next;

	if (lane->sock)
		sock_release(lane->sock);
	list_for_each_entry_safe(message, next, &lane->queue, link)
		kvfree(message);
	if (lane->request)
		ssi_service_discard(lane->request);
}

static void lanes_free(struct work_struct *work)
{
	struct ssi_lanes *lanes = container_of(work, struct ssi_lanes,
					       free_work);
	int i;

	for (i = 0; i < SSI_LANES; i++)
		free_lane(&lanes->lane[i]);
	ssi_conn_put(lanes->control);
	kfree(lanes);
}

/* The control connection reads what has come, and ends. */
static void fail(struct lane *lane, int err)
{
	struct ssi_lanes *lanes = lane->lanes;

	WRITE_ONCE(lane->failed, true);
	if (READ_ONCE(lanes->ended))
		return;
	if (err == -EBADMSG || err == -EPROTO) {
		atomic_inc(&lanes->rpc->counters.malformed);
		pr_warn_ratelimited("malformed record from node %u (%d), connection dropped\n",
				    lanes->node, err);
	}
	ssi_conn_fail(lanes->control, err);
}

static void queue_sender(struct lane *lane)
{
	struct ssi_rpc *rpc = lane->lanes->rpc;

	kref_get(&lane->lanes->ref);
	/* Large frames have time. */
	if (!queue_work(lane->which == SSI_LANE_BULK ? rpc->bulk_wq :
			rpc->lane_wq, &lane->send_work))
		ssi_lanes_put(lane->lanes);
}

/* One runner is free whenever no runner reads. */
static void start_runner(struct lane *lane)
{
	int i;

	lockdep_assert_held(&lane->lock);
	for (i = 0; i < RUNNERS; i++) {
		if (lane->runner[i].busy)
			continue;
		lane->runner[i].busy = true;
		lane->reading = true;
		lane->more = false;
		kref_get(&lane->lanes->ref);
		queue_work(lane->lanes->rpc->lane_wq, &lane->runner[i].work);
		return;
	}
	WARN_ON_ONCE(1);
}

/* May this runner go and run a handler, which may sleep for long? */
static bool may_leave(struct lane *lane)
{
	int i, spare = 0;

	if (atomic_read(&lane->lanes->rpc->handling_runners) >= HANDLING_MAX)
		return false;

	spin_lock_bh(&lane->lock);
	for (i = 0; i < RUNNERS; i++)
		spare += !lane->runner[i].busy;
	spin_unlock_bh(&lane->lock);
	return spare;
}

/* Something came: who reads looks again, or somebody begins to. */
static void read_more(struct lane *lane)
{
	spin_lock_bh(&lane->lock);
	if (lane->reading) {
		lane->more = true;
		if (lane->reader)
			wake_up_process(lane->reader);
	} else if (READ_ONCE(lane->lanes->open)) {
		start_runner(lane);
	}
	spin_unlock_bh(&lane->lock);
}

static void lane_data_ready(struct sock *sk)
{
	struct lane *lane;

	read_lock_bh(&sk->sk_callback_lock);
	lane = sk->sk_user_data;
	if (lane)
		read_more(lane);
	read_unlock_bh(&sk->sk_callback_lock);
}

/* Connected, ended, or room to send again. */
static void lane_change(struct sock *sk)
{
	struct lane *lane;

	read_lock_bh(&sk->sk_callback_lock);
	lane = sk->sk_user_data;
	if (lane) {
		queue_sender(lane);
		read_more(lane);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

static void attach(struct lane *lane)
{
	struct sock *sk = lane->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	lane->data_ready = sk->sk_data_ready;
	lane->state_change = sk->sk_state_change;
	lane->write_space = sk->sk_write_space;
	sk->sk_data_ready = lane_data_ready;
	sk->sk_state_change = lane_change;
	sk->sk_write_space = lane_change;
	sk->sk_user_data = lane;
	write_unlock_bh(&sk->sk_callback_lock);
}

static void detach(struct lane *lane)
{
	struct sock *sk = lane->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	sk->sk_data_ready = lane->data_ready;
	sk->sk_state_change = lane->state_change;
	sk->sk_write_space = lane->write_space;
	write_unlock_bh(&sk->sk_callback_lock);
}

static int send_bytes(struct lane *lane, void *buf, size_t len)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	int ret = kernel_sendmsg(lane->sock, &msg, &vec, 1, len);

	/* Not connected yet; a connection that ended has another error. */
	if (ret == -ENOTCONN)
		return -EAGAIN;
	if (ret < 0)
		return ret;
	return ret == (int)len ? 0 : -EIO;
}

/* Bytes of the first message that may go now, 0 when none may. */
static size_t next_piece(struct lane *lane, struct ssi_message **message)
{
	size_t len = 0;

	lockdep_assert_held(&lane->send_lock);
	spin_lock_bh(&lane->lock);
	*message = list_first_entry_or_null(&lane->queue, struct ssi_message,
					    link);
	if (*message)
		len = (*message)->len - lane->sent;
	if (lane->which == SSI_LANE_BULK) {
		len = min_t(size_t, len, PIECE_BYTES);
		if (lane->in_flight + (s64)len > WINDOW_BYTES)
			len = 0;
		lane->in_flight += len;
	}
	spin_unlock_bh(&lane->lock);
	return len;
}

static void piece_gone(struct lane *lane, struct ssi_message *message,
		       size_t len)
{
	lockdep_assert_held(&lane->send_lock);
	lane->sent += len;
	if (lane->sent < message->len)
		return;
	lane->sent = 0;
	spin_lock_bh(&lane->lock);
	list_del(&message->link);
	lane->queued_bytes -= message->len;
	spin_unlock_bh(&lane->lock);
	kvfree(message);
}

static void piece_stays(struct lane *lane, size_t len)
{
	if (lane->which != SSI_LANE_BULK)
		return;
	spin_lock_bh(&lane->lock);
	lane->in_flight -= len;
	spin_unlock_bh(&lane->lock);
}

/* Return: 0 when all is sent, -EAGAIN when an event has to come, its error. */
static int send_queue(struct lane *lane)
{
	struct ssi_message *message;
	size_t len;
	int err;

	while ((len = next_piece(lane, &message))) {
		err = send_bytes(lane, message->data + lane->sent, len);
		if (err) {
			piece_stays(lane, len);
			return err;
		}
		piece_gone(lane, message, len);
		if (lane->which == SSI_LANE_BULK)
			cond_resched();
	}
	return message ? -EAGAIN : 0;
}

static bool has_queued(struct lane *lane)
{
	bool queued;

	spin_lock_bh(&lane->lock);
	queued = !list_empty(&lane->queue);
	spin_unlock_bh(&lane->lock);
	return queued;
}

static void sender_work(struct work_struct *work)
{
	struct lane *lane = container_of(work, struct lane, send_work);
	int err = 0;

	/* Not by trying: who holds it may have met the end of the room. */
	mutex_lock(&lane->send_lock);
	if (!READ_ONCE(lane->lanes->ended))
		err = send_queue(lane);
	mutex_unlock(&lane->send_lock);
	if (err && err != -EAGAIN)
		fail(lane, err);
	ssi_lanes_put(lane->lanes);
}

/**
 * ssi_lanes_flush() - send what is queued
 * @lanes: the caller has a reference
 * @which: the lane
 * @gfp: may the caller sleep?
 * Context: any but hard interrupts, as @gfp says; does not wait for the node.
 */
void ssi_lanes_flush(struct ssi_lanes *lanes, enum ssi_lane which, gfp_t gfp)
{
	struct lane *lane = &lanes->lane[which];
	int err = 0;

	if (which == SSI_LANE_BULK || !gfpflags_allow_blocking(gfp)) {
		queue_sender(lane);
		return;
	}
	/* Who has the lock looks again after it has let go. */
	while (!err && has_queued(lane) && mutex_trylock(&lane->send_lock)) {
		if (!READ_ONCE(lanes->ended))
			err = send_queue(lane);
		else
			err = -EAGAIN;
		mutex_unlock(&lane->send_lock);
	}
	if (err && err != -EAGAIN)
		fail(lane, err);
}

static void queue_on(struct lane *lane, struct ssi_message *message)
{
	bool full;

	atomic_inc(&lane->lanes->rpc->counters.sent);
	if (message)
		trace_ssi_send(lane->lanes->node, ssi_frame_type(message->data),
			       message->len);
	spin_lock_bh(&lane->lock);
	full = lane->queued_bytes > QUEUE_MAX_BYTES;
	if (message) {
		list_add_tail(&message->link, &lane->queue);
		lane->queued_bytes += message->len;
	}
	spin_unlock_bh(&lane->lock);
	if (!message || full)
		fail(lane, -ENOBUFS);
}

/**
 * ssi_lanes_queue() - have a frame sent by the next ssi_lanes_flush()
 * @lanes: the caller has a reference
 * @message: consumed; NULL when there was no memory, which ends the link
 * Context: any but hard interrupts.
 * Return: the lane to flush.
 */
enum ssi_lane ssi_lanes_queue(struct ssi_lanes *lanes,
			      struct ssi_message *message)
{
	enum ssi_lane which = SSI_LANE_CALL;

	if (message && message->len > SSI_LANE_CALL_MAX_LEN)
		which = SSI_LANE_BULK;
	queue_on(&lanes->lane[which], message);
	return which;
}

static int receive_bytes(struct lane *lane, void *buf, size_t len, bool *end)
{
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = { };
	int ret;

	/* With MSG_EOR TIPC keeps what is left of a message for the next time. */
	ret = kernel_recvmsg(lane->sock, &msg, &vec, 1, len,
			     MSG_DONTWAIT | MSG_EOR);
	*end = msg.msg_flags & MSG_EOR;
	return ret ?: -ESHUTDOWN;
}

static void send_credit(struct lane *lane)
{
	struct ssi_lanes *lanes = lane->lanes;
	struct ssi_message *message;

	message = ssi_message_create(sizeof(struct ssi_frame_credit),
				     GFP_KERNEL);
	if (message)
		ssi_frame_put_credit(message->data, lane->taken);
	lane->taken = 0;
	ssi_lanes_queue(lanes, message);
	ssi_lanes_flush(lanes, SSI_LANE_CALL, GFP_KERNEL);
}

static void count_taken(struct lane *lane, size_t bytes)
{
	if (lane->which != SSI_LANE_BULK)
		return;
	lane->taken += bytes;
	if (lane->taken >= CREDIT_BYTES)
		send_credit(lane);
}

static int receive_credit(struct lane *lane, size_t len)
{
	struct lane *bulk = &lane->lanes->lane[SSI_LANE_BULK];
	bool right = false;
	u64 bytes;

	if (lane->which != SSI_LANE_CALL ||
	    ssi_frame_get_credit(lane->head, len, &bytes))
		return -EBADMSG;
	spin_lock_bh(&bulk->lock);
	if (bytes <= WINDOW_BYTES && (s64)bytes <= bulk->in_flight) {
		bulk->in_flight -= bytes;
		right = true;
	}
	spin_unlock_bh(&bulk->lock);
	if (!right)
		return -EPROTO;
	queue_sender(bulk);
	return 0;
}

static int begin_call(struct lane *lane)
{
	struct ssi_lanes *lanes = lane->lanes;
	struct ssi_call_info info;
	struct ssi_request *request;

	if (ssi_frame_get_call(lane->head, &info))
		return -EBADMSG;
	request = ssi_service_prepare(lanes->rpc, lanes->node,
				      lanes->incarnation, &info,
				      lane->len - SSI_FRAME_HEAD_LEN,
				      GFP_KERNEL);
	/* Without memory for a call there may be none for its refusal. */
	if (IS_ERR(request))
		return PTR_ERR(request);
	lane->request = request;
	return 0;
}

/* Return: 0 or what is wrong. */
static int begin_frame(struct lane *lane)
{
	struct ssi_lanes *lanes = lane->lanes;
	bool end;
	int ret = receive_bytes(lane, lane->head, sizeof(lane->head), &end);
	int type, err;

	if (ret < 0)
		return ret;
	type = ssi_frame_begin(lane->head, ret, &lane->len);
	if (type < 0 || ((size_t)ret == lane->len && !end))
		return type < 0 ? type : -EBADMSG;
	atomic_inc(&lanes->rpc->counters.received);
	trace_ssi_receive(lanes->node, type, lane->len);
	count_taken(lane, ret);
	if (type == SSI_FRAME_CREDIT)
		return receive_credit(lane, ret);
	lane->got = ret;
	err = type == SSI_FRAME_CALL ? begin_call(lane) :
	      ssi_frame_get_reply(lane->head, &lane->reply);
	if (!err)
		lane->type = type;
	return err;
}

/* Return: bytes received, negative when none, or what is wrong. */
static int receive_piece(struct lane *lane, bool *end)
{
	struct ssi_lanes *lanes = lane->lanes;
	size_t at = lane->got - SSI_FRAME_HEAD_LEN;
	size_t len = lane->len - lane->got;
	struct ssi_call *call;
	int ret;

	if (lane->type == SSI_FRAME_CALL)
		return receive_bytes(lane, ssi_service_data(lane->request) + at,
				     len, end);
	call = ssi_call_pin(lanes->rpc, lanes->node, &lane->reply);
	if (!call)
		return receive_bytes(lane, lane->scratch,
				     min_t(size_t, len, SCRATCH_BYTES), end);
	ret = receive_bytes(lane, call->out + at, len, end);
	ssi_call_unpin(call);
	return ret;
}

static int skip_hello(struct lane *lane)
{
	bool end;
	int ret = receive_bytes(lane, lane->scratch, SCRATCH_BYTES, &end);

	if (ret < 0)
		return ret;
	lane->skip = false;
	return end && ssi_frame_check(lane->scratch, ret) == SSI_FRAME_HELLO ?
	       0 : -EBADMSG;
}

/*
 * Return: 0, and @request when a CALL is complete; -EAGAIN when there is no
 * more; what is wrong.
 */
static int receive_some(struct lane *lane, struct ssi_request **request)
{
	struct ssi_lanes *lanes = lane->lanes;
	bool end = true;
	int ret;

	*request = NULL;
	if (lane->skip)
		return skip_hello(lane);
	if (!lane->type) {
		ret = begin_frame(lane);
		if (ret || !lane->type)
			return ret;
	}
	if (lane->got < lane->len) {
		ret = receive_piece(lane, &end);
		if (ret < 0)
			return ret;
		lane->got += ret;
		count_taken(lane, ret);
		if (lane->got < lane->len)
			return 0;
	}
	if (!end)
		return -EBADMSG;
	if (lane->type == SSI_FRAME_CALL)
		*request = lane->request;
	else
		ssi_call_receive_reply(lanes->rpc, lanes->node, &lane->reply);
	lane->request = NULL;
	lane->type = 0;
	return 0;
}

/*
 * Read until there is no more.  Requests go to workers, but one that comes
 * alone is returned to who @may_run it.
 */
static struct ssi_request *read_frames(struct lane *lane, bool may_run)
{
	struct sk_buff_head *queue = &lane->sock->sk->sk_receive_queue;
	struct ssi_lanes *lanes = lane->lanes;
	struct ssi_request *request;
	int err;

	while (!READ_ONCE(lanes->ended) && !READ_ONCE(lane->failed) &&
	       !READ_ONCE(lanes->rpc->fenced)) {
		err = receive_some(lane, &request);
		if (err == -EAGAIN)
			break;
		if (err)
			fail(lane, err);
		if (!request)
			continue;
		if (may_run && skb_queue_empty_lockless(queue) &&
		    may_leave(lane))
			return request;
		ssi_service_submit(request);
	}
	return NULL;
}

/* Return: false when something came meanwhile, and the caller still reads. */
static bool end_reading(struct lane *lane)
{
	bool more;

	spin_lock_bh(&lane->lock);
	more = lane->more;
	lane->more = false;
	if (!more)
		lane->reading = false;
	spin_unlock_bh(&lane->lock);
	return !more;
}

/* Something else is to be done; what came meanwhile is for the next one. */
static void leave_reading(struct lane *lane)
{
	spin_lock_bh(&lane->lock);
	lane->reading = false;
	lane->reader = NULL;
	if (lane->more && !READ_ONCE(lane->lanes->ended))
		start_runner(lane);
	spin_unlock_bh(&lane->lock);
}

static void runner_work(struct work_struct *work)
{
	struct runner *runner = container_of(work, struct runner, work);
	struct lane *lane = runner->lane;
	struct ssi_request *request;

	do {
		request = read_frames(lane, lane->which == SSI_LANE_CALL);
		if (request) {
			atomic_inc(&lane->lanes->rpc->handling_runners);
			leave_reading(lane);
			ssi_service_run(request);
			atomic_dec(&lane->lanes->rpc->handling_runners);
			break;
		}
	} while (!end_reading(lane));
	spin_lock_bh(&lane->lock);
	runner->busy = false;
	spin_unlock_bh(&lane->lock);
	ssi_lanes_put(lane->lanes);
}

static bool begin_reading(struct lane *lane)
{
	bool begun;

	spin_lock_bh(&lane->lock);
	begun = !lane->reading && READ_ONCE(lane->lanes->open);
	if (begun) {
		lane->reading = true;
		lane->more = false;
		lane->reader = current;
	}
	spin_unlock_bh(&lane->lock);
	return begun;
}

static bool has_more(struct lane *lane)
{
	bool more;

	spin_lock_bh(&lane->lock);
	more = lane->more;
	lane->more = false;
	spin_unlock_bh(&lane->lock);
	return more;
}

/**
 * ssi_lanes_read() - read until a call has ended, if nobody else reads
 * @lanes: of the node that is called; the caller has a reference
 * @call: call->reader is the caller, so that its end wakes it
 * @left: jiffies to wait
 * Context: process context, sleeps; killable.
 * Return: jiffies left; the call may still be under way when it is > 0.
 */
long ssi_lanes_read(struct ssi_lanes *lanes, struct ssi_call *call, long left)
{
	struct lane *lane = &lanes->lane[SSI_LANE_CALL];

	if (!begin_reading(lane))
		return left;
	for (;;) {
		read_frames(lane, false);
		set_current_state(TASK_KILLABLE);
		if (completion_done(&call->done) || READ_ONCE(lanes->ended) ||
		    READ_ONCE(lane->failed) || fatal_signal_pending(current))
			break;
		if (has_more(lane)) {
			__set_current_state(TASK_RUNNING);
			continue;
		}
		left = schedule_timeout(left);
		if (!left)
			break;
	}
	__set_current_state(TASK_RUNNING);
	leave_reading(lane);
	return left;
}

static void init_lane(struct ssi_lanes *lanes, enum ssi_lane which)
{
	struct lane *lane = &lanes->lane[which];
	int i;

	lane->lanes = lanes;
	lane->which = which;
	mutex_init(&lane->send_lock);
	spin_lock_init(&lane->lock);
	INIT_LIST_HEAD(&lane->queue);
	INIT_WORK(&lane->send_work, sender_work);
	for (i = 0; i < RUNNERS; i++) {
		lane->runner[i].lane = lane;
		INIT_WORK(&lane->runner[i].work, runner_work);
	}
}

/**
 * ssi_lanes_create() - prepare for the lanes to a node
 * @rpc: this node's
 * @control: the connection to that node, which ends when a lane fails
 * @node: the node
 * @incarnation: its life
 * Context: process context, rpc->lock held.
 * Return: to be undone with ssi_lanes_end(); NULL when there is no memory.
 */
struct ssi_lanes *ssi_lanes_create(struct ssi_rpc *rpc,
				   struct ssi_conn *control, u16 node,
				   u64 incarnation)
{
	struct ssi_lanes *lanes = kzalloc(sizeof(*lanes), GFP_KERNEL);
	int i;

	if (!lanes)
		return NULL;
	kref_init(&lanes->ref);
	INIT_WORK(&lanes->free_work, lanes_free);
	lanes->rpc = rpc;
	lanes->control = ssi_conn_get(control);
	lanes->node = node;
	lanes->incarnation = incarnation;
	for (i = 0; i < SSI_LANES; i++)
		init_lane(lanes, i);
	return lanes;
}

/**
 * ssi_lanes_get() - keep lanes
 * @lanes: what somebody else keeps
 * Return: @lanes.
 */
struct ssi_lanes *ssi_lanes_get(struct ssi_lanes *lanes)
{
	kref_get(&lanes->ref);
	return lanes;
}

/**
 * ssi_lanes_put() - let go of lanes
 * @lanes: what the caller has a reference to
 * Context: any.
 */
void ssi_lanes_put(struct ssi_lanes *lanes)
{
	kref_put(&lanes->ref, lanes_release);
}

/**
 * ssi_lanes_add() - here is the connection of a lane
 * @lanes: without that lane
 * @which: the lane
 * @sock: connected, or connecting; consumed
 * @first: LANE, which introduces us; NULL when we were called
 * Context: process context, rpc->lock held.
 */
void ssi_lanes_add(struct ssi_lanes *lanes, enum ssi_lane which,
		   struct socket *sock, struct ssi_message *first)
{
	struct lane *lane = &lanes->lane[which];

	lockdep_assert_held(&lanes->rpc->lock);
	lane->sock = sock;
	if (which == SSI_LANE_BULK)
		ssi_conn_set_importance(sock, TIPC_LOW_IMPORTANCE);
	if (first) {
		/* Who is called says hello, not knowing what this is. */
		lane->skip = true;
		/* It is taken before there is a lane that could count it. */
		if (which == SSI_LANE_BULK)
			lane->in_flight = -(s64)first->len;
		queue_on(lane, first);
	}
	attach(lane);
	queue_sender(lane);
}

/**
 * ssi_lanes_has() - is that lane there?
 * @lanes: the lanes
 * @which: the lane
 * Context: rpc->lock held.
 * Return: true when it is.
 */
bool ssi_lanes_has(const struct ssi_lanes *lanes, enum ssi_lane which)
{
	lockdep_assert_held(&lanes->rpc->lock);
	return lanes->lane[which].sock;
}

/**
 * ssi_lanes_complete() - are all lanes there?
 * @lanes: the lanes
 * Context: rpc->lock held.
 * Return: true when they are.
 */
bool ssi_lanes_complete(const struct ssi_lanes *lanes)
{
	int i;

	for (i = 0; i < SSI_LANES; i++)
		if (!ssi_lanes_has(lanes, i))
			return false;
	return true;
}

/**
 * ssi_lanes_open() - begin to take what comes
 * @lanes: complete
 * Context: rpc->lock held.
 */
void ssi_lanes_open(struct ssi_lanes *lanes)
{
	int i;

	lockdep_assert_held(&lanes->rpc->lock);
	WRITE_ONCE(lanes->open, true);
	for (i = 0; i < SSI_LANES; i++)
		read_more(&lanes->lane[i]);
}

/**
 * ssi_lanes_end() - end all lanes
 * @lanes: the caller's reference is consumed; nobody finds it any more
 *
 * Whoever is sending or reading notices, and lets go a little later.
 *
 * Context: process context, rpc->lock held.
 */
void ssi_lanes_end(struct ssi_lanes *lanes)
{
	struct lane *lane;
	int i;

	lockdep_assert_held(&lanes->rpc->lock);
	WRITE_ONCE(lanes->ended, true);
	for (i = 0; i < SSI_LANES; i++) {
		lane = &lanes->lane[i];
		if (!lane->sock)
			continue;
		/* Closed later: TIPC may wait for a peer that does not read. */
		detach(lane);
		spin_lock_bh(&lane->lock);
		if (lane->reader)
			wake_up_process(lane->reader);
		spin_unlock_bh(&lane->lock);
	}
	ssi_lanes_put(lanes);
}
