// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * head-cluster.c - a head's services, exports and units
 *
 * Pure, but for the manifests of the images, whose root's sha256 goes into the
 * kernel command line of nodes that load it into memory.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "head-private.h"

#define MANIFEST_MAX (1 << 20)
#define NFS_THREADS 16
#define NFS_THREADS_MANY 64
#define NFS_NODES_MANY 64

#define TFTP_DIR "/usr/lib/ipxe"	/* Debian's package ipxe */

/* units.S */
extern const char xos_unit_bootd[], xos_unit_dnsmasq[], xos_unit_head[];

uint64_t head_digest(uint64_t seed, const void *data, size_t len)
{
	const unsigned char *s = data;

	/* FNV-1a: nobody gains by a collision here */
	while (len--)
		seed = (seed ^ *s++) * 1099511628211u;
	return seed;
}

uint64_t head_digest_string(uint64_t seed, const char *s)
{
	/* the NUL too, so that "ab","c" is not "a","bc"; NULL is not "" */
	return s ? head_digest(seed, s, strlen(s) + 1) :
		head_digest(seed, "\1", 1);
}

const char *head_image_id(const struct xos_head_input *in,
			  const struct xos_node *node)
{
	const char *id = in->image_ids[node->image - in->inv->images];

	return id && id[0] ? id : NULL;
}

static const char *image_dir(const struct xos_head_input *in)
{
	return in->image_dir ? in->image_dir : XOS_HEAD_IMAGE_DIR;
}

/* An image without a readable manifest has no digest: then it is not checked. */
static void read_sha256(const struct xos_head_input *in, const char *id,
			char sha256[65])
{
	cleanup_free char *text = NULL;
	const char *hash = NULL;
	json_t *manifest;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s/manifest.json", image_dir(in), id);
	text = xos_file_read(path, MANIFEST_MAX, NULL, NULL);
	manifest = text ? json_loads(text, 0, NULL) : NULL;
	json_unpack(manifest, "{s:{s:{s:s}}}", "files", "root.squashfs",
		    "sha256", &hash);
	if (hash && strlen(hash) == 64)
		strcpy(sha256, hash);
	json_decref(manifest);
}

int head_context_init(struct head_context *c, const struct xos_head_input *in,
		      struct xos_error *err)
{
	const struct xos_inventory *inv = in->inv;

	*c = (struct head_context){ .in = in };
	inet_ntop(AF_INET, &inv->head.address, c->address, sizeof(c->address));
	snprintf(c->url, sizeof(c->url), "http://%s:%d", c->address,
		 XOS_BOOTD_PORT);
	c->sha256 = calloc(inv->n_images + 1, sizeof(*c->sha256));
	if (!c->sha256)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	for (size_t i = 0; i < inv->n_images; i++) {
		if (in->image_ids[i] && inv->images[i].root == XOS_ROOT_RAM)
			read_sha256(in, in->image_ids[i], c->sha256[i]);
	}
	return 0;
}

void head_context_exit(struct head_context *c)
{
	free(c->sha256);
	free(c->kept);
}

static bool is_current(const struct head_context *c, const char *id)
{
	const struct xos_head_input *in = c->in;

	for (size_t i = 0; i < in->inv->n_images; i++) {
		if (in->image_ids[i] && !strcmp(in->image_ids[i], id) &&
		    xos_inventory_image_is_used(in->inv, i))
			return true;
	}
	return false;
}

int head_context_keep(struct head_context *c, const char *root,
		      const char *path, struct xos_error *err)
{
	static const char prefix[] = HEAD_UNIT_DIR "/" HEAD_MOUNT;
	char id[17], squashfs[4096];
	void *kept;

	if (strncmp(path, prefix, strlen(prefix)) ||
	    sscanf(path + strlen(prefix), "%16[0-9a-f]", id) != 1 ||
	    strlen(id) != 16 || is_current(c, id))
		return 0;
	snprintf(squashfs, sizeof(squashfs), "%s%s/%s/root.squashfs", root,
		 image_dir(c->in), id);
	if (access(squashfs, F_OK))
		return 0;
	kept = reallocarray(c->kept, c->n_kept + 1, sizeof(*c->kept));
	if (!kept)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	c->kept = kept;
	strcpy(c->kept[c->n_kept++], id);
	return 0;
}

