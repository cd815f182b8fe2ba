// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fuzz-resource.c - any bytes as a description, and as a requirement
 *
 * A description that is taken is written again, and reads the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xosautoconfig/resource.h"

static void again(const struct resource *r)
{
	char *xml = resource_write(r, NULL);
	struct resource other;

	/* texts that were cut short may not fit any more */
	if (!xml)
		return;
	if (resource_read(&other, xml, strlen(xml), NULL) ||
	    other.processors != r->processors || other.n_members != r->n_members ||
	    strcmp(other.name, r->name))
		abort();
	resource_free(&other);
	free(xml);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);
	struct resource r;

	memcpy(text, data, len);
	text[len] = '\0';
	if (!resource_read(&r, text, len, NULL)) {
		again(&r);
		resource_free(&r);
	}
	memset(&r, 0, sizeof(r));
	resource_matches(&r, text, NULL);
	free(text);
	return 0;
}
