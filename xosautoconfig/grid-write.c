// SPDX-License-Identifier: LGPL-2.1-or-later
/* grid-write.c - samples, the page's list of keys, and questions, all from the table */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../libxos/atomic.h"
#include "../libxos/cleanup.h"
#include "grid-write.h"

#define SECRET_BYTES 32
#define INPUT_MAX_BYTES (1u << 20)

static const char *fallback_text(const struct xos_grid_key_info *info)
{
	if (!strcmp(info->fallback, "@core"))
		return "the core node's address";
	if (!strcmp(info->fallback, "@corename"))
		return "the core node's name";
	if (!strcmp(info->fallback, "@me"))
		return "this node's address";
	return info->fallback;
}

static void sample_key(FILE *out, enum xos_grid_key key)
{
	const struct xos_grid_key_info *info = xos_grid_key_info(key);
	char type[128];

	xos_grid_type_text(key, type, sizeof(type));
	fprintf(out, "\n# %s\n# %s%s%s\n#%s=%s\n", info->drives, type,
		*info->fallback ? "; default: " : "", fallback_text(info), info->name,
		*info->fallback && *info->fallback != '@' ? info->fallback : info->example);
}

void xos_grid_write_sample(FILE *out, enum xos_grid_input input)
{
	switch (input) {
	case XOS_GRID_TYPES:
		fputs("# nodeTypes - who is what in the grid; see xosautoconfig(5)\n"
		      "# TYPE: HOST...   several hosts are separated by blanks; node-[1-3] is three\n"
		      "#core-node: head\n#resource-node: node-1\n#client-node: desk\n", out);
		return;
	case XOS_GRID_HOSTS:
		fputs("# etc/hosts - names and addresses of the grid's nodes, as in hosts(5)\n"
		      "#10.0.0.1 head\n#10.0.0.17 node-1\n", out);
		return;
	default:
		fprintf(out, "# %s - %s; see xosautoconfig(5)\n"
			"# KEY=VALUE; an empty value is the default.\n",
			xos_grid_input_name(input), input == XOS_GRID_GLOBAL ?
			"the grid, the same on every node" : "this node");
	}
	for (enum xos_grid_key key = 0; key < XOS_GRID_KEYS; key++)
		if (xos_grid_key_info(key)->input == input)
			sample_key(out, key);
}

/*
 * In a man page a hyphen is typeset, a minus sign can be copied.  A word that is
 * as long as half a line may be broken there.
 */
static void roff(FILE *out, const char *text)
{
	size_t word = 0;

	for (; *text; text++) {
		word = *text == ' ' ? 0 : word + 1;
		fprintf(out, *text == '-' ? "\\-" : *text == '\\' ? "\\e" : "%c", *text);
		if (word && word % 32 == 0)
			fputs("\\:", out);
	}
}

void xos_grid_write_keys(FILE *out, enum xos_grid_input input)
{
	for (enum xos_grid_key key = 0; key < XOS_GRID_KEYS; key++) {
		const struct xos_grid_key_info *info = xos_grid_key_info(key);
		char type[128];

		if (info->input != input)
			continue;
		xos_grid_type_text(key, type, sizeof(type));
		fprintf(out, ".TP\n.B %s\n", info->name);
		roff(out, info->drives);
		fputs("\n.br\nValue: ", out);
		roff(out, type);
		if (*info->fallback) {
			fputs("; default: ", out);
			roff(out, fallback_text(info));
		}
		fputs(".\n.br\nExample: ", out);
		roff(out, info->example);
		fprintf(out, ".\n%s", info->original ? ".br\nA historic key.\n" : "");
	}
}

static int write_new(const char *path, const char *text, size_t len, mode_t mode,
		     FILE *say, struct xos_error *err)
{
	int rc;

	if (!access(path, F_OK))
		return 0;
	rc = xos_file_write(path, text, len, mode, true, err);
	if (!rc)
		fprintf(say, "new %s\n", path);
	return rc;
}

/* Random, so that no two grids have the one that XtreemFS ships. */
static int write_secret(const char *dir, FILE *say, struct xos_error *err)
{
	unsigned char bytes[SECRET_BYTES];
	char path[4096], text[2 * SECRET_BYTES + 2];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return xos_error_set(err, -EIO, XOS_EXIT_FAILED, "no random bytes");
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	strcat(text, "\n");
	snprintf(path, sizeof(path), "%s/capsecret", dir);
	return write_new(path, text, strlen(text), 0600, say, err);
}

