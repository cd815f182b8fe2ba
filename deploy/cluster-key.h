/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cluster-key.h - the key of what a cluster's nodes say to each other
 *
 *	keys/cluster-key	as the nodes get it (kernel/rpc/auth.c reads it)
 *
 * The file is the whole state of a rotation, so that one that was killed goes on
 * where it was:
 *
 *	send 3			at rest
 *	send 3, accept 4	the new key goes to the nodes, is not used yet
 *	send 4, accept 3	all have it: they go over to it
 *	send 4			at rest again
 */
#ifndef _XOS_DEPLOY_CLUSTER_KEY_H
#define _XOS_DEPLOY_CLUSTER_KEY_H

#include <stdbool.h>

#include "../libxos/error.h"

#define XOS_SECRET_LEN		32
#define XOS_KEY_ID_HEX		16		/* digits */
#define XOS_KEY_TEXT_MAX	512

/**
 * struct xos_cluster_key - one key
 * @generation: counts from 1; 0: there is none
 * @secret: never shown
 */
struct xos_cluster_key {
	unsigned int generation;
	unsigned char secret[XOS_SECRET_LEN];
};

/** struct xos_cluster_keys - to be wiped with xos_cluster_keys_wipe() */
struct xos_cluster_keys {
	unsigned int session;
	struct xos_cluster_key send;
	struct xos_cluster_key accept;
};

enum xos_rotation {
	XOS_ROTATION_NONE,
	XOS_ROTATION_DISTRIBUTE,
	XOS_ROTATION_SWITCH,
};

/**
 * xos_cluster_keys_load() - read a deployment's keys, make the first
 * @state: the deployment's state directory
 * @session: that they are for; keys of another session are replaced
 * Return: 0; negative errno with @err naming the file.
 */
int xos_cluster_keys_load(const char *state, unsigned int session,
			  struct xos_cluster_keys *keys, struct xos_error *err);

/** xos_cluster_keys_store() - write them down, on disk before this returns */
int xos_cluster_keys_store(const char *state, const struct xos_cluster_keys *keys,
			   struct xos_error *err);

/** xos_cluster_keys_text() - the file's text; @text XOS_KEY_TEXT_MAX bytes */
void xos_cluster_keys_text(const struct xos_cluster_keys *keys, char *text);

/** xos_cluster_keys_parse() - the reverse; 0 or -EBADMSG */
int xos_cluster_keys_parse(const char *text, struct xos_cluster_keys *keys);

enum xos_rotation xos_cluster_keys_rotation(const struct xos_cluster_keys *keys);

/** xos_cluster_keys_advance() - to the next line of the list above */
int xos_cluster_keys_advance(struct xos_cluster_keys *keys, struct xos_error *err);

/** xos_cluster_key_id() - what nodes call a key; @hex XOS_KEY_ID_HEX + 1 bytes */
int xos_cluster_key_id(const struct xos_cluster_key *key, char *hex, struct xos_error *err);

/**
 * xos_cluster_keys_expected() - what a node that has these says of itself
 * @text: XOS_KEY_TEXT_MAX bytes, as /sys/kerrighed/key
 */
int xos_cluster_keys_expected(const struct xos_cluster_keys *keys, char *text,
			      struct xos_error *err);

void xos_cluster_keys_wipe(struct xos_cluster_keys *keys);

#endif /* _XOS_DEPLOY_CLUSTER_KEY_H */
