// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test-bootd.c - the boot server, asked as nodes, strangers and the admin would
 *
 * The server runs in this process on a free port of 127.0.0.1; a node is another
 * address of 127.0.0.0/8, to which the client binds:
 *
 *	127.0.0.11 node-1	127.0.0.12 node-2	127.0.0.99 nobody
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <jansson.h>
#include <openssl/evp.h>

#include "libxos/atomic.h"
#include "pxe/bootd-client.h"
#include "pxe/bootd.h"
#include "tests/remove-tree.h"

#define ID "0123456789abcdef"
#define NODE_1 "127.0.0.11"
#define NODE_2 "127.0.0.12"
#define NOBODY "127.0.0.99"
#define MAC_1 "52-54-00-01-00-01"
#define MAC_2 "52-54-00-01-00-02"
#define KERNEL_SIZE 100000
#define TOKEN "a-secret-token"

static char dir[64], url[64], token_file[128];
static struct xos_bootd *bootd;

/* What came back from the last request. */
static struct answer {
	long code;
	char body[256 << 10];
	size_t len;
	char headers[4096];
} a;

static void make_file(const char *name, const void *data, size_t len)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	*strrchr(path, '/') = '\0';
	assert_int_equal(xos_mkdir_p(path, 0755, NULL), 0);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(xos_file_write(path, data, len, 0644, false, NULL), 0);
}

static void make_text(const char *name, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void make_text(const char *name, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	make_file(name, text, strlen(text));
}

/* The file of nodes: so far, and how many they are. */
static char records[2048];
static int n_nodes;

static void make_nodes(void)
{
	make_text("nodes", "# a comment\nxos-nodes 1 %d\nall authorized_key k\n%s",
		  n_nodes, records);
}

static void make_node(const char *name, const char *address, const char *mac)
{
	size_t len = strlen(records);

	snprintf(records + len, sizeof(records) - len,
		 "\nnode %s %s %s\nboot " ID " 3 ip=x root=y\nconfig module loop\n",
		 name, mac, address);
	n_nodes++;
	make_nodes();
}

static unsigned char kernel[KERNEL_SIZE];

static void make_image(void)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char hex[65] = "";

	for (size_t i = 0; i < sizeof(kernel); i++)
		kernel[i] = i * 7 + i / 256;
	EVP_Digest(kernel, sizeof(kernel), digest, NULL, EVP_sha256(), NULL);
	for (int i = 0; i < 32; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	make_file("images/" ID "/vmlinuz", kernel, sizeof(kernel));
	make_text("images/" ID "/secret", "not in the manifest\n");
	make_text("images/" ID "/manifest.json",
		  "{\"id\":\"" ID "\",\"files\":{\"vmlinuz\":{\"size\":%d,\"sha256\":\"%s\"}}}",
		  KERNEL_SIZE, hex);
}

static struct xos_bootd_conf *load_conf(int slots, int port)
{
	struct xos_error err = { 0 };
	struct xos_bootd_conf *conf;
	char path[128];

	make_text("bootd.conf",
		  "# a comment\nlisten 127.0.0.1\nport %d\nurl http://10.77.0.1:8069\n"
		  "slots %d\nnodes %s/nodes\nimage-dir %s/images\n"
		  "token-file %s/token\nimage " ID "\n", port, slots, dir, dir, dir);
	snprintf(path, sizeof(path), "%s/bootd.conf", dir);
	conf = xos_bootd_conf_load(path, NULL, &err);
	if (!conf)
		fail_msg("%s", err.text);
	return conf;
}

static void start(int slots)
{
	struct xos_error err = { 0 };

	bootd = xos_bootd_start(load_conf(slots, 0), NULL, &err);
	if (!bootd)
		fail_msg("%s", err.text);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", xos_bootd_port(bootd));
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/xos-bootd-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	n_nodes = 0;
	records[0] = '\0';
	make_node("node-1", NODE_1, MAC_1);
	make_node("node-2", NODE_2, MAC_2);
	make_image();
	make_text("token", TOKEN "\n");
	snprintf(token_file, sizeof(token_file), "%s/token", dir);
	start(1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	xos_bootd_stop(bootd);
	remove_tree(dir);
	return 0;
}

static size_t take_body(char *data, size_t one, size_t n, void *arg)
{
	(void)one;
	(void)arg;
	if (n > sizeof(a.body) - 1 - a.len)
		return 0;
	memcpy(a.body + a.len, data, n);
	a.len += n;
	a.body[a.len] = '\0';
	return n;
}

static size_t take_header(char *data, size_t one, size_t n, void *arg)
{
	(void)one;
	(void)arg;
	strncat(a.headers, data, n < sizeof(a.headers) - 1 - strlen(a.headers) ? n : 0);
	return n;
}

/* What a request has beyond its path; all may be NULL. */
struct how {
	const char *from;	/* source address */
	const char *agent;
	const char *header;
	const char *post;
	size_t post_len;
	const char *method;
};

static long ask(const char *path, struct how how)
{
	struct curl_slist *headers = NULL;
	CURL *curl = curl_easy_init();
	char full[512];
	CURLcode rc;

	memset(&a, 0, sizeof(a));
	snprintf(full, sizeof(full), "%s%s", url, path);
	curl_easy_setopt(curl, CURLOPT_URL, full);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
	curl_easy_setopt(curl, CURLOPT_INTERFACE, how.from);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, how.agent);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	if (how.post) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE,
				 how.post_len ? (long)how.post_len : (long)strlen(how.post));
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, how.post);
	}
	if (how.method && !strcmp(how.method, "HEAD"))
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	else if (how.method)
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, how.method);
	if (how.header)
		headers = curl_slist_append(headers, how.header);
	/* a body at once, without asking first */
	headers = curl_slist_append(headers, "Expect:");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	rc = curl_easy_perform(curl);
	if (rc)
		fail_msg("%s: %s", path, curl_easy_strerror(rc));
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &a.code);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return a.code;
}

