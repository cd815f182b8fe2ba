/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conn.h: TIPC sockets that never block (see conn.c).
 */
#ifndef _SSI_CONN_H
#define _SSI_CONN_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct mutex;
struct sock;
struct socket;
struct ssi_conn;

/**
 * struct ssi_conn_ops - what the owner of a connection wants to hear
 * @accepted: listening only: a new connection, now the callee's
 * @received: a message, @len bytes at @buf, valid during the call
 * @ended: no more messages; @err is -ESHUTDOWN when the peer ended it in good
 *	order, another negative errno when it died or broke; the owner has to
 *	call ssi_conn_destroy(), now or later
 *
 * Called from the connection's workqueue with its lock held; may destroy the
 * connection.
 */
struct ssi_conn_ops {
	void (*accepted)(struct ssi_conn *conn, struct socket *sock);
	void (*received)(struct ssi_conn *conn, const void *buf, size_t len);
	void (*ended)(struct ssi_conn *conn, int err);
};

/**
 * struct ssi_conn_context - where connections run
 * @wq: ordered workqueue, flushed before any of this goes away
 * @lock: protects every connection of this context
 * @buf: SSI_FRAME_MAX_LEN bytes to receive into, protected by @lock
 */
struct ssi_conn_context {
	struct workqueue_struct *wq;
	struct mutex *lock;
	void *buf;
};

/**
 * struct ssi_conn - one socket
 * @ref: one of the owner, one of the queued work
 * @context: where it runs
 * @sock: the socket; NULL once destroyed
 * @ops: the owner's
 * @owner: for the owner
 * @work: runs when the socket has something
 * @queue_lock: protects the next three; innermost
 * @queue: of &struct ssi_message, not yet taken by TIPC
 * @queued_bytes: length of all in @queue
 * @err: found while sending, to be told from @work
 * @failed: found by others, to be told when all that came has been read
 * @listening: accepts connections instead of receiving messages
 * @connected: messages can flow
 * @ended: ops->ended was called
 * @data_ready: the socket's own callback
 * @state_change: the socket's own callback
 * @write_space: the socket's own callback
 *
 * What no other lock protects is protected by context->lock.
 */
struct ssi_conn {
	struct kref ref;
	struct ssi_conn_context *context;
	struct socket *sock;
	const struct ssi_conn_ops *ops;
	void *owner;
	struct work_struct work;
	spinlock_t queue_lock;
	struct list_head queue;
	size_t queued_bytes;
	int err;
	int failed;
	bool listening;
	bool connected;
	bool ended;
	void (*data_ready)(struct sock *sk);
	void (*state_change)(struct sock *sk);
	void (*write_space)(struct sock *sk);
};

/**
 * struct ssi_message - a message on its way out
 * @link: in the queue of a connection or lane
 * @len: length of @data
 * @data: the message
 */
struct ssi_message {
	struct list_head link;
	size_t len;
	u8 data[];
};

struct ssi_conn *ssi_conn_create(struct ssi_conn_context *context,
				 struct socket *sock, bool listening,
				 const struct ssi_conn_ops *ops, void *owner);
void ssi_conn_destroy(struct ssi_conn *conn);
struct ssi_conn *ssi_conn_get(struct ssi_conn *conn);
void ssi_conn_put(struct ssi_conn *conn);
struct socket *ssi_conn_take(struct ssi_conn *conn);
void ssi_conn_fail(struct ssi_conn *conn, int err);
void ssi_conn_set_importance(struct socket *sock, u32 importance);
struct ssi_message *ssi_message_create(size_t len, gfp_t gfp);
void ssi_conn_queue(struct ssi_conn *conn, struct ssi_message *message);
void ssi_conn_send(struct ssi_conn *conn, const void *buf, size_t len);

#endif /* _SSI_CONN_H */