int head_files_add(struct xos_head_files *files, char *path, char *text,
		   mode_t mode, unsigned int needs, struct xos_error *err)
{
	if (files->n == files->room) {
		size_t room = files->room ? 2 * files->room : 64;
		void *file = reallocarray(files->file, room,
					  sizeof(*files->file));

		if (file) {
			files->file = file;
			files->room = room;
		}
	}
	if (!path || !text || files->n == files->room) {
		free(path);
		free(text);
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	}
	files->file[files->n++] = (struct xos_head_file){
		.path = path, .text = text, .mode = mode, .needs = needs,
	};
	return 0;
}

void head_files_clear(struct xos_head_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		free(files->file[i].path);
		/* one of them is the token */
		explicit_bzero(files->file[i].text, strlen(files->file[i].text));
		free(files->file[i].text);
	}
	free(files->file);
	*files = (struct xos_head_files){ 0 };
}

void xos_head_files_free(struct xos_head_files *files)
{
	if (!files)
		return;
	head_files_clear(files);
	free(files);
}

static struct in_addr network(const struct xos_head *head)
{
	return (struct in_addr){
		head->address.s_addr & htonl(~(UINT32_MAX >> head->prefix)),
	};
}

/* A private IPv6 prefix of this cluster's own: fd and 40 bits (RFC 4193). */
static void add_prefix(struct xos_text *text, const struct xos_inventory *inv,
		       const char *rest)
{
	uint64_t d = head_digest_string(14695981039346656037u, inv->name);

	d = head_digest(d, &inv->session, sizeof(inv->session));
	xos_text_add(text, "fd%02x:%x:%x::%s", (unsigned int)(d >> 32) & 0xff,
		     (unsigned int)(d >> 16) & 0xffff, (unsigned int)d & 0xffff,
		     rest);
}

static void make_dnsmasq(const struct head_context *c, struct xos_text *text)
{
	const struct xos_inventory *inv = c->in->inv;
	struct in_addr mask = { htonl(~(UINT32_MAX >> inv->head.prefix)) };
	struct in_addr net = network(&inv->head);
	char network_text[INET_ADDRSTRLEN], mask_text[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &net, network_text, sizeof(network_text));
	inet_ntop(AF_INET, &mask, mask_text, sizeof(mask_text));
	xos_text_add(text, HEAD_MADE
		     "port=0\n"
		     "interface=%s\n"
		     "except-interface=lo\n"
		     "bind-dynamic\n"
		     "no-resolv\n"
		     "no-hosts\n"
		     "\n"
		     "# Only known machines get an address, and at once.\n"
		     "dhcp-authoritative\n"
		     "no-ping\n"
		     "leasefile-ro\n"
		     "dhcp-range=%s,static,%s,1h\n"
		     "dhcp-hostsfile=" HEAD_DIR "/%s/hosts\n"
		     "\n", inv->head.interface, network_text, mask_text,
		     inv->name);
	xos_text_add(text,
		     "# iPXE gets its script by HTTP; other firmware gets iPXE first.\n"
		     "dhcp-match=set:ipxe,175\n"
		     "dhcp-match=set:efi,option:client-arch,7\n"
		     "dhcp-match=set:efi,option:client-arch,9\n"
		     "dhcp-boot=tag:ipxe,%s/boot/${mac:hexhyp}\n"
		     "dhcp-boot=tag:!ipxe,tag:efi,snponly.efi\n"
		     "dhcp-boot=tag:!ipxe,tag:!efi,undionly.kpxe\n"
		     "enable-tftp\n"
		     "tftp-root=" TFTP_DIR "\n"
		     "tftp-no-fail\n"
		     "\n"
		     "# Without these iPXE waits 17 s for IPv6.  0: no default route.\n"
		     "enable-ra\n"
		     "ra-param=%s,60,0\n"
		     "dhcp-range=", c->url, inv->head.interface);
	add_prefix(text, inv, "");
	xos_text_add(text, ",ra-only\n");
}

static void make_env(const struct head_context *c, struct xos_text *text)
{
	xos_text_add(text, HEAD_MADE "XOS_INTERFACE=%s\nXOS_RA_ADDRESS=",
		     c->in->inv->head.interface);
	add_prefix(text, c->in->inv, "1/64\n");
}

static void make_bootd(const struct head_context *c, struct xos_text *text)
{
	const struct xos_inventory *inv = c->in->inv;

	xos_text_add(text, HEAD_MADE
		     "listen %s\n"
		     "port %d\n"
		     "url %s\n"
		     "slots %u\n"
		     "nodes " HEAD_DIR "/%s/nodes\n"
		     "image-dir %s\n", c->address, XOS_BOOTD_PORT, c->url,
		     inv->head.slots, inv->name, image_dir(c->in));
	if (c->in->admin_token)
		xos_text_add(text, "token-file " HEAD_ETC "/admin-token-%s\n",
			     inv->name);
	for (size_t i = 0; i < inv->n_images; i++) {
		if (c->in->image_ids[i] && xos_inventory_image_is_used(inv, i))
			xos_text_add(text, "image %s\n", c->in->image_ids[i]);
	}
}

