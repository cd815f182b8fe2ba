/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * viewid.h: the name of a view of the cluster (pure C), for rpc/, which carries
 * it, and cluster/, which gives it.
 */
#ifndef _SSI_VIEWID_H
#define _SSI_VIEWID_H

#include <ssi/portable.h>

/**
 * struct ssi_view_id - which view; two views with one id are the same view
 * @lineage: 0 for no view; another one after a decision that did not need
 *	the quorum of the view before
 * @number: 1 for the first view of a cluster, then one more each time
 */
struct ssi_view_id {
	u64 lineage;
	u64 number;
};

#endif /* _SSI_VIEWID_H */
