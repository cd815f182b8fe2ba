/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * grid-keys.h - every key of globalDefs and localDefs, once
 *
 * The parser, the questions, the samples and the page xosautoconfig(5) all come
 * from the table in grid-keys.c, so none can know a key that another does not.
 */
#ifndef _XOS_GRID_KEYS_H
#define _XOS_GRID_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/* Files of the input directory. */
enum xos_grid_input {
	XOS_GRID_GLOBAL,		/* globalDefs: the same on every node */
	XOS_GRID_LOCAL,			/* localDefs: of this node */
	XOS_GRID_TYPES,			/* nodeTypes: who is what */
	XOS_GRID_HOSTS,			/* etc/hosts: names and addresses */
	XOS_GRID_INPUTS,
};

enum xos_grid_type {
	XOS_GRID_BOOL,			/* true or false */
	XOS_GRID_NUMBER,		/* of a range */
	XOS_GRID_TOKEN,			/* a name of letters, digits, . _ - */
	XOS_GRID_TOKENS,		/* several, separated by commas */
	XOS_GRID_DOMAIN,		/* DNS domain */
	XOS_GRID_HOST,			/* name or address */
	XOS_GRID_HOST_LIST,		/* several, separated by commas */
	XOS_GRID_NETWORKS,		/* IPv4 networks, separated by commas */
	XOS_GRID_PROXY,			/* noProxy or an http URL */
	XOS_GRID_PATH,			/* absolute */
	XOS_GRID_CHOICE,		/* one of some words */
	XOS_GRID_DIGEST,		/* SHA-256, 64 hex digits */
};

enum xos_grid_key {
	XOS_GRID_GRIDNAME,
	XOS_GRID_DOMAINNAME,
	XOS_GRID_PROXYURL,
	XOS_GRID_NTP,
	XOS_GRID_USESSL,
	XOS_GRID_GLOBALVOPSIP,
	XOS_GRID_SCALARISBOOTIP,
	XOS_GRID_OWBOOTSTRAPIP,
	XOS_GRID_RSSBOOTSTRAPIP,
	XOS_GRID_DIXIROOTHOST,
	XOS_GRID_DIXIROOTIP,
	XOS_GRID_DIRHOSTIP,
	XOS_GRID_MRCHOSTIP,
	XOS_GRID_OSDHOSTIP,
	XOS_GRID_CDAHOSTIP,
	XOS_GRID_RCAHOSTIP,
	XOS_GRID_XVOMSHOSTIP,
	XOS_GRID_RCAPORT,
	XOS_GRID_CAFINGERPRINT,
	XOS_GRID_CADIR,
	XOS_GRID_CERTDAYS,
	XOS_GRID_KEYALG,
	XOS_GRID_RCA_AUTOCONFIRM,
	XOS_GRID_XTREEMFSVOLUME,
	XOS_GRID_XTREEMFSMOUNT,
	XOS_GRID_XTREEMFSAUTH,
	XOS_GRID_GRIDSSL,
	XOS_GRID_CAPSECRETFILE,
	XOS_GRID_SSIFLAVOUR,
	XOS_GRID_SESSIONID,
	XOS_GRID_SSINODES,
	XOS_GRID_SSINETDEV,
	XOS_GRID_CHECKPOINTER,
	XOS_GRID_SETMEDIA,
	XOS_GRID_CONFIGUREVO,
	XOS_GRID_MYHOSTNAME,
	XOS_GRID_MYIP,
	XOS_GRID_MYINTERFACE,
	XOS_GRID_MYDISK,
	XOS_GRID_MYNODETYPE,
	XOS_GRID_XOSDADDRESSEXTERNALADDRESS,
	XOS_GRID_XOSDADDRESSHOST,
	XOS_GRID_ADDRESSHOST,
	XOS_GRID_NOPROMPT,
	XOS_GRID_MYNODEID,
	XOS_GRID_VO,
	XOS_GRID_KEYS,
};

/**
 * struct xos_grid_key_info - a row of the table
 * @name: as it is written in the file
 * @input: the file it belongs to
 * @type: what its value is
 * @original: a key that the historic files had; the others are ours
 * @fallback: value when there is none; "@core" is the core node's address,
 *	"@corename" its name, "@me" this node's address; "" means none
 * @choices: of XOS_GRID_CHOICE: the words, separated by |
 * @min, @max: of XOS_GRID_NUMBER
 * @example: a value that is right
 * @drives: what it is for, one or two sentences
 */
struct xos_grid_key_info {
	const char *name;
	enum xos_grid_input input;
	enum xos_grid_type type;
	bool original;
	const char *fallback;
	const char *choices;
	unsigned int min, max;
	const char *example;
	const char *drives;
};

/** xos_grid_input_name() - "globalDefs", ..., "etc/hosts" */
const char *xos_grid_input_name(enum xos_grid_input input);

/** xos_grid_key_info() - the row of a key, which has to be below XOS_GRID_KEYS */
const struct xos_grid_key_info *xos_grid_key_info(enum xos_grid_key key);

/**
 * xos_grid_key_find() - the key with a name
 * Return: it; XOS_GRID_KEYS: there is none.
 */
enum xos_grid_key xos_grid_key_find(const char *name);

/** xos_grid_key_like() - the known name nearest to a wrong one, or NULL */
const char *xos_grid_key_like(const char *name);

/**
 * xos_grid_value_check() - is it a value for this key?  An empty one always is.
 * @why: @size bytes for the reason, "is neither true nor false"
 */
bool xos_grid_value_check(enum xos_grid_key key, const char *value, char *why,
			  size_t size);

/** xos_grid_type_text() - what values of a key look like, in words, into @text */
void xos_grid_type_text(enum xos_grid_key key, char *text, size_t size);

#endif /* _XOS_GRID_KEYS_H */
