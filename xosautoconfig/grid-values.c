// SPDX-License-Identifier: LGPL-2.1-or-later
/* grid-values.c - what a value of each type may be; looks at texts only */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libxos/nodefile.h"
#include "grid-keys.h"

#define TOKEN_MAX 63
#define VALUE_MAX 4096

static bool is_token(const char *s)
{
	size_t len = strlen(s);

	if (!len || len > TOKEN_MAX || !isalnum((unsigned char)*s))
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("._-", *s))
			return false;
	return true;
}

static bool is_host(const char *s)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, s, address) == 1 ||
		inet_pton(AF_INET6, s, address) == 1 || xos_name_is_valid(s);
}

static bool is_network(const char *s)
{
	const char *slash = strchr(s, '/');
	char base[INET_ADDRSTRLEN];
	struct in_addr address;
	unsigned long prefix;
	char *end;

	if (!slash || slash - s >= (int)sizeof(base) ||
	    !isdigit((unsigned char)slash[1]))
		return false;
	memcpy(base, s, slash - s);
	base[slash - s] = '\0';
	prefix = strtoul(slash + 1, &end, 10);
	if (*end || prefix > 32 || inet_pton(AF_INET, base, &address) != 1)
		return false;
	/* bits behind the prefix would be a typing error that widens trust */
	return !prefix || prefix == 32 ||
		!(ntohl(address.s_addr) & (0xffffffffu >> prefix));
}

static bool is_url(const char *s)
{
	if (!strncmp(s, "http://", 7))
		s += 7;
	else if (!strncmp(s, "https://", 8))
		s += 8;
	else
		return false;
	if (!*s)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("._-:/@[]%~", *s))
			return false;
	return true;
}

static bool is_path(const char *s)
{
	if (*s != '/' || strstr(s, "/../") || strstr(s, "//"))
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("/._-", *s))
			return false;
	return true;
}

static bool is_digest(const char *s)
{
	return strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64;
}

/* Every one of the words between commas. */
static bool each(const char *s, bool (*is)(const char *))
{
	char word[XOS_NAME_MAX + 2];
	size_t len;

	for (;; s += len + 1) {
		len = strcspn(s, ",");
		if (len >= sizeof(word))
			return false;
		memcpy(word, s, len);
		word[len] = '\0';
		if (!is(word))
			return false;
		if (!s[len])
			return true;
	}
}

static bool is_number(const char *s, unsigned int min, unsigned int max)
{
	unsigned long n;

	if (!*s || strlen(s) > 9 || strspn(s, "0123456789") != strlen(s))
		return false;
	n = strtoul(s, NULL, 10);
	return n >= min && n <= max;
}

static bool is_choice(const char *s, const char *choices)
{
	size_t len = strlen(s);

	for (const char *c = choices;; c += strcspn(c, "|") + 1) {
		if (strcspn(c, "|") == len && !strncmp(c, s, len))
			return true;
		if (!c[strcspn(c, "|")])
			return false;
	}
}

void xos_grid_type_text(enum xos_grid_key key, char *text, size_t size)
{
	const struct xos_grid_key_info *info = xos_grid_key_info(key);

	switch (info->type) {
	case XOS_GRID_BOOL:
		snprintf(text, size, "true or false");
		break;
	case XOS_GRID_NUMBER:
		snprintf(text, size, "a number from %u to %u", info->min, info->max);
		break;
	case XOS_GRID_TOKEN:
		snprintf(text, size, "a name of letters, digits and . _ -");
		break;
	case XOS_GRID_TOKENS:
		snprintf(text, size, "names separated by commas");
		break;
	case XOS_GRID_DOMAIN:
		snprintf(text, size, "a DNS domain");
		break;
	case XOS_GRID_HOST:
		snprintf(text, size, "a host name or address");
		break;
	case XOS_GRID_HOST_LIST:
		snprintf(text, size, "host names or addresses separated by commas");
		break;
	case XOS_GRID_NETWORKS:
		snprintf(text, size, "IPv4 networks ADDRESS/BITS separated by commas");
		break;
	case XOS_GRID_PROXY:
		snprintf(text, size, "noProxy or a URL http://HOST:PORT");
		break;
	case XOS_GRID_PATH:
		snprintf(text, size, "an absolute path");
		break;
	case XOS_GRID_CHOICE:
		snprintf(text, size, "one of %s", info->choices);
		break;
	case XOS_GRID_DIGEST:
		snprintf(text, size, "64 lower-case hexadecimal digits");
		break;
	}
}

static bool fits(const struct xos_grid_key_info *info, const char *value)
{
	switch (info->type) {
	case XOS_GRID_BOOL:
		return is_choice(value, "true|false");
	case XOS_GRID_NUMBER:
		return is_number(value, info->min, info->max);
	case XOS_GRID_TOKEN:
		return is_token(value);
	case XOS_GRID_TOKENS:
		return each(value, is_token);
	case XOS_GRID_DOMAIN:
		return xos_name_is_valid(value);
	case XOS_GRID_HOST:
		return is_host(value);
	case XOS_GRID_HOST_LIST:
		return each(value, is_host);
	case XOS_GRID_NETWORKS:
		return each(value, is_network);
	case XOS_GRID_PROXY:
		return !strcmp(value, "noProxy") || is_url(value);
	case XOS_GRID_PATH:
		return is_path(value);
	case XOS_GRID_CHOICE:
		return is_choice(value, info->choices);
	case XOS_GRID_DIGEST:
		return is_digest(value);
	}
	return false;
}

bool xos_grid_value_check(enum xos_grid_key key, const char *value, char *why,
			  size_t size)
{
	char text[128];

	if (!*value || (strlen(value) <= VALUE_MAX &&
			fits(xos_grid_key_info(key), value)))
		return true;
	xos_grid_type_text(key, text, sizeof(text));
	snprintf(why, size, "is not %s", text);
	return false;
}
