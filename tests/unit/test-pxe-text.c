// SPDX-License-Identifier: LGPL-2.1-or-later
/* test-pxe-text.c - what is read from requests: reports, ranges, MACs; diffs */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "pxe/arp.h"
#include "pxe/event.h"
#include "pxe/http-range.h"
#include "pxe/ipxe.h"
#include "pxe/node-store.h"
#include "pxe/report.h"
#include "pxe/text-diff.h"
#include "pxe/text.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void report_is_read(void **state)
{
	static const char body[] = "stage up\nboot 0123-abc\nuptime 12345\n"
		"new-key of a later version\ndetail hostkey ssh-ed25519 AAAA b\033[1m\n";
	struct xos_report report;
	struct xos_error err;

	(void)state;
	assert_int_equal(xos_report_parse(body, strlen(body), &report, &err), 0);
	assert_string_equal(report.stage, "up");
	assert_string_equal(report.boot, "0123-abc");
	assert_int_equal(report.uptime_ms, 12345);
	assert_string_equal(report.detail, "hostkey ssh-ed25519 AAAA b?[1m");
}

static void report_of_one_word(void **state)
{
	struct xos_report report;

	(void)state;
	assert_int_equal(xos_report_parse("stage down", 10, &report, NULL), 0);
	assert_string_equal(report.stage, "down");
	assert_string_equal(report.boot, "");
	assert_string_equal(report.detail, "");
	assert_int_equal(report.uptime_ms, -1);
}

static void report_detail_is_cut(void **state)
{
	char body[XOS_REPORT_MAX];
	struct xos_report report;

	(void)state;
	memset(body, 'x', sizeof(body));
	memcpy(body, "stage failed\ndetail ", 20);
	assert_int_equal(xos_report_parse(body, sizeof(body), &report, NULL), 0);
	assert_int_equal(strlen(report.detail), 255);
}

static void report_is_refused(void **state)
{
	static const char *const bodies[] = {
		"", "\n", "stage", "stage ", "stage foo", "stage Up", "stage up ",
		"stage up\nstage up", "boot abc", "stage up\nboot ",
		"stage up\nboot XYZ", "stage up\nboot 0123456789012345678901234567890123456",
		"stage up\nuptime", "stage up\nuptime -1", "stage up\nuptime 1e3",
		"stage up\nuptime 1234567890123456", " stage up", "stage up\n\n",
	};
	static const char nul[] = "stage up\nboot a\0b";
	char longer[XOS_REPORT_MAX + 1] = "stage up\ndetail ";
	struct xos_report report = { .stage = "untouched" };
	struct xos_error err;

	(void)state;
	for (size_t i = 0; i < N(bodies); i++) {
		if (xos_report_parse(bodies[i], strlen(bodies[i]), &report, &err) !=
		    -EBADMSG)
			fail_msg("accepted '%s'", bodies[i]);
	}
	assert_int_equal(xos_report_parse(nul, sizeof(nul) - 1, &report, &err),
			 -EBADMSG);
	memset(longer + 16, 'x', sizeof(longer) - 16);
	assert_int_equal(xos_report_parse(longer, sizeof(longer), &report, &err),
			 -EBADMSG);
	assert_string_equal(report.stage, "untouched");
}