static long admin(const char *path)
{
	return ask(path, (struct how){ .header = "Authorization: Bearer " TOKEN });
}

static long report(const char *from, const char *body)
{
	return ask("/report", (struct how){ .from = from, .post = body });
}

/* Is there an event with these?  @detail is how it begins. */
static bool has_event(const char *node, const char *kind, const char *stage,
		      const char *detail)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "\"node\":\"%s\",\"kind\":\"%s\",\"stage\":\"%s\",\"detail\":\"%s",
		 node, kind, stage, detail);
	return admin("/events") == 200 && strstr(a.body, text);
}

static void script_is_for_its_node(void **state)
{
	(void)state;
	assert_int_equal(ask("/boot/" MAC_1 "?try=3", (struct how){ .from = NODE_1 }), 200);
	assert_non_null(strstr(a.body, "#!ipxe\nset node node-1\nset address " NODE_1 "\n"
			       "set image http://10.77.0.1:8069/img/" ID "\n"));
	assert_non_null(strstr(a.body, "/vmlinuz ${initrd} ip=x root=y || goto failed\n"));
	/* any spelling of the MAC */
	assert_int_equal(ask("/boot/52:54:00:01:00:01", (struct how){ .from = NODE_1 }), 200);
	assert_true(has_event("node-1", "script", "", "try 3"));
}

static void unknown_mac_is_told_why(void **state)
{
	(void)state;
	assert_int_equal(ask("/boot/52-54-00-01-00-77", (struct how){ .from = NOBODY }), 403);
	assert_non_null(strstr(a.body, "not in the inventory"));
	/* iPXE shows nothing but a script */
	assert_int_equal(ask("/boot/52-54-00-01-00-77",
			     (struct how){ .from = NOBODY, .agent = "iPXE/1.0.0+git" }), 200);
	assert_int_equal(strncmp(a.body, "#!ipxe\necho 52-54-00-01-00-77", 29), 0);
	assert_non_null(strstr(a.body, "\nreboot\n"));
	assert_int_equal(ask("/boot/..%2f..%2fetc%2fpasswd", (struct how){ 0 }), 400);
	assert_int_equal(ask("/boot/", (struct how){ 0 }), 400);
	admin("/events");
	assert_non_null(strstr(a.body, "\"kind\":\"refused\""));
}