static void make_token(const struct head_context *c, struct xos_text *text)
{
	const char *token = c->in->admin_token ? c->in->admin_token : "";

	xos_text_add(text, "%.*s\n", (int)strcspn(token, "\n"), token);
}

/* An explicit fsid keeps file handles valid when the head restarts. */
static void add_export(struct xos_text *text, const struct xos_inventory *inv,
		       const char *path, const char *options)
{
	struct in_addr net = network(&inv->head);
	uint64_t a = head_digest_string(14695981039346656037u, path);
	uint64_t b = head_digest_string(a, inv->name);
	char address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &net, address, sizeof(address));
	xos_text_add(text, "%s %s/%u(%s,no_subtree_check,no_root_squash,fsid=%08x-%04x-%04x-%04x-%012llx)\n",
		     path, address, inv->head.prefix, options,
		     (unsigned int)(a >> 32), (unsigned int)(a >> 16) & 0xffff,
		     (unsigned int)a & 0xffff, (unsigned int)(b >> 48),
		     (unsigned long long)(b & 0xffffffffffff));
}

static bool is_exported(const struct head_context *c, size_t i)
{
	const struct xos_inventory *inv = c->in->inv;

	return c->in->image_ids[i] && inv->images[i].root == XOS_ROOT_NFS &&
		xos_inventory_image_is_used(inv, i);
}

/* "mountpoint": an image that is not mounted is not there, rather than empty. */
static void add_image_export(struct xos_text *text,
			     const struct xos_inventory *inv, const char *id)
{
	char path[64];

	snprintf(path, sizeof(path), HEAD_EXPORT_DIR "/%s", id);
	add_export(text, inv, path, "ro,async,mountpoint");
}

/* no_root_squash: nodes mount as root, and what is in their root belongs to it. */
static void make_exports(const struct head_context *c, struct xos_text *text)
{
	const struct xos_inventory *inv = c->in->inv;

	xos_text_add(text, HEAD_MADE);
	for (size_t i = 0; i < inv->n_images; i++) {
		if (is_exported(c, i))
			add_image_export(text, inv, c->in->image_ids[i]);
	}
	for (size_t i = 0; i < c->n_kept; i++)
		add_image_export(text, inv, c->kept[i]);
	if (inv->head.config)
		add_export(text, inv, inv->head.config, "rw,sync");
}

static void make_nfs(const struct head_context *c, struct xos_text *text)
{
	/* one step only: another number means a restart under running nodes */
	int threads = c->in->inv->n_nodes > NFS_NODES_MANY ? NFS_THREADS_MANY :
		NFS_THREADS;

	xos_text_add(text, HEAD_MADE
		     "# NFS 4.2 only: one port, no rpcbind, no statd.\n"
		     "[nfsd]\n"
		     "udp=n\n"
		     "tcp=y\n"
		     "vers3=n\n"
		     "vers4=y\n"
		     "vers4.0=n\n"
		     "vers4.1=n\n"
		     "vers4.2=y\n"
		     "threads=%d\n"
		     "# Nodes that come back after a restart wait that long.\n"
		     "grace-time=10\n"
		     "lease-time=15\n", threads);
}

static int add_made(struct xos_head_files *files, const char *path,
		    struct xos_text *text, mode_t mode, unsigned int needs,
		    struct xos_error *err)
{
	return head_files_add(files, strdup(path), xos_text_take(text), mode,
			      needs, err);
}

static int add_mount(const struct head_context *c, const char *id,
		     struct xos_head_files *files, struct xos_error *err)
{
	struct xos_text unit = { 0 }, target = { 0 };
	char path[512];
	int rc;

	xos_text_add(&unit, HEAD_MADE
		     "[Unit]\n"
		     "Description=Image %s for nodes\n"
		     "Before=nfs-server.service\n"
		     "\n"
		     "[Mount]\n"
		     "What=%s/%s/root.squashfs\n"
		     "Where=" HEAD_EXPORT_DIR "/%s\n"
		     "Type=squashfs\n"
		     "Options=ro,nodev\n", id, image_dir(c->in), id, id);
	snprintf(path, sizeof(path), HEAD_UNIT_DIR "/" HEAD_MOUNT "%s.mount", id);
	rc = add_made(files, path, &unit, S_IFREG | 0644, XOS_HEAD_UNITS, err);
	if (rc)
		return rc;
	xos_text_add(&target, "../" HEAD_MOUNT "%s.mount", id);
	snprintf(path, sizeof(path),
		 HEAD_UNIT_DIR "/xos-head@%s.target.wants/" HEAD_MOUNT "%s.mount",
		 c->in->inv->name, id);
	return add_made(files, path, &target, S_IFLNK | 0777, XOS_HEAD_UNITS, err);
}

