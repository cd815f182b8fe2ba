// SPDX-License-Identifier: GPL-2.0-only
/*
 * counters.c: counters in debugfs, /sys/kernel/debug/ssi.
 *
 * Owns the folder and the files; each counter belongs to who counts.
 */
#include <ssi/core.h>

#include <linux/debugfs.h>

/**
 * ssi_counters_show() - make counters readable
 * @counters: must live until ssi_counters_hide()
 * Return: what ssi_counters_hide() wants; an error is of no consequence, as
 *	everywhere with debugfs.
 */
struct dentry *ssi_counters_show(struct ssi_counters *counters)
{
	struct dentry *dir = debugfs_create_dir("ssi", NULL);

	debugfs_create_atomic_t("sent", 0444, dir, &counters->sent);
	debugfs_create_atomic_t("received", 0444, dir, &counters->received);
	debugfs_create_atomic_t("malformed", 0444, dir, &counters->malformed);
	debugfs_create_atomic_t("refused", 0444, dir, &counters->refused);
	debugfs_create_atomic_t("lost", 0444, dir, &counters->lost);
	debugfs_create_atomic_t("unproven", 0444, dir, &counters->unproven);
	debugfs_create_atomic_t("clear", 0444, dir, &counters->clear);
	return dir;
}

/**
 * ssi_counters_hide() - undo ssi_counters_show()
 * @dir: what it returned
 */
void ssi_counters_hide(struct dentry *dir)
{
	debugfs_remove(dir);
}
