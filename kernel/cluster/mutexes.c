// SPDX-License-Identifier: GPL-2.0-only
/*
 * mutexes.c: cluster-wide mutexes and barriers: arbiter.c in this kernel.
 *
 * Owns the workers that carry what arbiter.c has to say to other nodes, the
 * services that hear it, and the wait for a mutex or at a barrier.
 *
 *	ssi_mutex_lock() -> tell_master --CLAIM--> take_claims, at the master
 *	take_claims -> tell_others --MIRROR--> take_mirror, at the backup
 *	tell_others --GRANT--> take_grant -> who waits in ssi_mutex_lock()
 */
#include "mutexes.h"

#include "arbiter.h"
#include "cluster-private.h"

#include <ssi/barrier.h>
#include <ssi/mutex.h>

#include <linux/export.h>
#include <linux/mm.h>
#include <linux/slab.h>

#define SERVICE_CLAIM	240
#define SERVICE_MIRROR	241
#define SERVICE_GRANT	242
#define RETRY_MS	20	/* the other node has another view, or no room */

/**
 * struct ssi_wish - somebody on this node wants a mutex, or to pass a barrier
 * @claim: as arbiter.c sees it
 * @done: completed when the state of @claim is HELD or LOST
 */
struct ssi_wish {
	struct ssi_claim claim;
	struct completion done;
};

/**
 * struct ssi_mutexes - this node's part
 * @rpc: to call other nodes with
 * @wq: runs the next two
 * @master_work: tells the master what this node claims
 * @others_work: as the master, tells the backup and who gets a mutex
 * @services: what other nodes call
 * @nr_services: how many of them are registered
 * @lock: protects what follows; taken with the cluster's lock held, and with no
 *	other taken inside
 * @arbiter: who has what
 * @master_buf: @master_work's, SSI_CLAIMS_LEN bytes
 * @others_buf: @others_work's, likewise
 */
struct ssi_mutexes {
	struct ssi_rpc *rpc;
	struct workqueue_struct *wq;
	struct delayed_work master_work;
	struct delayed_work others_work;
	struct ssi_service services[3];
	unsigned int nr_services;
	struct mutex lock;
	struct ssi_arbiter arbiter;
	u8 master_buf[SSI_CLAIMS_LEN];
	u8 others_buf[SSI_CLAIMS_LEN];
};

static_assert(SSI_CLAIMS_LEN <= SSI_CALL_MAX_LEN);

static void free_gone(struct ssi_mutexes *mutexes)
{
	struct ssi_claim *claim;

	lockdep_assert_held(&mutexes->lock);
	while ((claim = mutexes->arbiter.gone)) {
		mutexes->arbiter.gone = claim->next;
		kfree(container_of(claim, struct ssi_wish, claim));
	}
}

static void wake_lost(struct ssi_mutexes *mutexes)
{
	struct ssi_claim *claim;

	lockdep_assert_held(&mutexes->lock);
	for (claim = mutexes->arbiter.claims; claim; claim = claim->next)
		if (claim->state == SSI_CLAIM_LOST)
			complete(&container_of(claim, struct ssi_wish,
					       claim)->done);
}

static void run(struct ssi_mutexes *mutexes)
{
	mod_delayed_work(mutexes->wq, &mutexes->master_work, 0);
	mod_delayed_work(mutexes->wq, &mutexes->others_work, 0);
}

static int call(struct ssi_mutexes *mutexes, u16 node, u16 service,
		const void *buf, size_t len)
{
	struct ssi_call call = {
		.node = node,
		.service = service,
		.in = buf,
		.in_len = len,
	};

	return ssi_call_sync(mutexes->rpc, &call, 0);
}

static void tell_master(struct work_struct *work)
{
	struct ssi_mutexes *mutexes = container_of(to_delayed_work(work),
						   struct ssi_mutexes,
						   master_work);
	struct ssi_arbiter *arbiter = &mutexes->arbiter;
	struct ssi_view_id view;
	size_t len;
	int err = 0;
	u16 master;

	mutex_lock(&mutexes->lock);
	while (!err && (len = ssi_arbiter_put_claims(arbiter,
						     mutexes->master_buf))) {
		view = arbiter->view;
		master = arbiter->master;
		mutex_unlock(&mutexes->lock);
		err = call(mutexes, master, SERVICE_CLAIM, mutexes->master_buf,
			   len);
		mutex_lock(&mutexes->lock);
		ssi_arbiter_claims_sent(arbiter, &view, err);
		free_gone(mutexes);
	}
	mutex_unlock(&mutexes->lock);
	if (err)
		queue_delayed_work(mutexes->wq, &mutexes->master_work,
				   msecs_to_jiffies(RETRY_MS));
}