static void wrong_address_is_refused(void **state)
{
	(void)state;
	assert_int_equal(ask("/boot/" MAC_1, (struct how){ .from = NODE_2 }), 403);
	assert_non_null(strstr(a.body, "another DHCP server"));
	assert_true(has_event("node-1", "refused", "", ""));
	admin("/status");
	assert_non_null(strstr(a.body, "\"used\":0"));
}

static void second_node_waits_for_the_slot(void **state)
{
	unsigned int wait_s = 0;

	(void)state;
	assert_int_equal(ask("/boot/" MAC_1, (struct how){ .from = NODE_1 }), 200);
	assert_int_equal(ask("/boot/" MAC_2, (struct how){ .from = NODE_2, .agent = "iPXE" }), 200);
	assert_int_equal(sscanf(strstr(a.body, "\nsleep "), "\nsleep %u", &wait_s), 1);
	assert_in_range(wait_s, 1, 12);
	assert_non_null(strstr(a.body, "http://10.77.0.1:8069/boot/" MAC_2 "?try=1 || goto"));
	/* a person gets it as HTTP says it */
	assert_int_equal(ask("/boot/" MAC_2, (struct how){ .from = NODE_2 }), 503);
	assert_non_null(strstr(a.headers, "Retry-After: "));
	assert_int_equal(report(NODE_1, "stage initramfs"), 204);
	assert_int_equal(ask("/boot/" MAC_2, (struct how){ .from = NODE_2 }), 503);
	assert_int_equal(report(NODE_1, "stage root"), 204);
	assert_int_equal(ask("/boot/" MAC_2, (struct how){ .from = NODE_2 }), 200);
	assert_true(has_event("node-2", "wait", "", ""));
}

static void failed_node_frees_its_slot(void **state)
{
	(void)state;
	ask("/boot/" MAC_1, (struct how){ .from = NODE_1 });
	assert_int_equal(report(NODE_1, "stage failed\ndetail no root"), 204);
	assert_int_equal(ask("/boot/" MAC_2, (struct how){ .from = NODE_2 }), 200);
}

static void image_whole_and_in_ranges(void **state)
{
	char etag[64], header[128], *s;

	(void)state;
	assert_int_equal(ask("/img/" ID "/vmlinuz", (struct how){ .from = NODE_1 }), 200);
	assert_int_equal(a.len, KERNEL_SIZE);
	assert_memory_equal(a.body, kernel, KERNEL_SIZE);
	s = strstr(a.headers, "ETag: ");
	assert_non_null(s);
	snprintf(etag, sizeof(etag), "%.*s", (int)strcspn(s + 6, "\r"), s + 6);

	assert_int_equal(ask("/img/" ID "/vmlinuz", (struct how){ .header = "Range: bytes=10-19" }), 206);
	assert_int_equal(a.len, 10);
	assert_memory_equal(a.body, kernel + 10, 10);
	assert_non_null(strstr(a.headers, "Content-Range: bytes 10-19/100000\r"));
	assert_int_equal(ask("/img/" ID "/vmlinuz", (struct how){ .header = "Range: bytes=-5" }), 206);
	assert_memory_equal(a.body, kernel + KERNEL_SIZE - 5, 5);
	assert_int_equal(ask("/img/" ID "/vmlinuz", (struct how){ .header = "Range: bytes=100000-" }), 416);
	assert_non_null(strstr(a.headers, "Content-Range: bytes */100000\r"));
	assert_int_equal(ask("/img/" ID "/vmlinuz", (struct how){ .header = "Range: bytes=0-1,3-4" }), 200);
	assert_int_equal(a.len, KERNEL_SIZE);

	snprintf(header, sizeof(header), "If-None-Match: %s", etag);
	assert_int_equal(ask("/img/" ID "/vmlinuz", (struct how){ .header = header }), 304);
	assert_int_equal(a.len, 0);
	assert_int_equal(ask("/img/" ID "/vmlinuz", (struct how){ .header = "If-None-Match: \"x\"" }), 200);

	assert_int_equal(ask("/img/" ID "/vmlinuz", (struct how){ .method = "HEAD" }), 200);
	assert_int_equal(a.len, 0);
	assert_non_null(strstr(a.headers, "Content-Length: 100000\r"));

	/* the request's end is seen after its answer */
	for (int i = 0; i < 50; i++) {
		if (has_event("node-1", "fetch", "vmlinuz", "100000 bytes"))
			return;
		usleep(20000);
	}
	fail_msg("no fetch event");
}

