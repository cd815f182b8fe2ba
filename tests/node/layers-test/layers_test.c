// SPDX-License-Identifier: GPL-2.0-only
/*
 * layers_test.c: three layers above the cluster, which say in the log what they
 * are told and take their time.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <ssi/cluster.h>

#include <linux/delay.h>
#include <linux/module.h>

#define WORK_MS		20	/* what a layer does takes so long */

static void say(const char *name, const char *what,
		const struct ssi_transition *transition)
{
	msleep(WORK_MS);
	pr_info("%s %s: joined %*pbl left %*pbl leaving %*pbl\n", name, what,
		SSI_MAX_NODES, transition->joined.words,
		SSI_MAX_NODES, transition->left.words,
		SSI_MAX_NODES, transition->leaving.words);
}

static void layer_change(void *context, const struct ssi_transition *transition)
{
	say(context, "change", transition);
}

static void layer_leave(void *context, const struct ssi_transition *transition)
{
	say(context, "leave", transition);
}

static void layer_reset(void *context)
{
	pr_info("%s reset\n", (const char *)context);
}

static void layer_serve(void *context, bool serve)
{
	pr_info("%s serve %d\n", (const char *)context, serve);
}

#define LAYER(text, its_rank) {				\
	.name = text,					\
	.rank = its_rank,				\
	.change = layer_change,				\
	.leave = layer_leave,				\
	.reset = layer_reset,				\
	.serve = layer_serve,				\
}

/* Registered in this order; the rank is what counts. */
static const struct ssi_layer layers[] = {
	LAYER("high", 30), LAYER("low", 10), LAYER("middle", 20),
};

static int __init layers_test_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(layers); i++) {
		err = ssi_cluster_register_layer(ssi_cluster_get(), &layers[i],
						 (void *)layers[i].name);
		if (err)
			goto err_unregister;
	}
	err = ssi_cluster_register_layer(ssi_cluster_get(), &layers[0], NULL);
	if (err == -EEXIST)
		return 0;
	pr_err("two layers of one rank (%d)\n", err);
	err = -EINVAL;

err_unregister:
	while (i--)
		ssi_cluster_unregister_layer(ssi_cluster_get(), &layers[i]);
	return err;
}

static void __exit layers_test_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(layers); i++)
		ssi_cluster_unregister_layer(ssi_cluster_get(), &layers[i]);
}

module_init(layers_test_init);
module_exit(layers_test_exit);

MODULE_DESCRIPTION("Test of the cluster's layers");
MODULE_LICENSE("GPL v2");
