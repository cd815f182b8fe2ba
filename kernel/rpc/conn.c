// SPDX-License-Identifier: GPL-2.0-only
/*
 * conn.c: TIPC sockets that never block.
 *
 * Owns a socket, the messages that wait to go out and the work that runs when
 * something can be read, written or accepted.  Knows nothing of what the
 * messages mean.
 *
 * TIPC calls sk_data_ready, sk_state_change and sk_write_space in softirq
 * context; they only queue the work.  The work takes the lock, and reads and
 * writes until the socket has no more.  So no thread sleeps in a socket, and
 * stopping needs to wake none.
 */
#include "conn.h"

#include "frame.h"

#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/tipc.h>
#include <net/sock.h>

/* A peer that lets so much pile up does not read any more. */
#define QUEUE_MAX_BYTES		(4 * 1024 * 1024)

/* Messages read in one go, before another connection's turn. */
#define RECEIVE_BATCH		64

static void conn_release(struct kref *ref)
{
	kfree(container_of(ref, struct ssi_conn, ref));
}

static void conn_wake(struct ssi_conn *conn)
{
	kref_get(&conn->ref);
	if (!queue_work(conn->context->wq, &conn->work))
		kref_put(&conn->ref, conn_release);
}

/* All three callbacks; sk_user_data is NULL once the owner has let go. */
static void conn_event(struct sock *sk)
{
	struct ssi_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = sk->sk_user_data;
	if (conn)
		conn_wake(conn);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void conn_attach(struct ssi_conn *conn)
{
	struct sock *sk = conn->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	conn->data_ready = sk->sk_data_ready;
	conn->state_change = sk->sk_state_change;
	conn->write_space = sk->sk_write_space;
	sk->sk_data_ready = conn_event;
	sk->sk_state_change = conn_event;
	sk->sk_write_space = conn_event;
	sk->sk_user_data = conn;
	write_unlock_bh(&sk->sk_callback_lock);
}

static void conn_detach(struct ssi_conn *conn)
{
	struct sock *sk = conn->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	sk->sk_data_ready = conn->data_ready;
	sk->sk_state_change = conn->state_change;
	sk->sk_write_space = conn->write_space;
	write_unlock_bh(&sk->sk_callback_lock);
}

static void accept_all(struct ssi_conn *conn)
{
	struct socket *sock;

	while (conn->sock && !kernel_accept(conn->sock, &sock, O_NONBLOCK))
		conn->ops->accepted(conn, sock);
}

/* Return: 0 when a connection is there, -EAGAIN when not yet, its error. */
static int check_connected(struct ssi_conn *conn)
{
	struct sockaddr_storage addr;

	if (conn->connected)
		return 0;
	if (kernel_getpeername(conn->sock, (struct sockaddr *)&addr) >= 0)
		conn->connected = true;
	else
		return sock_error(conn->sock->sk) ?: -EAGAIN;
	return 0;
}

static int send_one(struct ssi_conn *conn, struct ssi_message *out)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	struct kvec vec = { .iov_base = out->data, .iov_len = out->len };
	int ret = kernel_sendmsg(conn->sock, &msg, &vec, 1, out->len);

	if (ret < 0)
		return ret;
	return ret == (int)out->len ? 0 : -EIO;
}

/* What TIPC does not take now stays first in the queue. */
static int send_queue(struct ssi_conn *conn)
{
	struct ssi_message *out;
	int err = 0;

	spin_lock_bh(&conn->queue_lock);
	while (!err && !list_empty(&conn->queue)) {
		out = list_first_entry(&conn->queue, struct ssi_message, link);
		/* Only this function takes out, and context->lock is held. */
		spin_unlock_bh(&conn->queue_lock);
		err = send_one(conn, out);
		spin_lock_bh(&conn->queue_lock);
		if (err)
			break;
		list_del(&out->link);
		conn->queued_bytes -= out->len;
		kvfree(out);
	}
	spin_unlock_bh(&conn->queue_lock);
	return err == -EAGAIN ? 0 : err;
}