static void only_what_the_manifest_names(void **state)
{
	static const char *const paths[] = {
		"/img/" ID "/secret", "/img/" ID "/manifest.json", "/img/" ID "/",
		"/img/" ID, "/img/", "/img/fedcba9876543210/vmlinuz",
		"/img/" ID "/../" ID "/vmlinuz", "/img/../images/vmlinuz",
		"/img/" ID "/..%2f" ID "%2fvmlinuz", "/img/0123456789ABCDEF/vmlinuz",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(ask(paths[i], (struct how){ 0 }), 404);
	assert_int_equal(ask("/", (struct how){ 0 }), 404);
	assert_int_equal(ask("/configs", (struct how){ 0 }), 404);
}

static void bad_image_is_refused(void **state)
{
	unsigned char byte = 0xff;

	(void)state;
	assert_int_equal(ask("/img/" ID "/vmlinuz", (struct how){ 0 }), 200);
	/* cut short */
	make_file("images/" ID "/vmlinuz", kernel, KERNEL_SIZE - 1);
	assert_int_equal(ask("/img/" ID "/vmlinuz", (struct how){ .from = NODE_1 }), 500);
	assert_non_null(strstr(a.body, "has 99999 bytes, its manifest says 100000"));
	assert_true(has_event("node-1", "refused", "vmlinuz", ""));
	/* a flipped byte */
	kernel[5000] ^= byte;
	make_file("images/" ID "/vmlinuz", kernel, KERNEL_SIZE);
	kernel[5000] ^= byte;
	assert_int_equal(ask("/img/" ID "/vmlinuz", (struct how){ .from = NODE_1 }), 500);
	assert_non_null(strstr(a.body, "sha256"));
	/* made whole again */
	make_file("images/" ID "/vmlinuz", kernel, KERNEL_SIZE);
	assert_int_equal(ask("/img/" ID "/vmlinuz", (struct how){ .from = NODE_1 }), 200);
	/* a broken manifest */
	make_text("images/" ID "/manifest.json", "{\"files\":{\"vmlinuz\":{\"size\":-1}}}");
	assert_int_equal(ask("/img/" ID "/vmlinuz", (struct how){ 0 }), 500);
	make_text("images/" ID "/manifest.json", "not json");
	assert_int_equal(ask("/img/" ID "/vmlinuz", (struct how){ 0 }), 500);
	make_image();
	assert_int_equal(ask("/img/" ID "/vmlinuz", (struct how){ 0 }), 200);
}

static void config_is_for_its_node(void **state)
{
	(void)state;
	assert_int_equal(ask("/config", (struct how){ .from = NODE_2 }), 200);
	assert_string_equal(a.body, "hostname node-2\nmodule loop\nauthorized_key k\n");
	assert_int_equal(ask("/config", (struct how){ .from = NOBODY }), 403);
	assert_non_null(strstr(a.body, NOBODY " is no node's address"));
	assert_true(has_event("", "stranger", "", NOBODY));
	/* a changed inventory needs no reload */
	make_node("node-9", NOBODY, "52-54-00-01-00-09");
	assert_int_equal(ask("/config", (struct how){ .from = NOBODY }), 200);
}

/* Nobody is booted by what a power cut left of the file, or an old one. */
static void damaged_nodes_are_told(void **state)
{
	static const char *const texts[] = {
		"", "xos-nodes 2 0\n", "xos-nodes 1 1\n", "xos-nodes 1 99999999999\n",
		"xos-nodes 1 1\nnode a " MAC_1 " " NODE_1 "\n",
		"xos-nodes 1 1\nnode a " MAC_1 " nowhere\nboot " ID " 1 x\n",
		"xos-nodes 1 1\nnode a 52:54 " NODE_1 "\nboot " ID " 1 x\n",
		"xos-nodes 1 1\nnode a " MAC_1 " " NODE_1 "\nboot " ID " 1 \n",
		"xos-nodes 1 1\nnode a " MAC_1 " " NODE_1 "\nboot " ID " 1 x\nconfig a\nb\n",
		"xos-nodes 1 0\nnode a " MAC_1 " " NODE_1 "\nboot " ID " 1 x\n",
	};
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		make_text("nodes", "%s", texts[i]);
		if (ask("/boot/" MAC_1, (struct how){ .from = NODE_1 }) != 500 ||
		    !strstr(a.body, "/nodes: is damaged; run"))
			fail_msg("%s: %s", texts[i], a.body);
		assert_int_equal(ask("/config", (struct how){ .from = NODE_1 }), 500);
	}
	snprintf(path, sizeof(path), "%s/nodes", dir);
	unlink(path);
	assert_int_equal(ask("/config", (struct how){ .from = NODE_1 }), 500);
	make_nodes();
	assert_int_equal(ask("/config", (struct how){ .from = NODE_1 }), 200);
	assert_int_equal(ask("/boot/" MAC_1, (struct how){ .from = NODE_1 }), 200);
}

