// SPDX-License-Identifier: GPL-2.0-only
/*
 * peer.c: the other end of a connection, from hello to the end.
 *
 * Owns one record for each other machine that publishes a node of the session
 * and is ours to call (the lower node id calls), and one for each connection
 * that another made to us.  Owns the hello and who is turned away.  What a link is
 * good for is for the layer above, which hears of links and gets the control
 * records.
 *
 *	state       event                          next
 *	CALLING     connected, hello judged good   PROVING, or OPENING
 *	            hello judged bad, refused      REFUSED
 *	            LANE with a token of ours      gone, its socket is a lane
 *	            failed, no hello in time       RESTING
 *	PROVING     its proof is right             OPENING
 *	            its proof is wrong, refused    RESTING
 *	            failed, no proof in time       RESTING
 *	OPENING     LANEs came, or READY           LINKED, link_up
 *	            failed, not in time            RESTING
 *	LINKED      ended, malformed record        RESTING, link_down
 *	RESTING     time is up                     CALLING
 *	REFUSED     -
 *	any         publication withdrawn          gone, link_down if LINKED
 *
 * A peer that called us has no RESTING and no REFUSED: it is gone instead.
 * Refused for a duplicate node id or for its key rests, for the other machine
 * may go away, or get the key; another version only comes with another
 * publication.
 *
 * With security on, nothing that a hello says has a consequence before the
 * proof has come (auth.c has what it proves): any program on a machine of the
 * session may open a TIPC socket and say a hello.  Both ends send
 *
 *	hello (nonce, ids of keys)  ->   proof, when the other's hello came
 *
 * and go on when the other's proof is right.  An end sends its proof before all
 * else, so nothing overtakes it.  Then who was called makes a token by chance and
 * says it in LANES; the caller calls again, once for each lane, with the token in
 * LANE.  So a lane is bound to who proved, and on what connection, without a
 * proof of its own.
 */
#include "peer.h"

#include "call.h"
#include "discovery.h"
#include "frame.h"
#include "lane.h"
#include "memneq.h"
#include "rpc-private.h"

#include <ssi/trace.h>

#include <linux/net.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/tipc.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#define HELLO_TICKS		20	/* time to say hello */
#define REST_TICKS_MIN		2	/* first pause between two calls */
#define REST_TICKS_MAX		32	/* longest one */
#define REST_TICKS_LONG		8	/* until another goes, or has the key */
#define UNPROVEN_MAX		16	/* callers from one machine */

enum peer_state {
	PEER_CALLING,
	PEER_PROVING,
	PEER_OPENING,
	PEER_LINKED,
	PEER_RESTING,
	PEER_REFUSED,
};

/**
 * struct ssi_peer - the other end of a connection
 * @link: in rpc->peers
 * @rpc: this node's
 * @conn: NULL while RESTING or REFUSED
 * @state: see the table above
 * @outgoing: did we call?
 * @node: its node id; SSI_NODE_NONE while it has called and not said hello
 * @port: TIPC port it publishes, if @outgoing
 * @address: its TIPC address
 * @ticks: since @state
 * @rest_ticks: length of the next pause
 * @refusal: last reason that was logged
 * @machine: Ethernet address of its interface, once LINKED
 * @said: the hello that was sent
 * @theirs: the hello that came, from PROVING on
 * @expected: the proof that has to come, while PROVING
 * @lanes: from OPENING on
 * @token: that a LANE has to have, while OPENING, if not @outgoing
 *
 * Protected by rpc->lock.
 */
struct ssi_peer {
	struct list_head link;
	struct ssi_rpc *rpc;
	struct ssi_conn *conn;
	enum peer_state state;
	bool outgoing;
	u16 node;
	u32 port;
	u32 address;
	unsigned int ticks;
	unsigned int rest_ticks;
	enum ssi_refusal refusal;
	u8 machine[SSI_MACHINE_LEN];
	struct ssi_frame_hello said;
	struct ssi_hello theirs;
	u8 expected[SSI_HMAC_LEN];
	struct ssi_lanes *lanes;
	u8 token[SSI_TOKEN_LEN];
};

