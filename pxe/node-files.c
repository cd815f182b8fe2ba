// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * node-files.c - find and read the generated files of one node
 *
 * A script has the lines "set node NAME" and "set address ADDRESS", which iPXE
 * itself uses; a config has "hostname NAME" and the address as its file name.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libxos/atomic.h"
#include "node-files.h"

int xos_mac_canonical(const char *text, char mac[18])
{
	for (int i = 0; i < 17; i++) {
		unsigned char c = text[i];

		if (i % 3 == 2) {
			if (c != '-' && c != ':')
				return -EINVAL;
			mac[i] = '-';
		} else {
			if (!isxdigit(c))
				return -EINVAL;
			mac[i] = tolower(c);
		}
	}
	mac[17] = '\0';
	return text[17] ? -EINVAL : 0;
}

/* Copy the rest of the line that begins with @key into @value. */
static bool get_value(const char *text, const char *key, char *value,
		      size_t size)
{
	size_t key_len = strlen(key);

	while (*text) {
		size_t len = strcspn(text, "\n");

		if (len > key_len && !strncmp(text, key, key_len) &&
		    len - key_len < size) {
			memcpy(value, text + key_len, len - key_len);
			value[len - key_len] = '\0';
			return true;
		}
		text += len + (text[len] == '\n');
	}
	return false;
}

static int unnamed(const char *path, struct xos_node_file *file,
		   struct xos_error *err)
{
	free(file->text);
	file->text = NULL;
	return xos_error_set(err, -EBADMSG, XOS_EXIT_FAILED,
			     "%s: does not say which node it is for; run 'xos-ssi-deploy head install' again",
			     path);
}

int xos_node_file_boot(const char *dir, const char *mac,
		       struct xos_node_file *file, struct xos_error *err)
{
	char address[INET_ADDRSTRLEN];
	char path[4096];
	struct xos_error local;

	err = err ? err : &local;	/* its code is needed */
	snprintf(path, sizeof(path), "%s/%s.ipxe", dir, mac);
	file->text = xos_file_read(path, XOS_NODE_FILE_MAX, &file->len, err);
	if (!file->text)
		return err->code;
	if (!get_value(file->text, "set node ", file->name, sizeof(file->name)) ||
	    !get_value(file->text, "set address ", address, sizeof(address)) ||
	    inet_pton(AF_INET, address, &file->address) != 1)
		return unnamed(path, file, err);
	return 0;
}

int xos_node_file_config(const char *dir, struct in_addr address,
			 struct xos_node_file *file, struct xos_error *err)
{
	char name[INET_ADDRSTRLEN];
	char path[4096];
	struct xos_error local;

	err = err ? err : &local;
	inet_ntop(AF_INET, &address, name, sizeof(name));
	snprintf(path, sizeof(path), "%s/%s.conf", dir, name);
	file->text = xos_file_read(path, XOS_NODE_FILE_MAX, &file->len, err);
	if (!file->text)
		return err->code;
	file->address = address;
	if (!get_value(file->text, "hostname ", file->name, sizeof(file->name)))
		return unnamed(path, file, err);
	return 0;
}