static void reports(void **state)
{
	char big[5000];

	(void)state;
	assert_int_equal(report(NODE_1, "stage up\nboot ab-12\nuptime 9876\ndetail hostkey x"), 204);
	assert_true(has_event("node-1", "report", "up",
			      "hostkey x\",\"uptime_ms\":9876,\"boot\":\"ab-12\""));
	assert_int_equal(report(NOBODY, "stage up"), 403);
	assert_int_equal(report(NODE_1, "stage sideways"), 400);
	assert_int_equal(ask("/report", (struct how){ .from = NODE_1, .post = "stage up\0x", .post_len = 10 }), 400);
	memset(big, 'x', sizeof(big));
	memcpy(big, "stage up\n", 9);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(report(NODE_1, big), 400);
	assert_int_equal(ask("/report", (struct how){ .from = NODE_1 }), 405);
	assert_int_equal(ask("/config", (struct how){ .from = NODE_1, .post = "x" }), 405);
	admin("/metrics");
	assert_non_null(strstr(a.body, "\nxos_bootd_malformed_total 3\n"));
	assert_non_null(strstr(a.body, "\nxos_bootd_strangers_total 1\n"));
	assert_non_null(strstr(a.body, "{route=\"report\",code=\"204\"} 1\n"));
}

static void strangers_cannot_flood(void **state)
{
	size_t events = 0;

	(void)state;
	for (int i = 0; i < 200; i++)
		assert_int_equal(report(NOBODY, "stage up"), 403);
	admin("/events");
	for (const char *s = a.body; (s = strstr(s, "\"stranger\"")); s++)
		events++;
	assert_in_range(events, 20, 120);
	/* and nodes are heard all the same */
	assert_int_equal(report(NODE_1, "stage up"), 204);
	admin("/events");
	assert_non_null(strstr(a.body, "\"kind\":\"report\""));
}

static void admin_needs_the_token(void **state)
{
	static const char *const paths[] = { "/events", "/status", "/metrics" };
	static const char *const headers[] = {
		NULL, "Authorization: Bearer", "Authorization: Bearer ",
		"Authorization: Bearer " TOKEN "x", "Authorization: Bearer a-secret-toke",
		"Authorization: Basic " TOKEN, "Authorization: bearer " TOKEN,
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (size_t j = 0; j < 7; j++)
			assert_int_equal(ask(paths[i], (struct how){ .header = headers[j] }), 401);
		assert_int_equal(admin(paths[i]), 200);
	}
}

/* Events as the client hands them out. */
static struct xos_event got[64];
static int n_got;

