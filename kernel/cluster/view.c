// SPDX-License-Identifier: GPL-2.0-only
/*
 * view.c: views of the cluster and changes of them (pure C).
 *
 * Owns what a view is, when two are the same, how a change makes the next one,
 * and which members are enough to decide it.  Does not decide anything.
 *
 * Two quorums of one view always have a member in common: two majorities do,
 * a majority and a half do, and two halves have the head.  A decision taken
 * with members counted out (dead by the admin's word, or lost under
 * SSI_RULE_ANY) has no such property; its view gets a lineage that nobody else
 * can have, so that (lineage, number) still names one view.
 */
#include "view.h"

/**
 * ssi_view_same() - do two ids name one view?
 * @a: one id
 * @b: the other
 * Return: true when they do.
 */
bool ssi_view_same(const struct ssi_view_id *a, const struct ssi_view_id *b)
{
	return a->lineage == b->lineage && a->number == b->number;
}

/**
 * ssi_view_clear() - make a view the empty one, before the first
 * @view: overwritten
 */
void ssi_view_clear(struct ssi_view *view)
{
	memset(view, 0, sizeof(*view));
	view->rule = SSI_RULE_MAJORITY;
}

/**
 * ssi_view_has() - is this life of a node a member?
 * @view: the view
 * @node: any number
 * @incarnation: the life, 0 for none
 * Return: true when it is.
 */
bool ssi_view_has(const struct ssi_view *view, unsigned int node,
		  u64 incarnation)
{
	return ssi_nodeset_contains(&view->members, node) &&
	       view->incarnation[node] == incarnation;
}

/**
 * ssi_view_quorum() - can these nodes decide the view after this one?
 * @view: this view
 * @have: nodes that agree; who is not a member does not count
 * @out: members that are counted out, NULL for none; any node counted out
 *	obliges the caller to choose a new lineage
 * Return: true when they can.
 */
bool ssi_view_quorum(const struct ssi_view *view,
		     const struct ssi_nodeset *have,
		     const struct ssi_nodeset *out)
{
	struct ssi_nodeset electors = view->members;
	struct ssi_nodeset votes = *have;
	unsigned int all, yes;

	if (out)
		ssi_nodeset_subtract(&electors, out);
	ssi_nodeset_intersect(&votes, &electors);
	all = ssi_nodeset_weight(&electors);
	yes = ssi_nodeset_weight(&votes);
	if (2 * yes > all)
		return true;
	return all && 2 * yes == all && view->rule == SSI_RULE_HEAD &&
	       ssi_nodeset_contains(&votes, view->head);
}

/**
 * ssi_view_apply() - make a view the next one
 * @view: in: a view; out: the next, unchanged on error
 * @change: from anywhere
 * Return: 0; -EBADMSG when nobody would be left.
 */
int ssi_view_apply(struct ssi_view *view, const struct ssi_change *change)
{
	struct ssi_nodeset members = view->members;
	int node;

	ssi_nodeset_subtract(&members, &change->removed);
	ssi_nodeset_unite(&members, &change->added);
	if (ssi_nodeset_is_empty(&members))
		return -EBADMSG;
	view->members = members;
	ssi_nodeset_for_each(node, &change->added)
		view->incarnation[node] = change->incarnation[node];
	view->leaving = change->leaving;
	ssi_nodeset_intersect(&view->leaving, &members);
	view->barred = change->barred;
	ssi_nodeset_subtract(&view->barred, &members);
	view->id.number++;
	if (change->lineage) {
		view->parent = view->id.lineage;
		view->id.lineage = change->lineage;
	}
	return 0;
}

/**
 * ssi_change_clear() - make a change that changes nothing
 * @change: overwritten
 * @cause: &enum ssi_cause
 */
void ssi_change_clear(struct ssi_change *change, u8 cause)
{
	change->cause = cause;
	change->lineage = 0;
	ssi_nodeset_clear(&change->removed);
	ssi_nodeset_clear(&change->added);
	ssi_nodeset_clear(&change->leaving);
	ssi_nodeset_clear(&change->barred);
}

/**
 * ssi_change_copy() - copy a change
 * @to: overwritten
 * @from: read, not @to
 *
 * A change is large and mostly undefined; only what counts is copied.
 */
void ssi_change_copy(struct ssi_change *to, const struct ssi_change *from)
{
	int node;

	to->cause = from->cause;
	to->lineage = from->lineage;
	to->removed = from->removed;
	to->added = from->added;
	to->leaving = from->leaving;
	to->barred = from->barred;
	ssi_nodeset_for_each(node, &from->added)
		to->incarnation[node] = from->incarnation[node];
}

/**
 * ssi_change_from_view() - a whole view as a change of the empty one
 * @change: overwritten
 * @view: the view
 */
void ssi_change_from_view(struct ssi_change *change,
			  const struct ssi_view *view)
{
	int node;

	ssi_change_clear(change, SSI_CAUSE_SYNC);
	change->added = view->members;
	change->leaving = view->leaving;
	change->barred = view->barred;
	ssi_nodeset_for_each(node, &view->members)
		change->incarnation[node] = view->incarnation[node];
}