static const struct ssi_conn_ops peer_conn_ops;

static void set_state(struct ssi_peer *peer, enum peer_state state)
{
	peer->state = state;
	peer->ticks = 0;
}

static struct ssi_peer *create(struct ssi_rpc *rpc)
{
	struct ssi_peer *peer = kzalloc(sizeof(*peer), GFP_KERNEL);

	if (!peer)
		return NULL;
	peer->rpc = rpc;
	peer->node = SSI_NODE_NONE;
	peer->rest_ticks = REST_TICKS_MIN;
	list_add_tail(&peer->link, &rpc->peers);
	return peer;
}

static void unlink_node(struct ssi_peer *peer)
{
	struct ssi_rpc *rpc = peer->rpc;

	spin_lock_bh(&rpc->link_lock);
	rpc->linked[peer->node] = NULL;
	rpc->lanes[peer->node] = NULL;
	ssi_nodeset_remove(&rpc->links, peer->node);
	spin_unlock_bh(&rpc->link_lock);
}

/*
 * End the connection, if any, and tell that the node went, if it was one; @err
 * is why.
 */
static void disconnect(struct ssi_peer *peer, enum peer_state next, int err)
{
	struct ssi_rpc *rpc = peer->rpc;
	bool was_linked = peer->state == PEER_LINKED;

	set_state(peer, next);
	/* First, so that nobody queues on a connection that goes. */
	if (was_linked)
		unlink_node(peer);
	if (peer->conn)
		ssi_conn_destroy(peer->conn);
	peer->conn = NULL;
	/* Last, so that the other node first reads what was said before. */
	if (peer->lanes)
		ssi_lanes_end(peer->lanes);
	peer->lanes = NULL;
	if (!was_linked)
		return;
	atomic_inc(&rpc->counters.lost);
	ssi_call_fail(rpc, peer->node, -EHOSTDOWN);
	ssi_service_forget(rpc, peer->node);
	rpc->ops->link_down(rpc->context, peer->node, err);
}

static void destroy(struct ssi_peer *peer, int err)
{
	disconnect(peer, PEER_REFUSED, err);
	list_del(&peer->link);
	kfree(peer);
}

/* The connection is of no more use: try again later, or forget it. */
static void give_up(struct ssi_peer *peer, int err)
{
	if (!peer->outgoing)
		destroy(peer, err);
	else
		disconnect(peer, PEER_RESTING, err);
}

static void make_hello(struct ssi_rpc *rpc, struct ssi_hello *hello)
{
	memset(hello, 0, sizeof(*hello));
	hello->version = SSI_FRAME_VERSION;
	hello->session = rpc->params.session;
	hello->node = rpc->params.node;
	spin_lock_bh(&rpc->link_lock);
	hello->online = rpc->online;
	hello->incarnation = rpc->incarnation;
	spin_unlock_bh(&rpc->link_lock);
	static_assert(sizeof(SSI_BUILD) <= SSI_FRAME_BUILD_LEN);
	strscpy(hello->build, SSI_BUILD, sizeof(hello->build));
	memcpy(hello->machine, rpc->machine, sizeof(hello->machine));
}

/* What only the hello that is sent has. */
static void add_offer(struct ssi_rpc *rpc, struct ssi_hello *hello)
{
	int i;

	get_random_bytes(hello->nonce, sizeof(hello->nonce));
	for (i = 0; i < SSI_KEYS_MAX; i++)
		memcpy(hello->key_ids[i], rpc->keys.key[i].id, SSI_KEY_ID_LEN);
}