static void on_event(const struct xos_event *event, void *arg)
{
	(void)arg;
	if (n_got < 64)
		got[n_got++] = *event;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int events(struct xos_bootd_client *client, int timeout_ms)
{
	struct xos_error err = { 0 };

	n_got = 0;
	return xos_bootd_client_events(client, timeout_ms, on_event, NULL, &err);
}

static void *report_later(void *arg)
{
	CURL *curl = curl_easy_init();
	char full[128];

	(void)arg;
	usleep(300000);
	snprintf(full, sizeof(full), "%s/report", url);
	curl_easy_setopt(curl, CURLOPT_URL, full);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_INTERFACE, NODE_2);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "stage services");
	curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	return NULL;
}

static void client_long_poll(void **state)
{
	struct xos_bootd_client *client =
		xos_bootd_client_create(url, token_file, NULL, NULL, NULL);
	struct timespec wall;
	pthread_t thread;
	int64_t begin;

	(void)state;
	assert_non_null(client);
	report(NODE_1, "stage up");
	assert_int_equal(events(client, 5000), 1);
	assert_string_equal(got[0].node, "node-1");
	clock_gettime(CLOCK_REALTIME, &wall);
	assert_in_range(got[0].time_ms, wall.tv_sec * 1000LL - 10000,
			wall.tv_sec * 1000LL + 10000);
	/* nothing twice; a wait that ends without an event */
	begin = now_ms();
	assert_int_equal(events(client, 400), 0);
	assert_in_range(now_ms() - begin, 350, 5000);
	assert_int_equal(events(client, 0), 0);
	/* a wait that an event ends */
	begin = now_ms();
	pthread_create(&thread, NULL, report_later, NULL);
	assert_int_equal(events(client, 20000), 1);
	assert_true(now_ms() - begin < 10000);
	assert_string_equal(got[0].stage, "services");
	pthread_join(thread, NULL);
	xos_bootd_client_destroy(client);
}

static void client_sees_a_restart(void **state)
{
	struct xos_bootd_client *client;
	char first[37];
	int port = xos_bootd_port(bootd);

	(void)state;
	client = xos_bootd_client_create(url, token_file, NULL, NULL, NULL);
	report(NODE_1, "stage up");
	report(NODE_1, "stage services");
	assert_int_equal(events(client, 0), 2);
	strcpy(first, got[0].epoch);
	xos_bootd_stop(bootd);
	bootd = NULL;
	assert_int_equal(events(client, 100), -EHOSTUNREACH);
	bootd = xos_bootd_start(load_conf(1, port), NULL, NULL);
	assert_non_null(bootd);
	report(NODE_1, "stage modules");
	/* numbers begin again, and nothing is missed */
	assert_int_equal(events(client, 5000), 1);
	assert_int_equal(got[0].seq, 1);
	assert_string_equal(got[0].stage, "modules");
	assert_string_not_equal(got[0].epoch, first);
	xos_bootd_client_destroy(client);
}

static int refuse_socket(void *arg, int domain, int type, int protocol)
{
	(void)domain;
	(void)type;
	(void)protocol;
	++*(int *)arg;
	return -EPERM;
}

static void client_errors(void **state)
{
	struct xos_bootd_client *client;
	struct xos_error err = { 0 };
	char path[128];
	int calls = 0;

	(void)state;
	client = xos_bootd_client_create(url, token_file, refuse_socket, &calls, &err);
	assert_int_equal(events(client, 0), -EHOSTUNREACH);
	assert_int_equal(calls, 1);
	xos_bootd_client_destroy(client);
	make_text("other", "wrong\n");
	snprintf(path, sizeof(path), "%s/other", dir);
	client = xos_bootd_client_create(url, path, NULL, NULL, &err);
	assert_int_equal(events(client, 0), -EACCES);
	xos_bootd_client_destroy(client);
	assert_null(xos_bootd_client_create(url, "/nonexistent", NULL, NULL, &err));
	assert_int_equal(err.code, -ENOENT);
	make_text("other", "%s", "\n");
	assert_null(xos_bootd_client_create(url, path, NULL, NULL, &err));
	make_text("other", "a b\n");
	assert_null(xos_bootd_client_create(url, path, NULL, NULL, &err));
}

