/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * view.h: a view of the cluster, a change of it, and who may decide one (pure
 * C; see view.c).
 */
#ifndef _SSI_VIEW_H
#define _SSI_VIEW_H

#include <ssi/nodeset.h>
#include <ssi/viewid.h>

/**
 * enum ssi_rule - which members of a view decide the next one
 * @SSI_RULE_MAJORITY: more than half
 * @SSI_RULE_HEAD: more than half, or exactly half with the head among them
 * @SSI_RULE_ANY: more than half; without them whoever is left, as a lineage
 *	of their own
 *
 * The values travel on the wire.
 */
enum ssi_rule {
	SSI_RULE_MAJORITY = 1,
	SSI_RULE_HEAD = 2,
	SSI_RULE_ANY = 3,
};

/**
 * enum ssi_cause - why a view came
 * @SSI_CAUSE_CREATE: the first of a cluster
 * @SSI_CAUSE_ADD: nodes were added
 * @SSI_CAUSE_LEAVE: nodes were told to leave
 * @SSI_CAUSE_REMOVE: they have left
 * @SSI_CAUSE_DEAD: nodes died, or could not be reached by all others
 * @SSI_CAUSE_FAIL: nodes were declared dead
 * @SSI_CAUSE_SYNC: this node missed what came between
 *
 * The values travel on the wire.
 */
enum ssi_cause {
	SSI_CAUSE_CREATE = 1,
	SSI_CAUSE_ADD,
	SSI_CAUSE_LEAVE,
	SSI_CAUSE_REMOVE,
	SSI_CAUSE_DEAD,
	SSI_CAUSE_FAIL,
	SSI_CAUSE_SYNC,
};

/**
 * struct ssi_view - who is in the cluster
 * @id: which view
 * @parent: the lineage before @id.lineage, 0 when there was none
 * @rule: &enum ssi_rule
 * @head: node with the casting vote for SSI_RULE_HEAD
 * @members: the nodes in the cluster
 * @leaving: members that hand over what they have, to leave with the next view
 * @barred: nodes that the admin took out: they do not come back by themselves
 * @incarnation: [n] = the life of member n that is in the cluster
 */
struct ssi_view {
	struct ssi_view_id id;
	u64 parent;
	u8 rule;
	u16 head;
	struct ssi_nodeset members;
	struct ssi_nodeset leaving;
	struct ssi_nodeset barred;
	u64 incarnation[SSI_MAX_NODES];
};

/**
 * struct ssi_change - what is different in the next view
 * @cause: &enum ssi_cause
 * @lineage: of the next view, 0: the same
 * @removed: members that are out
 * @added: nodes that are in, or in with another life
 * @leaving: the next view's
 * @barred: the next view's
 * @incarnation: [n] = life of the added node n; else undefined
 */
struct ssi_change {
	u8 cause;
	u64 lineage;
	struct ssi_nodeset removed;
	struct ssi_nodeset added;
	struct ssi_nodeset leaving;
	struct ssi_nodeset barred;
	u64 incarnation[SSI_MAX_NODES];
};

bool ssi_view_same(const struct ssi_view_id *a, const struct ssi_view_id *b);
void ssi_view_clear(struct ssi_view *view);
bool ssi_view_has(const struct ssi_view *view, unsigned int node,
		  u64 incarnation);
bool ssi_view_quorum(const struct ssi_view *view,
		     const struct ssi_nodeset *have,
		     const struct ssi_nodeset *out);
int ssi_view_apply(struct ssi_view *view, const struct ssi_change *change);
void ssi_change_clear(struct ssi_change *change, u8 cause);
void ssi_change_copy(struct ssi_change *to, const struct ssi_change *from);
void ssi_change_from_view(struct ssi_change *change,
			  const struct ssi_view *view);

#endif /* _SSI_VIEW_H */
