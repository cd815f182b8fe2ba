/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* resource-store.h - descriptions on the core node, as the service keeps them */
#ifndef _XOS_RESOURCE_STORE_H
#define _XOS_RESOURCE_STORE_H

#include "../pxe/text.h"
#include "resource-trust.h"

/**
 * resource_store_put() - keep a description
 * @dir: CADIR
 * @name: of the sender, as TLS has proved it
 * @cms: what it sent; judged before it is kept
 * Return: 0; -EKEYREJECTED with the reason, negative errno of writing.
 */
int resource_store_put(const char *dir, const char *grid, const char *name,
		       const char *cms, X509 *ca, X509_CRL *crl, struct xos_error *err);

/** resource_store_json() - all of them, [{name, cms}...], malloc'ed; NULL: no memory */
char *resource_store_json(const char *dir);

/** resource_store_page() - the same, judged, as a page for people */
void resource_store_page(const char *dir, const char *grid, X509 *ca, X509_CRL *crl,
			 struct xos_text *page);

#endif /* _XOS_RESOURCE_STORE_H */