static void *poll_long(void *arg)
{
	int rc;

	n_got = 0;
	rc = xos_bootd_client_events(arg, 30000, on_event, NULL, NULL);
	return (void *)(intptr_t)rc;
}

static void stop_ends_long_polls(void **state)
{
	struct xos_bootd_client *client =
		xos_bootd_client_create(url, token_file, NULL, NULL, NULL);
	int64_t begin = now_ms();
	pthread_t thread;

	(void)state;
	pthread_create(&thread, NULL, poll_long, client);
	usleep(300000);
	xos_bootd_stop(bootd);
	bootd = NULL;
	pthread_join(thread, NULL);
	assert_true(now_ms() - begin < 10000);
	xos_bootd_client_destroy(client);
}

static void events_come_in_portions(void **state)
{
	struct xos_bootd_client *client =
		xos_bootd_client_create(url, token_file, NULL, NULL, NULL);
	int n, all = 0;

	(void)state;
	for (int i = 0; i < 600; i++)
		assert_int_equal(report(NODE_1, "stage config"), 204);
	while ((n = events(client, 0)) > 0)
		all += n;
	assert_int_equal(n, 0);
	assert_int_equal(all, 600);
	xos_bootd_client_destroy(client);
}

static void reload_changes_slots_not_the_port(void **state)
{
	struct xos_error err = { 0 };
	int port = xos_bootd_port(bootd);

	(void)state;
	/* the running server has 0, "any"; the same again is fine */
	assert_int_equal(xos_bootd_reload(bootd, load_conf(0, 0), &err), 0);
	assert_int_equal(ask("/boot/" MAC_1, (struct how){ .from = NODE_1 }), 200);
	assert_int_equal(ask("/boot/" MAC_2, (struct how){ .from = NODE_2 }), 200);
	assert_int_equal(xos_bootd_reload(bootd, load_conf(1, port), &err), -EOPNOTSUPP);
}

static void taken_port_is_an_error(void **state)
{
	struct xos_error err = { 0 };

	(void)state;
	assert_null(xos_bootd_start(load_conf(1, xos_bootd_port(bootd)), NULL, &err));
	assert_int_equal(err.code, -EADDRINUSE);
	assert_non_null(strstr(err.text, "ss -ltnp"));
}

static void bad_settings(void **state)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "slots many", ":2: 'slots' is no number" },
		{ "slots 99999999", "too large" },
		{ "port 65536", "too large" },
		{ "listen here", "no IPv4" },
		{ "url ftp://x", "http://" },
		{ "nodes relative", "absolute" },
		{ "image xyz", "image id" },
		{ "color blue", "unknown key" },
		{ "slots", "no value" },
		{ "slots 1", "'url' is missing" },
		{ "token-file /nonexistent", "'url' is missing" },
	};
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/bad.conf", dir);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct xos_error err = { 0 };

		make_text("bad.conf", "\n%s\n", cases[i].line);
		assert_null(xos_bootd_conf_load(path, NULL, &err));
		if (!strstr(err.text, cases[i].why))
			fail_msg("%s: %s", cases[i].line, err.text);
		assert_int_equal(err.exit, XOS_EXIT_USAGE);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(script_is_for_its_node),
		TEST(unknown_mac_is_told_why),
		TEST(wrong_address_is_refused),
		TEST(second_node_waits_for_the_slot),
		TEST(failed_node_frees_its_slot),
		TEST(image_whole_and_in_ranges),
		TEST(only_what_the_manifest_names),
		TEST(bad_image_is_refused),
		TEST(config_is_for_its_node),
		TEST(damaged_nodes_are_told),
		TEST(reports),
		TEST(strangers_cannot_flood),
		TEST(admin_needs_the_token),
		TEST(client_long_poll),
		TEST(client_sees_a_restart),
		TEST(client_errors),
		TEST(stop_ends_long_polls),
		TEST(events_come_in_portions),
		TEST(reload_changes_slots_not_the_port),
		TEST(taken_port_is_an_error),
		TEST(bad_settings),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
