// SPDX-License-Identifier: GPL-2.0-only
/*
 * layers.c: the layers above, told of each view one after the other.
 *
 * Owns their registration, and the one worker that calls them, so that a layer
 * sees transitions, resets and suspensions in order and may sleep.  Whose turn
 * it is decides stage.c.
 *
 *	stage.c: SSI_ACTION_STAGE -> ssi_layers_stage() -> work -> layer->change
 *	work -> SSI_EVENT_STAGE_DONE -> stage.c: the next one's turn, or stable
 *	SSI_ACTION_RESET -> work -> each layer->reset -> ssi_rpc_reset()
 */
#include "layers.h"

#include "cluster-private.h"

#include <linux/export.h>

static void call_stage(struct ssi_cluster *cluster)
{
	struct ssi_layers *layers = &cluster->layers;
	struct ssi_transition *transition = &layers->current_transition;
	struct ssi_event event = { .type = SSI_EVENT_STAGE_DONE };
	const struct ssi_layer *layer;
	void *context;

	lockdep_assert_held(&cluster->lock);
	layers->stage = false;
	*transition = layers->transition;
	event.view = transition->view;
	event.layer = layers->layer;
	layer = layers->slots[layers->layer].layer;
	context = layers->slots[layers->layer].context;
	mutex_unlock(&cluster->lock);
	if (layer && ssi_nodeset_is_empty(&transition->leaving))
		layer->change(context, transition);
	else if (layer)
		layer->leave(context, transition);
	mutex_lock(&cluster->lock);
	ssi_cluster_event(cluster, &event);
}

static void call_reset(struct ssi_cluster *cluster)
{
	struct ssi_layers *layers = &cluster->layers;
	const struct ssi_layer *layer;
	unsigned int i;
	void *context;

	lockdep_assert_held(&cluster->lock);
	layers->reset = false;
	layers->stage = false;
	for (i = layers->nr; i--; ) {
		layer = layers->slots[i].layer;
		context = layers->slots[i].context;
		mutex_unlock(&cluster->lock);
		if (layer)
			layer->reset(context);
		mutex_lock(&cluster->lock);
	}
	ssi_rpc_reset(cluster->rpc);
}

static void call_serve(struct ssi_cluster *cluster)
{
	struct ssi_layers *layers = &cluster->layers;
	bool serve = layers->serve;
	const struct ssi_layer *layer;
	unsigned int i;
	void *context;

	lockdep_assert_held(&cluster->lock);
	layers->served = serve;
	for (i = 0; i < layers->nr; i++) {
		layer = layers->slots[i].layer;
		context = layers->slots[i].context;
		mutex_unlock(&cluster->lock);
		if (layer)
			layer->serve(context, serve);
		mutex_lock(&cluster->lock);
	}
}

static void layers_work(struct work_struct *work)
{
	struct ssi_cluster *cluster = container_of(work, struct ssi_cluster,
						   layers.work);
	struct ssi_layers *layers = &cluster->layers;

	mutex_lock(&cluster->lock);
	while (layers->reset || layers->stage ||
	       layers->serve != layers->served) {
		if (layers->serve != layers->served)
			call_serve(cluster);
		else if (layers->reset)
			call_reset(cluster);
		else
			call_stage(cluster);
	}
	mutex_unlock(&cluster->lock);
}

/**
 * ssi_layers_init() - no layers yet
 * @cluster: this node's cluster
 * Return: 0, to be undone with ssi_layers_exit(); -ENOMEM.
 */
int ssi_layers_init(struct ssi_cluster *cluster)
{
	INIT_WORK(&cluster->layers.work, layers_work);
	cluster->layers.wq = alloc_ordered_workqueue("ssi_layers", 0);
	return cluster->layers.wq ? 0 : -ENOMEM;
}

/**
 * ssi_layers_exit() - make the calls that are due, and no more
 * @cluster: this node's cluster; nothing happens to it any more
 */
void ssi_layers_exit(struct ssi_cluster *cluster)
{
	if (cluster->layers.wq)
		destroy_workqueue(cluster->layers.wq);
	cluster->layers.wq = NULL;
}

/**
 * ssi_layers_stage() - it is a layer's turn to take note of the view
 * @cluster: this node's cluster
 * @action: SSI_ACTION_STAGE; replaces one that was not yet begun
 * Context: cluster->lock held.
 */
