/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bootd-conf.h - the boot server's settings
 *
 * A file of lines "key value"; head-cluster.c writes it, xos-bootd(8) lists the
 * keys.
 */
#ifndef _XOS_BOOTD_CONF_H
#define _XOS_BOOTD_CONF_H

#include <netinet/in.h>

#include "../libxos/error.h"
#include "../libxos/inventory.h"

#define XOS_TOKEN_MAX 255

/**
 * struct xos_bootd_conf - settings
 * @listen: address to listen on; its port may be 0 (tests: any free one)
 * @url: how nodes reach it, "http://10.77.0.1:8069", no slash at the end
 * @nodes: absolute path of the file of nodes, see node-store.h
 * @image_dir: absolute directory
 * @token: what an admin has to show; "" = there is no admin
 * @slots: nodes that may load at once; 0 = no limit
 * @images: ids that are in use, checked when the server starts
 */
struct xos_bootd_conf {
	struct sockaddr_in listen;
	char *url;
	char *nodes;
	char *image_dir;
	char token[XOS_TOKEN_MAX + 1];
	unsigned int slots;
	char (*images)[17];
	size_t n_images;
};

/**
 * xos_bootd_conf_load() - read a file of settings
 * @file: its path
 * @token_file: stands in for the file's own "token-file"; NULL: that one
 * Return: the settings, for xos_bootd_conf_free(); NULL with "FILE:LINE: ..."
 *	in @err, XOS_EXIT_USAGE.
 */
struct xos_bootd_conf *xos_bootd_conf_load(const char *file,
					   const char *token_file,
					   struct xos_error *err);
void xos_bootd_conf_free(struct xos_bootd_conf *conf);

/**
 * xos_token_read() - the first line of a file that holds a token
 * @token: receives it, 1..XOS_TOKEN_MAX printable characters
 * Return: 0; negative errno with @err.
 */
int xos_token_read(const char *file, char token[XOS_TOKEN_MAX + 1],
		   struct xos_error *err);

#endif /* _XOS_BOOTD_CONF_H */