/* Takes @sock over, also on failure. */
static void greet(struct ssi_peer *peer, struct socket *sock)
{
	struct ssi_hello hello;

	set_state(peer, PEER_CALLING);
	peer->conn = ssi_conn_create(&peer->rpc->conn, sock, false,
				     &peer_conn_ops, peer);
	if (!peer->conn) {
		sock_release(sock);
		give_up(peer, -ENOMEM);
		return;
	}
	make_hello(peer->rpc, &hello);
	if (peer->rpc->params.secure)
		add_offer(peer->rpc, &hello);
	ssi_conn_send(peer->conn, &peer->said,
		      ssi_frame_put_hello(&peer->said, &hello));
}

static int connect_to(const struct ssi_peer *peer, struct socket **sock)
{
	struct sockaddr_tipc addr = {
		.family = AF_TIPC,
		.addrtype = TIPC_SOCKET_ADDR,
		.addr.id.ref = peer->port,
		.addr.id.node = peer->address,
	};
	int err;

	err = sock_create_kern(&init_net, AF_TIPC, SOCK_SEQPACKET, 0, sock);
	if (err)
		return err;
	err = kernel_connect(*sock, (struct sockaddr *)&addr, sizeof(addr),
			     O_NONBLOCK);
	if (!err || err == -EINPROGRESS)
		return 0;
	sock_release(*sock);
	return err;
}

static void call(struct ssi_peer *peer)
{
	struct socket *sock;

	if (connect_to(peer, &sock))
		set_state(peer, PEER_RESTING);
	else
		greet(peer, sock);
}

static void drop_malformed(struct ssi_peer *peer, int err)
{
	atomic_inc(&peer->rpc->counters.malformed);
	pr_warn_ratelimited("malformed record from TIPC address %x (%d), connection dropped\n",
			    peer->address, err);
	give_up(peer, err);
}

static void log_refusal(const struct ssi_peer *peer,
			const struct ssi_hello *theirs, enum ssi_refusal reason)
{
	switch (reason) {
	case SSI_REFUSAL_PROTOCOL:
		pr_err_ratelimited("node %u refused: protocol %u of module %s, here %u of %s\n",
				   theirs->node, theirs->version, theirs->build,
				   SSI_FRAME_VERSION, SSI_BUILD);
		break;
	case SSI_REFUSAL_BUILD:
		pr_err_ratelimited("node %u refused: it runs module version %s, this node %s\n",
				   theirs->node, theirs->build, SSI_BUILD);
		break;
	case SSI_REFUSAL_SESSION:
		pr_err_ratelimited("node %u refused: it is of session %u, this node of %u\n",
				   theirs->node, theirs->session,
				   peer->rpc->params.session);
		break;
	case SSI_REFUSAL_DUPLICATE:
		pr_err_ratelimited("node id %u is taken: machine at TIPC address %x refused\n",
				   theirs->node, peer->address);
		break;
	case SSI_REFUSAL_KEY:
		pr_err_ratelimited("TIPC address %x refused: it says to be node %u and has no key of ours\n",
				   peer->address, theirs->node);
		break;
	case SSI_REFUSAL_NONE:
		break;
	}
}

static void end_refused(struct ssi_peer *peer, enum ssi_refusal reason)
{
	peer->refusal = reason;
	if (reason == SSI_REFUSAL_DUPLICATE || reason == SSI_REFUSAL_KEY ||
	    !peer->outgoing) {
		peer->rest_ticks = REST_TICKS_LONG;
		give_up(peer, -ECONNREFUSED);
	} else {
		disconnect(peer, PEER_REFUSED, -ECONNREFUSED);
	}
}

static void send_refuse(struct ssi_peer *peer, enum ssi_refusal reason)
{
	u8 *buf = peer->rpc->frame_buf;

	ssi_conn_send(peer->conn, buf, ssi_frame_put_refuse(buf, reason));
	end_refused(peer, reason);
}

/*
 * A caller comes back; saying so once for its life is enough.  Without a proof
 * what it says of its life is worth nothing, and where it calls from counts.
 */
