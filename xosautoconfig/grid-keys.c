// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * grid-keys.c - the table of keys
 *
 * "original" marks the keys that the historic globalDefs and localDefs had, with
 * their names; every other key is of this project.  What a historic key drove in
 * the historic tool is known for few of them: the text says what it drives here.
 */
#include <string.h>

#include "grid-keys.h"

#define GLOBAL(key_type) .input = XOS_GRID_GLOBAL, .type = XOS_GRID_##key_type
#define LOCAL(key_type) .input = XOS_GRID_LOCAL, .type = XOS_GRID_##key_type
#define SERVICE(what) GLOBAL(HOST), .fallback = "@core", .example = "10.0.0.1", \
	.drives = what

static const struct xos_grid_key_info keys[XOS_GRID_KEYS] = {
[XOS_GRID_GRIDNAME] = { "GRIDNAME", GLOBAL(TOKEN), .fallback = "grid", .example = "testgrid",
	.drives = "Name of the grid: the organisation in every certificate." },
[XOS_GRID_DOMAINNAME] = { "DOMAIN", GLOBAL(DOMAIN), .fallback = "", .example = "grid.example.org",
	.drives = "DNS domain; host names without a dot get it in /etc/hosts." },
[XOS_GRID_PROXYURL] = { "PROXY", GLOBAL(PROXY), .original = true, .fallback = "noProxy",
	.example = "http://proxy.example.org:3128",
	.drives = "HTTP proxy, for /etc/environment.d." },
[XOS_GRID_NTP] = { "NTP", GLOBAL(HOST_LIST), .original = true, .fallback = "",
	.example = "ntp.example.org",
	.drives = "Time servers of the core node. The other nodes take their time from it: certificates need clocks that agree." },
[XOS_GRID_USESSL] = { "USESSL", GLOBAL(BOOL), .original = true, .fallback = "true",
	.example = "true",
	.drives = "Encryption of XtreemFS. The historic script had false." },
[XOS_GRID_GLOBALVOPSIP] = { "GLOBALVOPSIP", .original = true,
	SERVICE("Where the VO policy service is, for grid.conf.") },
[XOS_GRID_SCALARISBOOTIP] = { "SCALARISBOOTIP", .original = true,
	SERVICE("First peer of the Scalaris overlay, for grid.conf.") },
[XOS_GRID_OWBOOTSTRAPIP] = { "OWBOOTSTRAPIP", .original = true,
	SERVICE("First peer of the Overlay Weaver overlay, for grid.conf.") },
[XOS_GRID_RSSBOOTSTRAPIP] = { "RSSBOOTSTRAPIP", .original = true,
	SERVICE("First peer of the resource selection overlay, for grid.conf.") },
[XOS_GRID_DIXIROOTHOST] = { "DIXIROOTHOST", GLOBAL(HOST), .original = true,
	.fallback = "@corename", .example = "head.example.org",
	.drives = "Name of the DIXI root, for grid.conf." },
[XOS_GRID_DIXIROOTIP] = { "DIXIROOTIP", .original = true,
	SERVICE("Address of the DIXI root, for grid.conf.") },
[XOS_GRID_DIRHOSTIP] = { "DIRHOSTIP", .original = true,
	SERVICE("Where XtreemFS has its directory service (DIR).") },
[XOS_GRID_MRCHOSTIP] = { "MRCHOSTIP", .original = true,
	SERVICE("Where XtreemFS has its metadata service (MRC).") },
[XOS_GRID_OSDHOSTIP] = { "OSDHOSTIP", GLOBAL(HOST_LIST), .original = true,
	.fallback = "@core", .example = "10.0.0.2,10.0.0.3",
	.drives = "Where XtreemFS has its object stores (OSD). The historic key had one; ours may have several." },
[XOS_GRID_CDAHOSTIP] = { "CDAHOSTIP", SERVICE("Where users' credentials come from, for grid.conf.") },
[XOS_GRID_RCAHOSTIP] = { "RCAHOSTIP", SERVICE("Where xos-rcad, the trust service, listens.") },
[XOS_GRID_XVOMSHOSTIP] = { "XVOMSHOSTIP", SERVICE("Where VOs are managed, for grid.conf.") },
[XOS_GRID_RCAPORT] = { "RCAPORT", GLOBAL(NUMBER), .fallback = "8443", .min = 1, .max = 65535,
	.example = "8443", .drives = "TCP port of xos-rcad." },
[XOS_GRID_CAFINGERPRINT] = { "CAFINGERPRINT", GLOBAL(DIGEST), .fallback = "",
	.example = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
	.drives = "SHA-256 of the CA's certificate, as xos-rca init prints it. A resource trusts no other CA." },
[XOS_GRID_CADIR] = { "CADIR", GLOBAL(PATH), .fallback = "/var/lib/xos/rca",
	.example = "/var/lib/xos/rca", .drives = "Where the core node keeps its CA. The units of systemd know the default only." },
[XOS_GRID_CERTDAYS] = { "CERTDAYS", GLOBAL(NUMBER), .fallback = "365", .min = 1, .max = 825,
	.example = "90", .drives = "Days that a certificate is good for." },
[XOS_GRID_KEYALG] = { "KEYALG", GLOBAL(CHOICE), .fallback = "ec:P-256",
	.choices = "ec:P-256|rsa:3072", .example = "ec:P-256",
	.drives = "Kind of every key that is made." },
[XOS_GRID_RCA_AUTOCONFIRM] = { "RCA_AUTOCONFIRM", GLOBAL(NETWORKS), .fallback = "",
	.example = "10.0.0.0/24",
	.drives = "Applications from these networks are confirmed without an admin. For testbeds: it trusts whoever has such an address." },
[XOS_GRID_XTREEMFSVOLUME] = { "XTREEMFSVOLUME", GLOBAL(TOKEN), .fallback = "", .example = "home",
	.drives = "Volume that resources and clients mount. Empty: XtreemFS is not configured." },
[XOS_GRID_XTREEMFSMOUNT] = { "XTREEMFSMOUNT", GLOBAL(PATH), .fallback = "/xtreemfs",
	.example = "/xtreemfs", .drives = "Where they mount it." },
[XOS_GRID_XTREEMFSAUTH] = { "XTREEMFSAUTH", GLOBAL(CHOICE), .fallback = "null",
	.choices = "null|x509", .example = "x509",
	.drives = "How the MRC knows users: what the client says (null), or its certificate." },
[XOS_GRID_GRIDSSL] = { "GRIDSSL", GLOBAL(BOOL), .fallback = "false", .example = "false",
	.drives = "XtreemFS checks certificates but does not encrypt what follows." },
[XOS_GRID_CAPSECRETFILE] = { "CAPSECRETFILE", GLOBAL(PATH),
	.fallback = "", .example = "/etc/xos/xosautoconfig/capsecret",
	.drives = "File whose first line is the secret that MRC and OSDs share, the same on all of them. Default: capsecret beside globalDefs." },
[XOS_GRID_SSIFLAVOUR] = { "SSIFLAVOUR", GLOBAL(CHOICE), .fallback = "none",
	.choices = "none|kerrighed", .example = "kerrighed",
	.drives = "The resource is a single-system-image cluster." },
[XOS_GRID_SESSIONID] = { "SESSIONID", GLOBAL(NUMBER), .fallback = "1", .min = 1, .max = 9999,
	.example = "7",
	.drives = "Session of the cluster, session_id of its modules. Two clusters on one wire need two." },
[XOS_GRID_SSINODES] = { "SSINODES", GLOBAL(NUMBER), .fallback = "1", .min = 1, .max = 1023,
	.example = "3", .drives = "Fewest nodes of the cluster." },
[XOS_GRID_SSINETDEV] = { "SSINETDEV", GLOBAL(TOKEN), .fallback = "", .example = "eth0",
	.drives = "Interface of the cluster's nodes, netdev of its modules." },
[XOS_GRID_CHECKPOINTER] = { "CHECKPOINTER", GLOBAL(CHOICE), .fallback = "auto",
	.choices = "auto|ssi|criu|blcr", .example = "ssi",
	.drives = "What takes checkpoints; auto is ssi in a cluster and criu elsewhere." },
[XOS_GRID_SETMEDIA] = { "SETMEDIA", LOCAL(BOOL), .original = true, .fallback = "false",
	.example = "false",
	.drives = "Historic: package media. Accepted and not used." },
[XOS_GRID_CONFIGUREVO] = { "CONFIGUREVO", LOCAL(BOOL), .original = true, .fallback = "false",
	.example = "false", .drives = "Historic. Accepted and not used: VO names the VOs." },
[XOS_GRID_MYHOSTNAME] = { "MYHOSTNAME", LOCAL(HOST), .original = true, .fallback = "",
	.example = "node-1", .drives = "Name of this node. Default: the name it has." },
[XOS_GRID_MYIP] = { "MYIP", LOCAL(HOST), .original = true, .fallback = "", .example = "10.0.0.17",
	.drives = "Address of this node. Default: what etc/hosts says." },
[XOS_GRID_MYINTERFACE] = { "MYINTERFACE", LOCAL(TOKEN), .original = true, .fallback = "eth0",
	.example = "eth0", .drives = "Interface with that address, for grid.conf." },
[XOS_GRID_MYDISK] = { "MYDISK", LOCAL(PATH), .original = true, .fallback = "",
	.example = "/dev/sda3", .drives = "Disk of this node, for grid.conf." },
[XOS_GRID_MYNODETYPE] = { "MYNODETYPE", LOCAL(CHOICE), .original = true, .fallback = "",
	.choices = "core|resource|client", .example = "resource",
	.drives = "Role of this node. Default: what nodeTypes says." },
[XOS_GRID_XOSDADDRESSEXTERNALADDRESS] = { "XOSDADDRESSEXTERNALADDRESS", LOCAL(HOST),
	.original = true, .fallback = "@me", .example = "10.0.0.17",
	.drives = "Address at which others reach this node, for grid.conf." },
[XOS_GRID_XOSDADDRESSHOST] = { "XOSDADDRESSHOST", LOCAL(HOST), .original = true,
	.fallback = "@me", .example = "10.0.0.17", .drives = "The same inside its site." },
[XOS_GRID_ADDRESSHOST] = { "ADDRESSHOST", LOCAL(HOST), .original = true, .fallback = "@me",
	.example = "10.0.0.17", .drives = "Address that its services listen on, for grid.conf." },
[XOS_GRID_NOPROMPT] = { "NOPROMPT", LOCAL(BOOL), .original = true, .fallback = "true",
	.example = "true", .drives = "With false, xosautoconfig asks for every key that has no value." },
[XOS_GRID_MYNODEID] = { "MYNODEID", LOCAL(NUMBER), .fallback = "", .min = 1, .max = 1023,
	.example = "1", .drives = "Number of this node in its cluster. Default: its place among the resource nodes." },
[XOS_GRID_VO] = { "VO", LOCAL(TOKENS), .fallback = "", .example = "physics,biology",
	.drives = "VOs that this node asks to be a member of." },
};

