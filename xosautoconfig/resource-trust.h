/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* resource-trust.h - signed descriptions: who signed, is it to be believed */
#ifndef _XOS_RESOURCE_TRUST_H
#define _XOS_RESOURCE_TRUST_H

#include <jansson.h>

#include "rca-cert.h"
#include "resource.h"

/**
 * resource_judge() - take a signed description apart, and set its state
 * @name: whose it is said to be; a description of another is refused
 * @now: seconds since 1970
 * Return: 0, whatever the state: at least @resource->name is set; -ENOMEM.
 * @err has the reason of a state that is RESOURCE_REVOKED or RESOURCE_REFUSED.
 */
int resource_judge(struct resource *resource, const char *name, const char *cms,
		   X509 *ca, X509_CRL *crl, time_t now, struct xos_error *err);

/** resource_json() - all of it; NULL: no memory */
json_t *resource_json(const struct resource *resource);

#endif /* _XOS_RESOURCE_TRUST_H */
