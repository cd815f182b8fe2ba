// SPDX-License-Identifier: GPL-2.0-only
/*
 * key-delivery.c - give the cluster's keys to nodes, many at once
 *
 * A thread a node: each waits for one secure shell, and shares nothing but what
 * it only reads.  A back-end whose machines are no machines has none of the
 * waiting, and is asked from one thread.
 */
#include "key-delivery.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define PROGRAM		"/usr/lib/xos/ssi-key"	/* deploy/overlay/node */
#define TIMEOUT_MS	20000
#define AT_ONCE		16
#define EXIT_BUSY	75			/* of PROGRAM: try again */

/** struct batch - deliveries that run at the same time */
struct batch {
	struct xos_delivery *delivery;
	const char *text;
	const char *expected;
};

static void deliver_one(const struct batch *b)
{
	static const char *const argv[] = { PROGRAM, NULL };
	struct xos_delivery *d = b->delivery;
	char out[XOS_KEY_TEXT_MAX] = "";
	struct xos_error err = { 0 };
	int rc = d->backend->ops->run_on(d->backend, d->node, argv, b->text, out,
					 sizeof(out), TIMEOUT_MS, &err);

	/* Without the module there is nothing to say; it will read the file. */
	d->done = !rc && (!*out || !strcmp(out, b->expected));
	d->busy = rc == EXIT_BUSY;
	out[strcspn(out, "\n")] = '\0';
	if (rc < 0)
		snprintf(d->why, sizeof(d->why), "%.250s", err.text);
	else if (!d->done)
		snprintf(d->why, sizeof(d->why), "%.250s", *out ? out :
			 "the node did not say why");
}

static void *run(void *arg)
{
	deliver_one(arg);
	return NULL;
}

static void deliver_some(struct batch *batch, size_t n)
{
	pthread_t thread[AT_ONCE];
	bool started[AT_ONCE];
	size_t i;

	for (i = 0; i < n; i++) {
		started[i] = !batch[i].delivery->backend->ops->no_images &&
			     !pthread_create(&thread[i], NULL, run, &batch[i]);
		if (!started[i])
			deliver_one(&batch[i]);
	}
	for (i = 0; i < n; i++)
		if (started[i])
			pthread_join(thread[i], NULL);
}

int xos_keys_deliver(struct xos_delivery *list, size_t n,
		     const struct xos_cluster_keys *keys, struct xos_error *err)
{
	char text[XOS_KEY_TEXT_MAX], expected[XOS_KEY_TEXT_MAX];
	struct batch batch[AT_ONCE];
	size_t first, i;
	int rc = xos_cluster_keys_expected(keys, expected, err);

	if (rc < 0)
		return rc;
	xos_cluster_keys_text(keys, text);
	for (first = 0; first < n; first += i) {
		for (i = 0; i < AT_ONCE && first + i < n; i++)
			batch[i] = (struct batch){ &list[first + i], text, expected };
		deliver_some(batch, i);
	}
	explicit_bzero(text, sizeof(text));
	return 0;
}