int xos_grid_init(const char *dir, FILE *say, struct xos_error *err)
{
	char path[4096];
	int rc;

	snprintf(path, sizeof(path), "%s/etc", dir);
	rc = xos_mkdir_p(path, 0755, err);
	for (enum xos_grid_input input = 0; !rc && input < XOS_GRID_INPUTS; input++) {
		cleanup_free char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		if (!out)
			return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
		xos_grid_write_sample(out, input);
		if (fclose(out))
			return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
		snprintf(path, sizeof(path), "%s/%s", dir, xos_grid_input_name(input));
		rc = write_new(path, text, len, 0644, say, err);
	}
	return rc ? rc : write_secret(dir, say, err);
}

/* Return: 1 answered, 0 default, negative errno. */
static int ask_one(struct xos_grid *grid, enum xos_grid_key key, FILE *in, FILE *out,
		   struct xos_error *err)
{
	const struct xos_grid_key_info *info = xos_grid_key_info(key);
	cleanup_free char *line = NULL;
	char why[160];
	size_t room = 0;

	fprintf(out, "\n%s\n", info->drives);
	for (;;) {
		fprintf(out, "%s [%s]: ", info->name, fallback_text(info));
		fflush(out);
		if (getline(&line, &room, in) < 0)
			return xos_error_set(err, -EPIPE, XOS_EXIT_FAILED,
					     "%s: no answer; nothing was written", info->name);
		line[strcspn(line, "\r\n")] = '\0';
		if (!*line)
			return 0;
		if (xos_grid_value_check(key, line, why, sizeof(why)))
			break;
		fprintf(out, "'%s' %s; e.g. %s\n", line, why, info->example);
	}
	grid->value[key] = xos_arena_strdup(grid->arena, line);
	return grid->value[key] ? 1 :
		xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
}

static int append(const char *dir, enum xos_grid_input input, const char *answers,
		  struct xos_error *err)
{
	cleanup_free char *old = NULL, *all = NULL, *path = NULL;

	if (asprintf(&path, "%s/%s", dir, xos_grid_input_name(input)) < 0)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	if (!access(path, F_OK)) {
		old = xos_file_read(path, INPUT_MAX_BYTES, NULL, err);
		if (!old)
			return err ? err->code : -EIO;
	}
	if (asprintf(&all, "%s%s%s", old ? old : "",
		     old && *old && old[strlen(old) - 1] != '\n' ? "\n" : "", answers) < 0)
		return xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
	return xos_file_write(path, all, strlen(all), 0644, true, err);
}

/* An answered key with an empty line in the file would be there twice. */
static bool is_asked(const struct xos_grid *grid, enum xos_grid_key key,
		     enum xos_grid_input input)
{
	return xos_grid_key_info(key)->input == input && key != XOS_GRID_NOPROMPT &&
		!grid->line[key];
}

int xos_grid_ask(struct xos_grid *grid, const char *dir, FILE *in, FILE *out,
		 struct xos_error *err)
{
	char *text[2] = { NULL, NULL };
	int rc = 0;

	for (enum xos_grid_input input = XOS_GRID_GLOBAL; input <= XOS_GRID_LOCAL && rc >= 0;
	     input++) {
		size_t len;
		FILE *answers = open_memstream(&text[input], &len);

		if (!answers) {
			rc = xos_error_set(err, -ENOMEM, XOS_EXIT_FAILED, "no memory");
			break;
		}
		for (enum xos_grid_key key = 0; rc >= 0 && key < XOS_GRID_KEYS; key++) {
			if (!is_asked(grid, key, input))
				continue;
			rc = ask_one(grid, key, in, out, err);
			/* the default is noted, too, so that it is asked once */
			if (rc >= 0)
				fprintf(answers, "%s=%s\n", xos_grid_key_info(key)->name,
					rc ? grid->value[key] : "");
		}
		fclose(answers);
	}
	for (enum xos_grid_input input = XOS_GRID_GLOBAL; input <= XOS_GRID_LOCAL; input++) {
		if (rc >= 0 && text[input] && *text[input])
			rc = append(dir, input, text[input], err);
		free(text[input]);
	}
	return rc < 0 ? rc : 0;
}