static bool is_news(struct ssi_peer *peer, const struct ssi_hello *theirs)
{
	struct ssi_rpc *rpc = peer->rpc;
	bool proven = !rpc->params.secure || peer->state >= PEER_PROVING;
	bool news = proven ? rpc->refused_incarnation != theirs->incarnation :
			     rpc->unproven_address != peer->address;

	if (proven)
		rpc->refused_incarnation = theirs->incarnation;
	else
		rpc->unproven_address = peer->address;
	return news;
}

static void refuse(struct ssi_peer *peer, const struct ssi_hello *theirs,
		   enum ssi_refusal reason)
{
	struct ssi_rpc *rpc = peer->rpc;

	if (is_news(peer, theirs))
		log_refusal(peer, theirs, reason);
	atomic_inc(&rpc->counters.refused);
	send_refuse(peer, reason);
}

static void refuse_unproven(struct ssi_peer *peer,
			    const struct ssi_hello *theirs)
{
	struct ssi_rpc *rpc = peer->rpc;

	set_state(peer, PEER_CALLING);	/* it has proved nothing */
	if (is_news(peer, theirs))
		log_refusal(peer, theirs, SSI_REFUSAL_KEY);
	atomic_inc(&rpc->counters.refused);
	atomic_inc(&rpc->counters.unproven);
	send_refuse(peer, SSI_REFUSAL_KEY);
}

/*
 * Is the node already linked?  The same machine called again before we saw
 * its old connection end, perhaps after a restart, with another TIPC address:
 * the old one is over.  Another machine: refused.
 */
static enum ssi_refusal check_rival(struct ssi_peer *peer,
				    const struct ssi_hello *theirs)
{
	struct ssi_peer *rival = peer->rpc->linked[theirs->node];

	if (!rival)
		return SSI_REFUSAL_NONE;
	if (memcmp(rival->machine, theirs->machine, sizeof(rival->machine)))
		return SSI_REFUSAL_DUPLICATE;
	give_up(rival, -ECONNRESET);
	return SSI_REFUSAL_NONE;
}

static void offer_lanes(struct ssi_peer *peer)
{
	u8 *buf = peer->rpc->frame_buf;

	get_random_bytes(peer->token, sizeof(peer->token));
	ssi_conn_send(peer->conn, buf, ssi_frame_put_lanes(buf, peer->token));
}

/* Whoever it is may come in; unless another one is it already. */
static void admit(struct ssi_peer *peer, const struct ssi_hello *theirs)
{
	struct ssi_rpc *rpc = peer->rpc;
	enum ssi_refusal reason;
	struct ssi_hello mine;

	make_hello(rpc, &mine);
	reason = ssi_hello_judge(&mine, theirs);
	if (reason == SSI_REFUSAL_DUPLICATE && ssi_hello_yields(&mine, theirs)) {
		ssi_rpc_fence(rpc, peer->address);
		return;
	}
	if (reason == SSI_REFUSAL_NONE)
		reason = check_rival(peer, theirs);
	if (reason != SSI_REFUSAL_NONE) {
		refuse(peer, theirs, reason);
		return;
	}
	peer->node = theirs->node;
	memcpy(peer->machine, theirs->machine, sizeof(peer->machine));
	ssi_conn_set_importance(peer->conn->sock, TIPC_HIGH_IMPORTANCE);
	set_state(peer, PEER_OPENING);
	peer->lanes = ssi_lanes_create(rpc, peer->conn, peer->node,
				       theirs->incarnation);
	if (!peer->lanes)
		give_up(peer, -ENOMEM);
	else if (!peer->outgoing)
		offer_lanes(peer);
}

