// SPDX-License-Identifier: GPL-2.0-only
/*
 * top.c: ssi.ko, the top: which kinds of state there are, and the part of
 * /proc/kerrighed/services that is about processes.  Owns nothing else.
 */
#include <ssi/ckpt.h>
#include <ssi/cluster.h>
#include <ssi/fs.h>
#include <ssi/mm.h>
#include <ssi/proc.h>

#include <linux/err.h>
#include <linux/module.h>

static struct ssi_proc *proc;

/* In the order in which they are written; user space relies on none. */
static const struct ssi_resource *const resources[] = {
	&ssi_process_resource,
	&ssi_cwd_resource,
	&ssi_signals_resource,
	&ssi_thread_resource,
	&ssi_files_resource,
	&ssi_mm_resource,
	NULL
};

static long services(unsigned int cmd, unsigned long arg)
{
	return ssi_proc_ioctl(proc, cmd, arg);
}

static const struct ssi_services_ops services_ops = {
	.owner = THIS_MODULE,
	.ioctl = services,
};

static int __init ssi_init(void)
{
	int err;

	proc = ssi_proc_create(resources);
	if (IS_ERR(proc))
		return PTR_ERR(proc);
	err = ssi_services_register(ssi_cluster_get(), &services_ops);
	if (err)
		ssi_proc_destroy(proc);
	return err;
}

static void __exit ssi_exit(void)
{
	ssi_services_unregister(ssi_cluster_get());
	ssi_proc_destroy(proc);
}

module_init(ssi_init);
module_exit(ssi_exit);

MODULE_DESCRIPTION("LinuxSSI: applications, checkpoint and restart");
MODULE_LICENSE("GPL v2");
MODULE_VERSION(SSI_BUILD);