static int tell_winners(struct ssi_mutexes *mutexes)
{
	struct ssi_entry *entry;
	int err = 0;
	size_t len;

	lockdep_assert_held(&mutexes->lock);
	while (!err && (entry = ssi_arbiter_put_grant(&mutexes->arbiter,
						      mutexes->others_buf,
						      &len))) {
		err = ssi_call_post(mutexes->rpc, entry->node, SERVICE_GRANT,
				    mutexes->others_buf, len, GFP_KERNEL);
		if (!err)
			entry->state = SSI_ENTRY_HELD;
	}
	return err;
}

static void tell_others(struct work_struct *work)
{
	struct ssi_mutexes *mutexes = container_of(to_delayed_work(work),
						   struct ssi_mutexes,
						   others_work);
	struct ssi_arbiter *arbiter = &mutexes->arbiter;
	struct ssi_view_id view;
	size_t len;
	u16 backup;
	int err;

	mutex_lock(&mutexes->lock);
	err = tell_winners(mutexes);
	while (!err && (len = ssi_arbiter_put_mirror(arbiter,
						     mutexes->others_buf))) {
		view = arbiter->view;
		backup = arbiter->backup;
		mutex_unlock(&mutexes->lock);
		err = call(mutexes, backup, SERVICE_MIRROR,
			   mutexes->others_buf, len);
		mutex_lock(&mutexes->lock);
		ssi_arbiter_mirror_sent(arbiter, &view, err);
		err = err ?: tell_winners(mutexes);
	}
	mutex_unlock(&mutexes->lock);
	if (err)
		queue_delayed_work(mutexes->wq, &mutexes->others_work,
				   msecs_to_jiffies(RETRY_MS));
}

static int take(struct ssi_mutexes *mutexes, struct ssi_request *request,
		int (*get)(struct ssi_arbiter *arbiter, u16 node,
			   const void *buf, size_t len))
{
	const void *buf;
	int err;
	u32 len;

	buf = ssi_request_data(request, &len);
	mutex_lock(&mutexes->lock);
	err = get(&mutexes->arbiter, ssi_request_node(request), buf, len);
	mutex_unlock(&mutexes->lock);
	return err;
}

static int take_claims(void *context, struct ssi_request *request)
{
	struct ssi_mutexes *mutexes = context;
	int err = take(mutexes, request, ssi_arbiter_get_claims);

	mod_delayed_work(mutexes->wq, &mutexes->others_work, 0);
	return err;
}

static int take_mirror(void *context, struct ssi_request *request)
{
	return take(context, request, ssi_arbiter_get_mirror);
}

static int take_grant(void *context, struct ssi_request *request)
{
	struct ssi_mutexes *mutexes = context;
	struct ssi_claim *claim = NULL;
	const void *buf;
	u32 len;

	buf = ssi_request_data(request, &len);
	mutex_lock(&mutexes->lock);
	if (ssi_request_node(request) == mutexes->arbiter.master)
		claim = ssi_arbiter_granted(&mutexes->arbiter, buf, len);
	if (claim)
		complete(&container_of(claim, struct ssi_wish, claim)->done);
	mutex_unlock(&mutexes->lock);
	return 0;
}

static const struct {
	const char *name;
	u16 number;
	int (*handler)(void *context, struct ssi_request *request);
} services[] = {
	{ "mutex-claim", SERVICE_CLAIM, take_claims },
	{ "mutex-mirror", SERVICE_MIRROR, take_mirror },
	{ "mutex-grant", SERVICE_GRANT, take_grant },
};

static int register_services(struct ssi_mutexes *mutexes)
{
	unsigned int i;
	int err;

	static_assert(ARRAY_SIZE(services) == ARRAY_SIZE(mutexes->services));
	for (i = 0; i < ARRAY_SIZE(services); i++) {
		struct ssi_service *service = &mutexes->services[i];

		service->name = services[i].name;
		service->number = services[i].number;
		service->handler = services[i].handler;
		service->context = mutexes;
		service->in_min = sizeof(struct ssi_claims_record);
		service->in_max = SSI_CLAIMS_LEN;
		err = ssi_service_register(mutexes->rpc, service);
		if (err)
			return err;
		mutexes->nr_services++;
	}
	return 0;
}