/* All lanes are there.  Another call of the same node may have been faster. */
static void link_node(struct ssi_peer *peer)
{
	struct ssi_rpc *rpc = peer->rpc;
	enum ssi_refusal reason = check_rival(peer, &peer->theirs);

	if (reason != SSI_REFUSAL_NONE) {
		refuse(peer, &peer->theirs, reason);
		return;
	}
	peer->rest_ticks = REST_TICKS_MIN;
	peer->refusal = SSI_REFUSAL_NONE;
	set_state(peer, PEER_LINKED);
	spin_lock_bh(&rpc->link_lock);
	rpc->linked[peer->node] = peer;
	rpc->lanes[peer->node] = peer->lanes;
	rpc->link_incarnation[peer->node] = peer->theirs.incarnation;
	ssi_nodeset_add(&rpc->links, peer->node);
	spin_unlock_bh(&rpc->link_lock);
	rpc->ops->link_up(rpc->context, peer->node, peer->theirs.incarnation);
	ssi_lanes_open(peer->lanes);
}

static int name_ends(const struct ssi_peer *peer, const void *heard,
		     struct ssi_party *me, struct ssi_party *them)
{
	struct sockaddr_tipc addr;
	int ret;

	me->hello = (struct ssi_bytes){ &peer->said, sizeof(peer->said) };
	ret = kernel_getsockname(peer->conn->sock, (struct sockaddr *)&addr);
	if (ret < 0)
		return ret;
	me->port = addr.addr.id.ref;
	me->address = addr.addr.id.node;
	them->hello = (struct ssi_bytes){ heard, sizeof(peer->said) };
	ret = kernel_getpeername(peer->conn->sock, (struct sockaddr *)&addr);
	if (ret < 0)
		return ret;
	them->port = addr.addr.id.ref;
	them->address = addr.addr.id.node;
	return 0;
}

/* Their hello is @heard: say that we have the key, and know what they have to. */
static int send_proof(struct ssi_peer *peer, const struct ssi_key *key,
		      const void *heard)
{
	struct ssi_party me, them, *caller, *callee;
	u8 *buf = peer->rpc->frame_buf, proof[SSI_HMAC_LEN];
	int err = name_ends(peer, heard, &me, &them);

	if (err)
		return err;
	caller = peer->outgoing ? &me : &them;
	callee = peer->outgoing ? &them : &me;
	err = ssi_proof_make(key, peer->outgoing, caller, callee, proof) ?:
	      ssi_proof_make(key, !peer->outgoing, caller, callee,
			     peer->expected);
	if (err)
		return err;
	set_state(peer, PEER_PROVING);
	ssi_conn_send(peer->conn, buf, ssi_frame_put_proof(buf, proof));
	return 0;
}

static void receive_hello(struct ssi_peer *peer, const void *buf, size_t len)
{
	struct ssi_rpc *rpc = peer->rpc;
	const struct ssi_key *key;
	struct ssi_hello mine, theirs;
	enum ssi_refusal reason;
	int err;

	if (peer->state != PEER_CALLING ||
	    ssi_frame_get_hello(buf, len, &theirs) ||
	    (peer->outgoing && theirs.node != peer->node)) {
		drop_malformed(peer, -EBADMSG);
		return;
	}
	make_hello(rpc, &mine);
	reason = ssi_hello_judge(&mine, &theirs);
	if (reason != SSI_REFUSAL_NONE && reason != SSI_REFUSAL_DUPLICATE) {
		refuse(peer, &theirs, reason);
		return;
	}
	peer->theirs = theirs;
	if (!rpc->params.secure) {
		admit(peer, &theirs);
		return;
	}
	key = ssi_keys_common(&rpc->keys, theirs.key_ids, !peer->outgoing);
	if (!key) {
		refuse_unproven(peer, &theirs);
		return;
	}
	err = send_proof(peer, key, buf);
	if (err) {
		pr_err_ratelimited("no proof for TIPC address %x (%d)\n",
				   peer->address, err);
		give_up(peer, err);
	}
}