/* The files that are always there; %s in a path is the cluster's name. */
static const struct {
	const char *path;
	void (*make)(const struct head_context *c, struct xos_text *text);
	const char *unit;		/* its text, in place of @make */
	mode_t mode;
	unsigned int needs;
} table[] = {
	{ HEAD_ETC "/dnsmasq-%s.conf", make_dnsmasq, NULL, 0644,
	  XOS_HEAD_DNSMASQ_RESTART },
	{ HEAD_ETC "/head-%s.env", make_env, NULL, 0644,
	  XOS_HEAD_DNSMASQ_RESTART },
	{ HEAD_ETC "/bootd-%s.conf", make_bootd, NULL, 0644,
	  XOS_HEAD_BOOTD_RELOAD },
	{ HEAD_ETC "/admin-token-%s", make_token, NULL, 0600,
	  XOS_HEAD_BOOTD_RESTART },
	{ "/etc/exports.d/xos-%s.exports", make_exports, NULL, 0644,
	  XOS_HEAD_EXPORTS },
	{ HEAD_NFS_CONF, make_nfs, NULL, 0644,
	  XOS_HEAD_NFS_RESTART },
	{ HEAD_UNIT_DIR "/xos-bootd@.service", NULL, xos_unit_bootd, 0644,
	  XOS_HEAD_UNITS | XOS_HEAD_BOOTD_RESTART },
	{ HEAD_UNIT_DIR "/xos-dnsmasq@.service", NULL, xos_unit_dnsmasq, 0644,
	  XOS_HEAD_UNITS | XOS_HEAD_DNSMASQ_RESTART },
	{ HEAD_UNIT_DIR "/xos-head@.target", NULL, xos_unit_head, 0644,
	  XOS_HEAD_UNITS },
};

int head_cluster_files(const struct head_context *c,
		       struct xos_head_files *files, struct xos_error *err)
{
	const struct xos_inventory *inv = c->in->inv;
	struct xos_text link = { 0 };
	char path[512];
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(table) / sizeof(table[0]); i++) {
		struct xos_text text = { 0 };

		snprintf(path, sizeof(path), table[i].path, inv->name);
		if (table[i].make)
			table[i].make(c, &text);
		else
			xos_text_add(&text, "%s", table[i].unit);
		rc = add_made(files, path, &text, S_IFREG | table[i].mode,
			      table[i].needs, err);
	}
	for (size_t i = 0; !rc && i < inv->n_images; i++) {
		if (is_exported(c, i))
			rc = add_mount(c, c->in->image_ids[i], files, err);
	}
	for (size_t i = 0; !rc && i < c->n_kept; i++)
		rc = add_mount(c, c->kept[i], files, err);
	if (rc)
		return rc;
	/* what "systemctl enable" would do, without its reload of all units */
	snprintf(path, sizeof(path),
		 HEAD_UNIT_DIR "/multi-user.target.wants/xos-head@%s.target",
		 inv->name);
	xos_text_add(&link, "../xos-head@.target");
	return add_made(files, path, &link, S_IFLNK | 0777, XOS_HEAD_UNITS, err);
}

unsigned int head_removal_needs(const char *path)
{
	/* files that come and go with an inventory: mounts and their links */
	return strncmp(path, HEAD_UNIT_DIR "/", strlen(HEAD_UNIT_DIR) + 1) ? 0 :
		XOS_HEAD_UNITS;
}

struct xos_head_files *head_all_files(const struct head_context *c,
				      struct xos_error *err)
{
	struct xos_head_files *files = calloc(1, sizeof(*files));
	int rc = files ? head_cluster_files(c, files, err) :
		xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");

	if (!rc)
		rc = head_node_files(c, files, err);
	if (rc) {
		xos_head_files_free(files);
		return NULL;
	}
	return files;
}

struct xos_head_files *xos_head_files(const struct xos_head_input *in,
				      struct xos_error *err)
{
	struct xos_head_files *files = NULL;
	struct head_context c;

	if (!head_context_init(&c, in, err))
		files = head_all_files(&c, err);
	head_context_exit(&c);
	return files;
}