/* Return: 0 when all was read; 1 when there may be more; its error. */
static int receive_all(struct ssi_conn *conn)
{
	struct ssi_conn_context *context = conn->context;
	struct kvec vec;
	unsigned int i;
	int ret;

	for (i = 0; i < RECEIVE_BATCH; i++) {
		struct msghdr msg = { };

		vec.iov_base = context->buf;
		vec.iov_len = SSI_FRAME_MAX_LEN;
		ret = kernel_recvmsg(conn->sock, &msg, &vec, 1,
				     SSI_FRAME_MAX_LEN, MSG_DONTWAIT);
		if (ret == -EAGAIN)
			return 0;
		if (ret <= 0)
			return ret ?: -ESHUTDOWN;
		if (msg.msg_flags & MSG_TRUNC)
			return -EMSGSIZE;
		conn->ops->received(conn, context->buf, ret);
		if (!conn->sock)
			return 0;
	}
	conn_wake(conn);
	return 1;
}

static void conn_run(struct ssi_conn *conn)
{
	int err = READ_ONCE(conn->err), failed = READ_ONCE(conn->failed);
	bool more = false;

	if (!conn->sock || conn->ended)
		return;
	if (conn->listening) {
		accept_all(conn);
		return;
	}
	if (!err)
		err = check_connected(conn);
	/* What came before the end is still to be read. */
	if (!err) {
		err = receive_all(conn);
		if (!conn->sock)
			return;
		more = err > 0;
		err = min(err, 0);
	}
	if (!err)
		err = send_queue(conn);
	if (!err && !more)
		err = failed;
	if (!err || err == -EAGAIN)
		return;
	conn->ended = true;
	conn->ops->ended(conn, err);
}

static void conn_work(struct work_struct *work)
{
	struct ssi_conn *conn = container_of(work, struct ssi_conn, work);

	mutex_lock(conn->context->lock);
	conn_run(conn);
	mutex_unlock(conn->context->lock);
	kref_put(&conn->ref, conn_release);
}

/**
 * ssi_conn_create() - take a socket over
 * @context: where it runs
 * @sock: connected, connecting or listening TIPC socket; consumed on success
 * @listening: is it a listening one?
 * @ops: the owner's
 * @owner: kept in conn->owner
 * Context: process context, context->lock held.
 * Return: the connection, to be undone with ssi_conn_destroy(); NULL when
 *	there is no memory.
 */
struct ssi_conn *ssi_conn_create(struct ssi_conn_context *context,
				 struct socket *sock, bool listening,
				 const struct ssi_conn_ops *ops, void *owner)
{
	struct ssi_conn *conn;

	lockdep_assert_held(context->lock);
	conn = kzalloc(sizeof(*conn), GFP_KERNEL);
	if (!conn)
		return NULL;
	kref_init(&conn->ref);
	INIT_WORK(&conn->work, conn_work);
	spin_lock_init(&conn->queue_lock);
	INIT_LIST_HEAD(&conn->queue);
	conn->context = context;
	conn->sock = sock;
	conn->listening = listening;
	conn->ops = ops;
	conn->owner = owner;
	conn_attach(conn);
	/* Something may have come before the callbacks were there. */
	conn_wake(conn);
	return conn;
}

/**
 * ssi_conn_destroy() - end a connection
 * @conn: the connection; not to be used again
 *
 * What is queued and can go out at once does; the peer sees an end in good
 * order.  Nobody may queue more.
 *
 * Context: process context, context->lock held; sleeps, some seconds when the
 *	peer does not read any more.
 */
void ssi_conn_destroy(struct ssi_conn *conn)
{
	struct socket *sock = conn->sock;
	struct ssi_message *out, *next;

	lockdep_assert_held(conn->context->lock);
	conn_detach(conn);
	if (!conn->listening && !conn->ended && !check_connected(conn)) {
		send_queue(conn);
		kernel_sock_shutdown(sock, SHUT_RDWR);
	}
	conn->sock = NULL;
	sock_release(sock);
	list_for_each_entry_safe(out, next, &conn->queue, link)
		kvfree(out);
	kref_put(&conn->ref, conn_release);
}