static void ranges(void **state)
{
	static const struct {
		const char *text;
		int rc;
		uint64_t first, len;
	} cases[] = {
		{ "bytes=0-0", 0, 0, 1 },
		{ "bytes=0-99", 0, 0, 100 },
		{ "bytes=10-19", 0, 10, 10 },
		{ "bytes=90-1000", 0, 90, 10 },
		{ "bytes=90-", 0, 90, 10 },
		{ "bytes=-10", 0, 90, 10 },
		{ "bytes=-1000", 0, 0, 100 },
		{ "bytes=100-", -ERANGE, 0, 0 },
		{ "bytes=100-200", -ERANGE, 0, 0 },
		{ "bytes=-0", -ERANGE, 0, 0 },
		{ "bytes=5-4", -EINVAL, 0, 0 },
		{ "bytes=0-1,5-6", -EINVAL, 0, 0 },
		{ "bytes=", -EINVAL, 0, 0 },
		{ "bytes=-", -EINVAL, 0, 0 },
		{ "bytes=x-", -EINVAL, 0, 0 },
		{ "bytes=1-x", -EINVAL, 0, 0 },
		{ "lines=1-2", -EINVAL, 0, 0 },
		{ "bytes=99999999999999999999-", -EINVAL, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct xos_http_range range = { 0 };
		int rc = xos_http_range_parse(cases[i].text, 100, &range);

		if (rc != cases[i].rc || range.first != cases[i].first ||
		    range.len != cases[i].len)
			fail_msg("%s: %d, %d bytes from %d", cases[i].text, rc,
				 (int)range.len, (int)range.first);
	}
}

static void macs(void **state)
{
	static const char *const bad[] = {
		"", "52-54-00-01-00", "52-54-00-01-00-02-03", "5254.0001.0002",
		"52-54-00-01-00-0g", "../../../../../.", "52-54-00-01-00-02/",
	};
	char mac[18];

	(void)state;
	assert_int_equal(xos_mac_canonical("52:54:00:AB:cd:02", mac), 0);
	assert_string_equal(mac, "52-54-00-ab-cd-02");
	for (size_t i = 0; i < N(bad); i++)
		assert_int_equal(xos_mac_canonical(bad[i], mac), -EINVAL);
}

static void arp(void **state)
{
	struct in_addr address;
	char path[512], mac[18];

	(void)state;
	snprintf(path, sizeof(path), "%s/pxe/arp", getenv("TEST_DATA"));
	inet_pton(AF_INET, "10.77.0.18", &address);
	assert_int_equal(xos_arp_lookup(path, address, mac), 0);
	assert_string_equal(mac, "52-54-00-01-00-02");
	inet_pton(AF_INET, "10.77.0.19", &address);	/* incomplete */
	assert_int_equal(xos_arp_lookup(path, address, mac), -ENOENT);
	inet_pton(AF_INET, "10.77.0.1", &address);	/* a prefix of others */
	assert_int_equal(xos_arp_lookup(path, address, mac), -ENOENT);
	assert_int_equal(xos_arp_lookup("/nonexistent", address, mac), -ENOENT);
}

static void event_goes_and_comes(void **state)
{
	struct xos_event event = {
		.seq = 42, .epoch = "e", .time_ms = 1700000000123, .node = "node-1",
		.kind = "report", .stage = "up", .detail = "a \"quoted\" \\ text",
		.uptime_ms = -1, .boot = "b",
	};
	struct xos_event back;
	char *line = xos_event_encode(&event);

	(void)state;
	memset(&back, 0xff, sizeof(back));
	assert_non_null(line);
	assert_int_equal(line[strlen(line) - 1], '\n');
	assert_int_equal(xos_event_decode(line, strlen(line) - 1, &back, NULL), 0);
	assert_memory_equal(&event, &back, sizeof(event));
	free(line);
}

static void event_is_refused(void **state)
{
	static const char *const lines[] = {
		"", "x", "[]", "{}", "null",
		/* node is too long, seq no number, a member twice */
		"{\"seq\":1,\"epoch\":\"e\",\"time_ms\":1,\"node\":\""
		"0123456789012345678901234567890123456789012345678901234567890123\","
		"\"kind\":\"k\",\"stage\":\"\",\"detail\":\"\",\"uptime_ms\":1,\"boot\":\"\"}",
		"{\"seq\":\"1\",\"epoch\":\"e\",\"time_ms\":1,\"node\":\"\",\"kind\":\"k\","
		"\"stage\":\"\",\"detail\":\"\",\"uptime_ms\":1,\"boot\":\"\"}",
		"{\"seq\":1,\"seq\":1,\"epoch\":\"e\",\"time_ms\":1,\"node\":\"\",\"kind\":\"k\","
		"\"stage\":\"\",\"detail\":\"\",\"uptime_ms\":1,\"boot\":\"\"}",
		"{\"seq\":1,\"epoch\":\"e\",\"time_ms\":-5,\"node\":\"\",\"kind\":\"k\","
		"\"stage\":\"\",\"detail\":\"\",\"uptime_ms\":1,\"boot\":\"\"}",
	};
	struct xos_event event;
	struct xos_error err;

	(void)state;
	for (size_t i = 0; i < N(lines); i++)
		assert_int_equal(xos_event_decode(lines[i], strlen(lines[i]),
						  &event, &err), -EBADMSG);
}

static void boot_script_refuses(void **state)
{
	static const char *const lines[] = {
		"quiet || reboot", "a && b", "quiet ; b", "a #b", "#a", "x=${mac}",
		"a\nreboot",
	};
	struct xos_ipxe_boot boot = {
		.node = "n", .address = "10.0.0.1", .url = "http://h",
		.image = "0123456789abcdef", .stagger_s = 1,
	};
	struct xos_error err;
	char *script;

	(void)state;
	for (size_t i = 0; i < N(lines); i++) {
		assert_int_equal(xos_ipxe_check("n", lines[i], &err), -EINVAL);
		assert_non_null(strstr(err.text, "'n'"));
	}
	boot.bootline = "a=b#c d;e f||g $x {y}";
	assert_int_equal(xos_ipxe_check("n", boot.bootline, &err), 0);
	script = xos_ipxe_boot(&boot);
	assert_non_null(strstr(script, boot.bootline));
	free(script);
}

static void diffs(void **state)
{
	static const struct {
		const char *old, *new, *diff;
	} cases[] = {
		{ "a\nb\n", "a\nb\n", "" },
		{ NULL, "a\n", "--- /dev/null\n+++ f\n@@ -0,0 +1,1 @@\n+a\n" },
		{ "a\n", NULL, "--- f\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n" },
		{ "a\nb\nc\n", "a\nx\nc\n",
		  "--- f\n+++ f\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n" },
		{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\n9\nx\n",
		  "--- f\n+++ f\n@@ -7,3 +7,4 @@\n 7\n 8\n 9\n+x\n" },
		{ "x\n1\n2\n3\n4\n5\n6\n7\n8\ny\n", "1\n2\n3\n4\n5\n6\n7\n8\n",
		  "--- f\n+++ f\n@@ -1,4 +1,3 @@\n-x\n 1\n 2\n 3\n"
		  "@@ -7,4 +6,3 @@\n 6\n 7\n 8\n-y\n" },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		char *text = NULL;
		size_t size;
		FILE *f = open_memstream(&text, &size);

		assert_int_equal(xos_text_diff(f, "f", cases[i].old, cases[i].new), 0);
		fclose(f);
		assert_string_equal(text, cases[i].diff);
		free(text);
	}
}

/* What is far apart is not shown as one replacement of all between. */
static void long_texts_differ_in_places(void **state)
{
	struct xos_text old = { 0 }, new = { 0 };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	for (int i = 0; i < 5000; i++) {
		xos_text_add(&old, "node %d\nboot %d\nmodule x\n", i, i);
		if (i != 4500)
			xos_text_add(&new, "node %d\nboot %d%s\nmodule x\n", i, i,
				     i == 500 ? " debug" : "");
	}
	assert_int_equal(xos_text_diff(f, "f", old.s, new.s), 0);
	fclose(f);
	assert_string_equal(text, "--- f\n+++ f\n"
		"@@ -1499,7 +1499,7 @@\n boot 499\n module x\n node 500\n"
		"-boot 500\n+boot 500 debug\n module x\n node 501\n boot 501\n"
		"@@ -13497,9 +13497,6 @@\n module x\n node 4499\n boot 4499\n"
		"-module x\n-node 4500\n-boot 4500\n"
		" module x\n node 4501\n boot 4501\n");
	free(text);
	free(old.s);
	free(new.s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(report_is_read),
		cmocka_unit_test(report_of_one_word),
		cmocka_unit_test(report_detail_is_cut),
		cmocka_unit_test(report_is_refused),
		cmocka_unit_test(ranges),
		cmocka_unit_test(macs),
		cmocka_unit_test(arp),
		cmocka_unit_test(event_goes_and_comes),
		cmocka_unit_test(event_is_refused),
		cmocka_unit_test(boot_script_refuses),
		cmocka_unit_test(diffs),
		cmocka_unit_test(long_texts_differ_in_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