static void receive_proof(struct ssi_peer *peer, const void *buf, size_t len)
{
	u8 proof[SSI_HMAC_LEN];

	if (peer->state != PEER_PROVING ||
	    ssi_frame_get_proof(buf, len, proof)) {
		drop_malformed(peer, -EBADMSG);
		return;
	}
	if (ssi_proof_equal(proof, peer->expected))
		admit(peer, &peer->theirs);
	else
		refuse_unproven(peer, &peer->theirs);
}

static void receive_refuse(struct ssi_peer *peer, const void *buf, size_t len)
{
	static const char * const reasons[] = {
		[SSI_REFUSAL_PROTOCOL] = "other protocol version",
		[SSI_REFUSAL_BUILD] = "other module version",
		[SSI_REFUSAL_SESSION] = "other session",
		[SSI_REFUSAL_DUPLICATE] = "another machine has this node's id",
		[SSI_REFUSAL_KEY] = "this node has no key of its",
	};
	enum ssi_refusal reason;

	if (ssi_frame_get_refuse(buf, len, &reason)) {
		drop_malformed(peer, -EBADMSG);
		return;
	}
	if (peer->refusal != reason)
		pr_err_ratelimited("refused by TIPC address %x: %s (this module is version %s)\n",
				   peer->address, reasons[reason], SSI_BUILD);
	end_refused(peer, reason);
}

static void receive_control(struct ssi_peer *peer, const void *buf, size_t len)
{
	struct ssi_rpc *rpc = peer->rpc;
	const void *data;
	size_t data_len;
	int err = -EPROTO;

	if (peer->state == PEER_LINKED)
		err = ssi_frame_get_control(buf, len, &data, &data_len) ?:
		      rpc->ops->received(rpc->context, peer->node, data,
					 data_len);
	if (err)
		drop_malformed(peer, err);
}

/* Who was called wants to be called again, once for each lane. */
static void receive_lanes(struct ssi_peer *peer, const void *buf, size_t len)
{
	struct ssi_message *message;
	u8 token[SSI_TOKEN_LEN];
	struct socket *sock;
	int i, err;

	if (peer->state != PEER_OPENING || !peer->outgoing ||
	    ssi_lanes_complete(peer->lanes) ||
	    ssi_frame_get_lanes(buf, len, token)) {
		drop_malformed(peer, -EBADMSG);
		return;
	}
	for (i = 0; i < SSI_LANES; i++) {
		message = ssi_message_create(sizeof(struct ssi_frame_lane),
					     GFP_KERNEL);
		err = message ? connect_to(peer, &sock) : -ENOMEM;
		if (err) {
			kvfree(message);
			give_up(peer, err);
			return;
		}
		ssi_frame_put_lane(message->data, token, i);
		ssi_lanes_add(peer->lanes, i, sock, message);
	}
}

static struct ssi_peer *find_opening(const struct ssi_peer *lane,
				     const u8 *token)
{
	struct ssi_peer *peer;

	list_for_each_entry(peer, &lane->rpc->peers, link)
		if (peer->state == PEER_OPENING && !peer->outgoing &&
		    peer->address == lane->address &&
		    !crypto_memneq(peer->token, token, SSI_TOKEN_LEN))
			return peer;
	return NULL;
}

/* A connection turns out to be a lane of another one. */
static void receive_lane(struct ssi_peer *lane, const void *buf, size_t len)
{
	u8 token[SSI_TOKEN_LEN], *answer = lane->rpc->frame_buf;
	struct ssi_peer *peer = NULL;
	enum ssi_lane which;
	struct socket *sock;

	if (lane->state == PEER_CALLING && !lane->outgoing &&
	    !ssi_frame_get_lane(buf, len, token, &which))
		peer = find_opening(lane, token);
	if (!peer || ssi_lanes_has(peer->lanes, which)) {
		drop_malformed(lane, -EPROTO);
		return;
	}
	/* It may be so fast that our hello has not left yet. */
	sock = ssi_conn_take(lane->conn);
	if (!sock) {
		give_up(lane, -EAGAIN);
		return;
	}
	ssi_lanes_add(peer->lanes, which, sock, NULL);
	lane->conn = NULL;
	destroy(lane, 0);
	if (!ssi_lanes_complete(peer->lanes))
		return;
	ssi_conn_send(peer->conn, answer, ssi_frame_put_ready(answer));
	link_node(peer);
}