/**
 * ssi_conn_get() - keep a connection's memory
 * @conn: the connection, not destroyed yet
 * Return: @conn, for ssi_conn_fail(), and ssi_conn_put().
 */
struct ssi_conn *ssi_conn_get(struct ssi_conn *conn)
{
	kref_get(&conn->ref);
	return conn;
}

/**
 * ssi_conn_put() - let go of it
 * @conn: what ssi_conn_get() returned
 */
void ssi_conn_put(struct ssi_conn *conn)
{
	kref_put(&conn->ref, conn_release);
}

/**
 * ssi_conn_take() - take the socket away, and forget the connection
 * @conn: the connection, connected; not to be used again, on success
 *
 * What is queued goes out first: the other end counts on it.
 *
 * Context: process context, context->lock held.
 * Return: the socket, now the caller's; NULL when something can not go out now,
 *	and nothing has changed then.
 */
struct socket *ssi_conn_take(struct ssi_conn *conn)
{
	struct socket *sock = conn->sock;

	lockdep_assert_held(conn->context->lock);
	if (send_queue(conn) || conn->queued_bytes)
		return NULL;
	conn_detach(conn);
	conn->sock = NULL;
	kref_put(&conn->ref, conn_release);
	return sock;
}

/**
 * ssi_conn_fail() - a connection is of no more use
 * @conn: one that does not listen; destroyed or not
 * @err: negative errno for ops->ended, which is called from the workqueue when
 *	all that came before has been read
 * Context: any but hard interrupts; the caller keeps @conn.
 */
void ssi_conn_fail(struct ssi_conn *conn, int err)
{
	WRITE_ONCE(conn->failed, err);
	conn_wake(conn);
}

/**
 * ssi_conn_set_importance() - which messages TIPC refuses first
 * @sock: TIPC socket
 * @importance: TIPC_LOW_IMPORTANCE and so on
 *
 * No more than a hint: nothing depends on it.
 */
void ssi_conn_set_importance(struct socket *sock, u32 importance)
{
	sock->ops->setsockopt(sock, SOL_TIPC, TIPC_IMPORTANCE,
			      KERNEL_SOCKPTR(&importance), sizeof(importance));
}

/**
 * ssi_message_create() - make a message to queue
 * @len: not 0
 * @gfp: how to get memory
 * Return: the message, for ssi_conn_queue(), or kvfree(); NULL when there is no
 *	memory.
 */
struct ssi_message *ssi_message_create(size_t len, gfp_t gfp)
{
	struct ssi_message *message;

	message = kvmalloc(struct_size(message, data, len), gfp);
	if (message)
		message->len = len;
	return message;
}

/**
 * ssi_conn_queue() - send a message
 * @conn: a connection that does not listen
 * @message: consumed; NULL when there was no memory for it
 *
 * Never fails here: a message that can not be sent ends the connection, which
 * ops->ended tells from the workqueue.
 *
 * Context: any but hard interrupts; the caller knows that @conn is there.
 */
void ssi_conn_queue(struct ssi_conn *conn, struct ssi_message *message)
{
	spin_lock_bh(&conn->queue_lock);
	if (!message || conn->queued_bytes + message->len > QUEUE_MAX_BYTES) {
		kvfree(message);
		conn->err = -ENOBUFS;
	} else {
		list_add_tail(&message->link, &conn->queue);
		conn->queued_bytes += message->len;
	}
	spin_unlock_bh(&conn->queue_lock);
	conn_wake(conn);
}

/**
 * ssi_conn_send() - send a message
 * @conn: a connection that does not listen
 * @buf: the message, @len bytes, copied
 * @len: 1..SSI_FRAME_MAX_LEN
 * Context: process context, context->lock held; does not wait for the peer.
 */
void ssi_conn_send(struct ssi_conn *conn, const void *buf, size_t len)
{
	struct ssi_message *message = ssi_message_create(len, GFP_KERNEL);

	lockdep_assert_held(conn->context->lock);
	if (message)
		memcpy(message->data, buf, len);
	ssi_conn_queue(conn, message);
}
