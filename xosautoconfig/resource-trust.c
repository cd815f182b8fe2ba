// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * resource-trust.c - judges a signed description
 *
 * The core node only keeps what resources have signed.  Whoever reads it judges
 * for himself, so a core node whose service was taken over can hide a resource,
 * but not invent or change one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../libxos/cleanup.h"
#include "resource-trust.h"

#define AHEAD_S 300		/* clocks of a grid agree to this */

static int read_signed(struct resource *r, const char *name, const char *cms, X509 *ca,
		       X509_CRL *crl, struct xos_error *err)
{
	struct rca_subject holder;
	X509 *signer = NULL;
	size_t len = 0;
	cleanup_free char *xml = rca_cms_verify(cms, strlen(cms), ca, crl, &signer, &len, err);
	int rc = xml ? rca_subject_read(signer, &holder, err) : err->code;

	if (!rc)
		rc = resource_read(r, xml, len, err);
	if (!rc && (strcmp(holder.name, name) || strcmp(r->name, name)))
		rc = xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
				   "the description of '%s' was signed by '%s'", r->name,
				   holder.name);
	if (!rc)
		snprintf(r->vo, sizeof(r->vo), "%s", holder.vo);
	X509_free(signer);
	return rc;
}

int resource_judge(struct resource *resource, const char *name, const char *cms,
		   X509 *ca, X509_CRL *crl, time_t now, struct xos_error *err)
{
	struct xos_error again;
	int rc;

	memset(resource, 0, sizeof(*resource));
	rc = read_signed(resource, name, cms, ca, crl, err);
	if (rc == -ENOMEM)
		return rc;
	if (rc == -EKEYREVOKED) {	/* what it was is still worth showing */
		resource_free(resource);
		if (read_signed(resource, name, cms, ca, NULL, &again))
			rc = -EKEYREJECTED;
	}
	if (!rc && resource->time > now + AHEAD_S)
		rc = xos_error_set(err, -EKEYREJECTED, XOS_EXIT_FAILED,
				   "the description is from the future; is its clock right?");
	if (rc && rc != -EKEYREVOKED) {
		resource_free(resource);
		memset(resource, 0, sizeof(*resource));
		resource->state = RESOURCE_REFUSED;
	} else {
		resource->state = rc ? RESOURCE_REVOKED :
			resource->time + RESOURCE_STALE_S < now ? RESOURCE_STALE :
			RESOURCE_JOINED;
	}
	snprintf(resource->name, sizeof(resource->name), "%.63s", name);
	return 0;
}

static json_t *members_json(const struct resource *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_members; i++)
		json_array_append_new(list, json_pack("{si ss}", "id", (int)r->member[i].id,
						      "state", r->member[i].state));
	return list;
}

json_t *resource_json(const struct resource *resource)
{
	const struct resource *r = resource;

	return json_pack("{ss ss ss sI sI ss ss sI sI ss ss sI so s{ss sb sb sb sb sb}}",
			 "name", r->name, "state", resource_state_name(r->state),
			 "vo", r->vo, "time", (json_int_t)r->time,
			 "processors", (json_int_t)r->processors, "model", r->model,
			 "platform", r->platform, "memory_mib", (json_int_t)r->memory_mib,
			 "available_mib", (json_int_t)r->available_mib, "os", r->os,
			 "kernel", r->kernel, "running", (json_int_t)r->running,
			 "members", members_json(r), "checkpointer",
			 "name", r->checkpointer, "available", r->checkpoints,
			 "threads", r->threads, "sockets", r->sockets,
			 "sysvipc", r->sysvipc, "incremental", r->incremental);
}