static void receive_ready(struct ssi_peer *peer, size_t len)
{
	if (len == sizeof(struct ssi_frame_header) &&
	    peer->state == PEER_OPENING && peer->outgoing &&
	    ssi_lanes_complete(peer->lanes))
		link_node(peer);
	else
		drop_malformed(peer, -EPROTO);
}

static void peer_received(struct ssi_conn *conn, const void *buf, size_t len)
{
	struct ssi_peer *peer = conn->owner;
	int type = ssi_frame_check(buf, len);

	if (peer->rpc->fenced)
		return;
	atomic_inc(&peer->rpc->counters.received);
	trace_ssi_receive(peer->node, type, len);
	switch (type) {
	case SSI_FRAME_HELLO:
		receive_hello(peer, buf, len);
		break;
	case SSI_FRAME_REFUSE:
		receive_refuse(peer, buf, len);
		break;
	case SSI_FRAME_PROOF:
		receive_proof(peer, buf, len);
		break;
	case SSI_FRAME_CONTROL:
		receive_control(peer, buf, len);
		break;
	case SSI_FRAME_LANES:
		receive_lanes(peer, buf, len);
		break;
	case SSI_FRAME_LANE:
		receive_lane(peer, buf, len);
		break;
	case SSI_FRAME_READY:
		receive_ready(peer, len);
		break;
	default:
		drop_malformed(peer, type < 0 ? type : -EPROTO);
	}
}

static void peer_ended(struct ssi_conn *conn, int err)
{
	give_up(conn->owner, err);
}

static const struct ssi_conn_ops peer_conn_ops = {
	.received = peer_received,
	.ended = peer_ended,
};

/**
 * ssi_peer_connect() - another machine publishes a node that is ours to call
 * @rpc: this node's
 * @node: node id it publishes
 * @port: its TIPC port
 * @address: its TIPC address
 * Context: rpc->lock held.
 */
void ssi_peer_connect(struct ssi_rpc *rpc, u16 node, u32 port,
		      u32 address)
{
	struct ssi_peer *peer;

	lockdep_assert_held(&rpc->lock);
	peer = create(rpc);
	if (!peer) {
		pr_err("no memory to talk to node %u\n", node);
		return;
	}
	peer->outgoing = true;
	peer->node = node;
	peer->port = port;
	peer->address = address;
	call(peer);
}

/**
 * ssi_peer_withdraw() - a machine no longer publishes its node
 * @rpc: this node's
 * @port: its TIPC port
 * @address: its TIPC address
 * Context: rpc->lock held.
 */
void ssi_peer_withdraw(struct ssi_rpc *rpc, u32 port, u32 address)
{
	struct ssi_peer *peer;

	lockdep_assert_held(&rpc->lock);
	list_for_each_entry(peer, &rpc->peers, link) {
		if (peer->outgoing && peer->port == port &&
		    peer->address == address) {
			destroy(peer, -EHOSTDOWN);
			return;
		}
	}
}

/*
 * A program that calls and says nothing must not take up all memory, nor keep
 * the node of its machine out: its oldest calls end.
 */
static void make_room(struct ssi_rpc *rpc, u32 address)
{
	struct ssi_peer *peer, *oldest = NULL;
	unsigned int n = 0;

	list_for_each_entry(peer, &rpc->peers, link) {
		if (peer->outgoing || peer->state == PEER_OPENING ||
		    peer->state == PEER_LINKED ||
		    peer->address != address)
			continue;
		if (!n++)
			oldest = peer;
	}
	if (n > UNPROVEN_MAX)
		destroy(oldest, -ETIMEDOUT);
}

