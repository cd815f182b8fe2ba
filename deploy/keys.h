/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keys.h - the secrets of one deployment, made for it and removed with it
 *
 *	keys/id_ed25519(.pub)		logs in on head and nodes
 *	keys/ssh_host_ed25519_key(.pub)	the head's identity
 *	keys/admin-token		opens the boot server's admin requests
 *	keys/cluster-key		what the nodes say to each other (cluster-key.h)
 *	known_hosts			the head's and the nodes' public keys
 *
 * All below the state directory, mode 0600 in a directory 0700.  None ever
 * stands on a command line.
 */
#ifndef _XOS_DEPLOY_KEYS_H
#define _XOS_DEPLOY_KEYS_H

#include "backend.h"

/**
 * xos_keys_create() - make what is missing
 * @state: the deployment's state directory
 * @head_address: dotted quad, for the head's line in known_hosts
 * Return: 0; negative errno with @err naming the file.
 */
int xos_keys_create(const char *state, const char *head_address,
		    struct xos_error *err);

/** xos_keys_remove() - delete them all; missing ones are no error */
void xos_keys_remove(const char *state);

/**
 * xos_keys_trust() - put a node's public host key into known_hosts
 * @state: the deployment's state directory
 * @address: the node's address, dotted quad
 * @key: "ssh-ed25519 AAAA..."; anything else is refused with -EBADMSG
 * The address' older key is replaced: a diskless node makes one at each boot.
 */
int xos_keys_trust(const char *state, const char *address, const char *key,
		   struct xos_error *err);

/**
 * xos_keys_ssh() - the command line that reaches a host of this deployment
 * @state: the deployment's state directory
 * @address: dotted quad
 * @prefix: words before "ssh", NULL-terminated (nsenter ...), or NULL
 * @command: words run there, NULL-terminated; NULL: a login shell
 * @interactive: for a person: terminal, no batch mode, @command is read by the
 *	remote shell; else each word arrives as it is
 * Return: argv, to be given back with words_free(); NULL: no memory.
 */
char **xos_keys_ssh(const char *state, const char *address,
		    const char *const *prefix, const char *const *command,
		    bool interactive);

#endif /* _XOS_DEPLOY_KEYS_H */