/**
 * ssi_mutexes_create() - be ready for mutexes
 * @cluster: this node's cluster
 * Return: to be undone with ssi_mutexes_destroy(); NULL when there is no memory.
 */
struct ssi_mutexes *ssi_mutexes_create(struct ssi_cluster *cluster)
{
	struct ssi_mutexes *mutexes = kvzalloc(sizeof(*mutexes), GFP_KERNEL);

	if (!mutexes)
		return NULL;
	mutexes->rpc = cluster->rpc;
	mutex_init(&mutexes->lock);
	INIT_DELAYED_WORK(&mutexes->master_work, tell_master);
	INIT_DELAYED_WORK(&mutexes->others_work, tell_others);
	ssi_arbiter_init(&mutexes->arbiter, cluster->params.node);
	mutexes->wq = alloc_workqueue("ssi_mutexes", WQ_UNBOUND, 2);
	if (mutexes->wq && !register_services(mutexes))
		return mutexes;
	ssi_mutexes_destroy(mutexes);
	return NULL;
}

/**
 * ssi_mutexes_destroy() - no mutexes any more
 * @mutexes: nobody has one, or waits for one; NULL is fine
 * Context: process context, sleeps; every link has ended.
 */
void ssi_mutexes_destroy(struct ssi_mutexes *mutexes)
{
	if (!mutexes)
		return;
	while (mutexes->nr_services)
		ssi_service_unregister(mutexes->rpc,
				       &mutexes->services[--mutexes->nr_services]);
	cancel_delayed_work_sync(&mutexes->master_work);
	cancel_delayed_work_sync(&mutexes->others_work);
	if (mutexes->wq)
		destroy_workqueue(mutexes->wq);
	mutex_lock(&mutexes->lock);
	free_gone(mutexes);
	mutex_unlock(&mutexes->lock);
	kvfree(mutexes);
}

/**
 * ssi_mutexes_view() - the cluster has another view, or this node has left it
 * @cluster: this node's cluster
 * Context: cluster->lock held; rpc/ has been told.
 */
void ssi_mutexes_view(struct ssi_cluster *cluster)
{
	struct ssi_mutexes *mutexes = cluster->mutexes;

	lockdep_assert_held(&cluster->lock);
	mutex_lock(&mutexes->lock);
	ssi_arbiter_view(&mutexes->arbiter, &cluster->membership.view,
			 ssi_membership_is_member(&cluster->membership));
	wake_lost(mutexes);
	free_gone(mutexes);
	mutex_unlock(&mutexes->lock);
	run(mutexes);
}

/**
 * ssi_mutexes_serve() - this node reaches a quorum, or does not any more
 * @cluster: this node's cluster
 * @serve: which
 * Context: cluster->lock held.
 */
void ssi_mutexes_serve(struct ssi_cluster *cluster, bool serve)
{
	struct ssi_mutexes *mutexes = cluster->mutexes;

	lockdep_assert_held(&cluster->lock);
	mutex_lock(&mutexes->lock);
	ssi_arbiter_serve(&mutexes->arbiter, serve);
	mutex_unlock(&mutexes->lock);
	run(mutexes);
}

static int release(struct ssi_mutexes *mutexes, struct ssi_wish *wish)
{
	int err;

	mutex_lock(&mutexes->lock);
	err = ssi_arbiter_release(&mutexes->arbiter, &wish->claim);
	free_gone(mutexes);
	mutex_unlock(&mutexes->lock);
	run(mutexes);
	return err;
}