/**
 * ssi_peer_accept() - a machine called us
 * @rpc: this node's
 * @sock: the connection, consumed
 * Context: rpc->lock held.
 */
void ssi_peer_accept(struct ssi_rpc *rpc, struct socket *sock)
{
	struct sockaddr_tipc addr;
	struct ssi_peer *peer = NULL;

	lockdep_assert_held(&rpc->lock);
	/* This machine itself has no reason to call, a local user might. */
	if (kernel_getpeername(sock, (struct sockaddr *)&addr) >= 0 &&
	    addr.addr.id.node != ssi_discovery_address(rpc->discovery))
		peer = create(rpc);
	if (!peer) {
		sock_release(sock);
		return;
	}
	peer->address = addr.addr.id.node;
	make_room(rpc, peer->address);
	greet(peer, sock);
}

/**
 * ssi_peer_tick() - time passes
 * @rpc: this node's
 * Context: rpc->lock held, each SSI_TICK_MS.
 */
void ssi_peer_tick(struct ssi_rpc *rpc)
{
	struct ssi_peer *peer, *next;

	lockdep_assert_held(&rpc->lock);
	list_for_each_entry_safe(peer, next, &rpc->peers, link) {
		peer->ticks++;
		if (peer->state <= PEER_OPENING && peer->ticks > HELLO_TICKS) {
			give_up(peer, -ETIMEDOUT);
		} else if (peer->state == PEER_RESTING &&
			   peer->ticks > peer->rest_ticks) {
			peer->rest_ticks = min(peer->rest_ticks * 2,
					       REST_TICKS_MAX);
			call(peer);
		}
	}
}

/**
 * ssi_peer_destroy_all() - end all connections
 * @rpc: this node's
 * Context: rpc->lock held.
 */
void ssi_peer_destroy_all(struct ssi_rpc *rpc)
{
	struct ssi_peer *peer, *next;

	lockdep_assert_held(&rpc->lock);
	list_for_each_entry_safe(peer, next, &rpc->peers, link)
		destroy(peer, -ESHUTDOWN);
}

/**
 * ssi_peer_reset_all() - end all connections, and begin anew
 * @rpc: this node's
 * Context: rpc->lock held.
 */
void ssi_peer_reset_all(struct ssi_rpc *rpc)
{
	struct ssi_peer *peer, *next;

	lockdep_assert_held(&rpc->lock);
	list_for_each_entry_safe(peer, next, &rpc->peers, link) {
		if (peer->state == PEER_REFUSED)
			continue;
		peer->rest_ticks = REST_TICKS_MIN;
		give_up(peer, -ESHUTDOWN);
	}
}

/**
 * ssi_peer_control() - send a control record to a node
 * @rpc: this node's
 * @node: one that is not linked is ignored
 * @buf: the record, copied
 * @len: length of @buf, 1..SSI_CONTROL_MAX_LEN
 * Context: process context; does not wait for the node.
 */
void ssi_peer_control(struct ssi_rpc *rpc, u16 node, const void *buf,
		      size_t len)
{
	struct ssi_message *message;
	struct ssi_peer *peer;

	message = ssi_message_create(sizeof(struct ssi_frame_header) + len,
				     GFP_KERNEL);
	if (message)
		ssi_frame_put_control(message->data, buf, len);
	spin_lock_bh(&rpc->link_lock);
	peer = rpc->linked[node];
	if (peer) {
		atomic_inc(&rpc->counters.sent);
		trace_ssi_send(node, SSI_FRAME_CONTROL, len);
		ssi_conn_queue(peer->conn, message);
	} else {
		kfree(message);
	}
	spin_unlock_bh(&rpc->link_lock);
}