const char *xos_grid_input_name(enum xos_grid_input input)
{
	static const char *const names[XOS_GRID_INPUTS] = {
		"globalDefs", "localDefs", "nodeTypes", "etc/hosts",
	};

	return names[input];
}

const struct xos_grid_key_info *xos_grid_key_info(enum xos_grid_key key)
{
	return &keys[key];
}

enum xos_grid_key xos_grid_key_find(const char *name)
{
	enum xos_grid_key key;

	for (key = 0; key < XOS_GRID_KEYS; key++)
		if (!strcmp(keys[key].name, name))
			break;
	return key;
}

/* Changes of one letter that make @b of @a; 3 stands for more than 2. */
static unsigned int distance(const char *a, const char *b, unsigned int limit)
{
	unsigned int best, d;

	while (*a && *a == *b)
		a++, b++;
	if (!*a && !*b)
		return 0;
	if (!limit)
		return 1;
	best = *a && *b ? distance(a + 1, b + 1, limit - 1) : limit;
	d = *a ? distance(a + 1, b, limit - 1) : limit;
	best = d < best ? d : best;
	d = *b ? distance(a, b + 1, limit - 1) : limit;
	best = d < best ? d : best;
	return 1 + best;
}

const char *xos_grid_key_like(const char *name)
{
	const char *like = NULL;
	unsigned int best = 3, d;

	for (enum xos_grid_key key = 0; key < XOS_GRID_KEYS; key++) {
		d = strcasecmp(name, keys[key].name) ?
			distance(name, keys[key].name, 2) : 0;
		if (d < best) {
			best = d;
			like = keys[key].name;
		}
	}
	return like;
}
