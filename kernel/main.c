// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c: ssi_kddm.ko, the top: starts the layers in order, lowest first, and
 * stops them in reverse.  Owns nothing else.
 */
#include <ssi/cluster.h>
#include <ssi/core.h>
#include <ssi/rpc.h>

#include <linux/err.h>
#include <linux/module.h>

static struct ssi_rpc *rpc;
static struct ssi_cluster *cluster;

/**
 * ssi_cluster_get() - this node's cluster, for the modules above
 * Return: the cluster, there as long as this module is.
 */
struct ssi_cluster *ssi_cluster_get(void)
{
	return cluster;
}
EXPORT_SYMBOL_GPL(ssi_cluster_get);

/**
 * ssi_kddm_rpc() - what to call other nodes with
 * Return: this node's; there for as long as the module is.
 */
struct ssi_rpc *ssi_kddm_rpc(void)
{
	return rpc;
}
EXPORT_SYMBOL_GPL(ssi_kddm_rpc);

static int __init ssi_kddm_init(void)
{
	struct ssi_params params;
	int err;

	err = ssi_params_get(&params);
	if (err)
		return err;
	rpc = ssi_rpc_create(&params);
	if (IS_ERR(rpc))
		return PTR_ERR(rpc);
	cluster = ssi_cluster_create(&params, rpc);
	if (!IS_ERR(cluster))
		return 0;
	ssi_rpc_destroy(rpc);
	return PTR_ERR(cluster);
}

static void __exit ssi_kddm_exit(void)
{
	ssi_cluster_destroy(cluster);
	ssi_rpc_destroy(rpc);
}

module_init(ssi_kddm_init);
module_exit(ssi_kddm_exit);

MODULE_DESCRIPTION("LinuxSSI: nodes and cluster, no hook in the kernel");
MODULE_LICENSE("GPL v2");
MODULE_VERSION(SSI_BUILD);
/* So that modprobe, and what builds an initramfs, know without asking. */
MODULE_SOFTDEP("pre: tipc gcm ctr ghash_generic seqiv");