/* Return: what is held now, or ERR_PTR() of ssi_mutex_lock()'s errors. */
static struct ssi_wish *wait_for(struct ssi_mutexes *mutexes, u64 name,
				 u64 round)
{
	struct ssi_wish *wish = kzalloc(sizeof(*wish), GFP_KERNEL);
	int err, state;

	if (!wish)
		return ERR_PTR(-ENOMEM);
	init_completion(&wish->done);
	mutex_lock(&mutexes->lock);
	err = ssi_arbiter_claim(&mutexes->arbiter, &wish->claim, name, round);
	mutex_unlock(&mutexes->lock);
	if (err) {
		kfree(wish);
		return ERR_PTR(err);
	}
	run(mutexes);
	/* Woken, killed or both: the state of the claim tells. */
	(void)wait_for_completion_killable(&wish->done);
	mutex_lock(&mutexes->lock);
	state = wish->claim.state;
	mutex_unlock(&mutexes->lock);
	if (state == SSI_CLAIM_HELD)
		return wish;
	release(mutexes, wish);
	return ERR_PTR(state == SSI_CLAIM_LOST ? -EHOSTDOWN : -EINTR);
}

/**
 * ssi_mutex_lock() - be the only one in the cluster who has a mutex
 * @cluster: this node's cluster
 * @name: of the mutex
 * @mutex: filled in
 *
 * First come, first served.  Waits as long as somebody has it, and while the
 * cluster has no quorum.
 *
 * Context: process context, sleeps; killable.
 * Return: 0, to be undone with ssi_mutex_unlock(); -EHOSTDOWN when this node is,
 *	or comes to be, in no cluster, -ENOSPC when it wants SSI_CLAIMS_MAX of
 *	them at once, -EINTR on a fatal signal, -ENOMEM.
 */
int ssi_mutex_lock(struct ssi_cluster *cluster, u64 name,
		   struct ssi_mutex *mutex)
{
	struct ssi_wish *wish = wait_for(cluster->mutexes, name, 0);

	if (IS_ERR(wish))
		return PTR_ERR(wish);
	mutex->name = name;
	mutex->fence = wish->claim.fence;
	mutex->owner_died = wish->claim.died;
	mutex->wish = wish;
	return 0;
}
EXPORT_SYMBOL_GPL(ssi_mutex_lock);

/**
 * ssi_mutex_unlock() - let the next one have it
 * @cluster: this node's cluster
 * @mutex: what ssi_mutex_lock() filled in
 * Context: process context, sleeps; does not wait for other nodes.
 * Return: 0; -ESTALE when this node was out of the cluster in between, so that
 *	somebody else may have had it all the while.
 */
int ssi_mutex_unlock(struct ssi_cluster *cluster, struct ssi_mutex *mutex)
{
	struct ssi_wish *wish = mutex->wish;

	mutex->wish = NULL;
	return release(cluster->mutexes, wish);
}
EXPORT_SYMBOL_GPL(ssi_mutex_unlock);

/**
 * ssi_barrier_wait() - wait until all members have come as far
 * @cluster: this node's cluster
 * @barrier: named by who made it; one thread of a node at a time
 * @round: how far this node is, greater than the last time, not 0
 *
 * A member that never came to the barrier is waited for; one that dies, or
 * leaves, no longer is.  Waits also while the cluster has no quorum.
 *
 * Context: process context, sleeps; killable.
 * Return: 0; -EINVAL when @round is not greater, -EINTR on a fatal signal: this
 *	node has not come then; -EHOSTDOWN, -ENOSPC, -ENOMEM as ssi_mutex_lock().
 */
int ssi_barrier_wait(struct ssi_cluster *cluster, struct ssi_barrier *barrier,
		     u64 round)
{
	struct ssi_wish *wish;

	if (round <= barrier->round)
		return -EINVAL;
	wish = wait_for(cluster->mutexes, barrier->name, round);
	if (IS_ERR(wish))
		return PTR_ERR(wish);
	/* Only now: until then others may need to hear of the round before. */
	ssi_barrier_leave(cluster, barrier);
	barrier->round = round;
	barrier->wish = wish;
	return 0;
}
EXPORT_SYMBOL_GPL(ssi_barrier_wait);

/**
 * ssi_barrier_leave() - this node comes no more
 * @cluster: this node's cluster
 * @barrier: who waits at it waits until this node comes again, or is gone
 *
 * Every node does it when all have passed the last round.
 *
 * Context: process context, sleeps; does not wait for other nodes.
 */
void ssi_barrier_leave(struct ssi_cluster *cluster, struct ssi_barrier *barrier)
{
	if (barrier->wish)
		release(cluster->mutexes, barrier->wish);
	barrier->wish = NULL;
}
EXPORT_SYMBOL_GPL(ssi_barrier_leave);
