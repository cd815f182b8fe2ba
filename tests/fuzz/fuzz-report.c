// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fuzz-report.c - what strangers may send to the boot server and its client
 *
 * One input goes through every parser that reads from the network: a report, a
 * Range header, a MAC, an event.  What a report comes out as must be printable
 * and a known stage, whatever went in.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pxe/event.h"
#include "pxe/http-range.h"
#include "pxe/node-store.h"
#include "pxe/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void try_report(const char *data, size_t size)
{
	struct xos_report report;
	struct xos_error err;

	if (xos_report_parse(data, size, &report, &err)) {
		check(err.text[0]);
		return;
	}
	check(report.stage[0] && strlen(report.stage) < sizeof(report.stage));
	check(report.uptime_ms >= -1);
	check(strspn(report.boot, "0123456789abcdef-") == strlen(report.boot));
	for (const char *s = report.detail; *s; s++)
		check(isprint((unsigned char)*s));
}

static void try_range(const char *text)
{
	struct xos_http_range range;

	if (!xos_http_range_parse(text, 1000, &range))
		check(range.len && range.first < 1000 && range.len <= 1000 - range.first);
}

static void try_event(const char *data, size_t size)
{
	struct xos_event event, back;
	char *line;

	if (xos_event_decode(data, size, &event, NULL))
		return;
	line = xos_event_encode(&event);
	check(line && !xos_event_decode(line, strlen(line) - 1, &back, NULL));
	check(!memcmp(&event, &back, sizeof(event)));
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	char mac[18];

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	try_report(text, size);
	try_range(text);
	try_event(text, size);
	if (!xos_mac_canonical(text, mac))
		check(strspn(mac, "0123456789abcdef-") == 17);
	free(text);
	return 0;
}