void ssi_layers_stage(struct ssi_cluster *cluster,
		      const struct ssi_action *action)
{
	struct ssi_layers *layers = &cluster->layers;
	struct ssi_transition *transition = &layers->transition;

	lockdep_assert_held(&cluster->lock);
	memset(transition, 0, sizeof(*transition));
	transition->view = cluster->membership.view.id;
	if (action->leaving) {
		transition->leaving = *action->set;
	} else {
		transition->joined = *action->set;
		transition->left = *action->left;
	}
	layers->layer = action->layer;
	layers->stage = true;
	queue_work(layers->wq, &layers->work);
}

/**
 * ssi_layers_reset() - the others went on without this node
 * @cluster: this node's cluster
 *
 * Ends with ssi_rpc_reset().
 *
 * Context: cluster->lock held.
 */
void ssi_layers_reset(struct ssi_cluster *cluster)
{
	lockdep_assert_held(&cluster->lock);
	cluster->layers.reset = true;
	queue_work(cluster->layers.wq, &cluster->layers.work);
}

/**
 * ssi_layers_serve() - this node may serve, or may not any more
 * @cluster: this node's cluster
 * @serve: which
 * Context: cluster->lock held.
 */
void ssi_layers_serve(struct ssi_cluster *cluster, bool serve)
{
	lockdep_assert_held(&cluster->lock);
	cluster->layers.serve = serve;
	queue_work(cluster->layers.wq, &cluster->layers.work);
}

/* Close the gaps that layers left which went away. */
static void compact(struct ssi_layers *layers)
{
	unsigned int i, nr = 0;

	for (i = 0; i < layers->nr; i++)
		if (layers->slots[i].layer)
			layers->slots[nr++] = layers->slots[i];
	layers->nr = nr;
}

/* Return: 0, -EEXIST, -ENOSPC. */
static int insert(struct ssi_layers *layers, const struct ssi_layer *layer,
		  void *context)
{
	unsigned int i, to;

	for (i = 0; i < layers->nr; i++)
		if (layers->slots[i].layer->rank >= layer->rank)
			break;
	if (i < layers->nr && layers->slots[i].layer->rank == layer->rank)
		return -EEXIST;
	if (layers->nr == SSI_MAX_LAYERS)
		return -ENOSPC;
	for (to = layers->nr++; to > i; to--)
		layers->slots[to] = layers->slots[to - 1];
	layers->slots[i].layer = layer;
	layers->slots[i].context = context;
	return 0;
}

/**
 * ssi_cluster_register_layer() - tell a layer of each view from now on
 * @cluster: this node's cluster
 * @layer: the layer; all callbacks set, stays the caller's
 * @context: first argument of each
 *
 * All members have the same layers, so this is for before a node joins.
 *
 * Context: process context, sleeps.
 * Return: 0; -EBUSY while this node is online, -EEXIST when a layer has that
 *	rank, -ENOSPC when there are SSI_MAX_LAYERS, -EINTR.
 */
int ssi_cluster_register_layer(struct ssi_cluster *cluster,
			       const struct ssi_layer *layer, void *context)
{
	int err;

	err = mutex_lock_killable(&cluster->lock);
	if (err)
		return err;
	if (ssi_membership_is_member(&cluster->membership)) {
		err = -EBUSY;
	} else {
		compact(&cluster->layers);
		err = insert(&cluster->layers, layer, context);
		cluster->membership.layers = cluster->layers.nr;
	}
	mutex_unlock(&cluster->lock);
	return err;
}
EXPORT_SYMBOL_GPL(ssi_cluster_register_layer);

/**
 * ssi_cluster_unregister_layer() - tell a layer nothing more
 * @cluster: this node's cluster
 * @layer: what was registered
 *
 * While this node is online the layer's place stays, with nobody in it.
 *
 * Context: process context, sleeps until a call under way has returned.
 */
void ssi_cluster_unregister_layer(struct ssi_cluster *cluster,
				  const struct ssi_layer *layer)
{
	struct ssi_layers *layers = &cluster->layers;
	unsigned int i;

	mutex_lock(&cluster->lock);
	for (i = 0; i < layers->nr; i++)
		if (layers->slots[i].layer == layer)
			layers->slots[i].layer = NULL;
	mutex_unlock(&cluster->lock);
	flush_workqueue(layers->wq);
}
EXPORT_SYMBOL_GPL(ssi_cluster_unregister_layer);
