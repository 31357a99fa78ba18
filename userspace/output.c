// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Text and JSON. Tables are libsmartcols', as in util-linux.
 */
#include <errno.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"

enum { LOG_LINES = 40 };

struct output_table {
	struct libscols_table *scols;
	struct libscols_line *line; /* being filled */
	size_t cell;		    /* the next one of it */
	bool short_of_memory;
};

int output_json(const struct cli *cli, json_t *json)
{
	int failed = !json || json_dumpf(json, stdout, isatty(STDOUT_FILENO) ? JSON_INDENT(2) : 0);

	(void)cli;
	putchar('\n');
	json_decref(json);
	return failed ? EL_FAILED : EL_OK;
}

/* The kinds' names in JSON; in the order of enum el_kind. */
static const char *const kinds[] = {"ok",	"failed",  "usage",    "privilege",   "not-found",
				    "conflict", "compile", "verifier", "unsupported", "different"};

/* Compilers and verifiers quote what they were given: not always UTF-8, which JSON must be. */
static json_t *text_or_latin1(const char *text)
{
	json_t *json = json_string(text);
	char *clean, *at;

	if (json)
		return json;
	clean = strdup(text);
	for (at = clean; at && *at; at++)
		if (*at & 0x80)
			*at = '?';
	json = json_string(clean);
	free(clean);
	return json;
}

/* The verifier tells its whole way through the program; the reason stands in its last lines. */
static const char *end_of(const char *log, size_t *left_out)
{
	const char *at = log + strlen(log);
	size_t lines = 0;

	*left_out = 0;
	for (; at > log; at--)
		if (at[-1] == '\n' && lines++ == LOG_LINES)
			break;
	for (const char *c = log; c < at; c++)
		*left_out += *c == '\n';
	return at;
}

/* Of a verifier's log the end alone, unless --verbose asks for all of it. malloc'ed, or NULL. */
static char *detail_of(const struct cli *cli, const struct el_error *error)
{
	size_t left_out;
	const char *end;
	char *text;

	if (!error->detail)
		return NULL;
	end = end_of(error->detail, &left_out);
	if (cli->verbose || error->kind != EL_VERIFIER || !left_out)
		return strdup(error->detail);
	if (asprintf(&text,
		     "(%zu lines of the verifier's log are left out; --verbose shows them)\n%s",
		     left_out, end) < 0)
		return NULL;
	return text;
}

static void error_json(const struct el_error *error, const char *detail)
{
	json_t *json =
		json_pack("{s:{s:s, s:o, s:o, s:o}}", "error", "kind", kinds[error->kind], "what",
			  text_or_latin1(error->what), "hint", text_or_latin1(error->hint),
			  "detail", detail ? text_or_latin1(detail) : json_null());

	json_dumpf(json, stderr, 0);
	fputc('\n', stderr);
	json_decref(json);
}

void output_error(const struct cli *cli, const struct el_error *error)
{
	char *detail = detail_of(cli, error);
	size_t length = detail ? strlen(detail) : 0;

	fflush(stdout);
	if (cli->json) {
		error_json(error, detail);
	} else {
		fprintf(stderr, "edge-load: %s\n", error->what);
		if (*error->hint)
			fprintf(stderr, "  %s\n", error->hint);
		if (length)
			fprintf(stderr, "%s%s", detail, detail[length - 1] == '\n' ? "" : "\n");
	}
	free(detail);
}

int output_end(const struct cli *cli, int status)
{
	struct el_error error = {.kind = EL_FAILED};
	int reason = fflush(stdout) ? errno : 0;

	if (!reason && !ferror(stdout))
		return status;
	snprintf(error.what, sizeof(error.what), "can't write all of the output%s%s",
		 reason ? ": " : "", reason ? strerror(reason) : "");
	/* Without a reason it is one that was told already. */
	if (!status || (reason && status == EL_FAILED))
		output_error(cli, &error);
	return status ? status : EL_FAILED;
}

/* A message that is no error; @kind is the word before it, and its key with -j. */
static void say(const struct cli *cli, const char *kind, const char *message)
{
	size_t length = strlen(message);
	json_t *json;

	if (!cli->json) {
		fprintf(stderr, "edge-load: %s: %s%s", kind, message,
			length && message[length - 1] == '\n' ? "" : "\n");
		return;
	}
	json = json_pack("{s:o}", kind, text_or_latin1(message));
	json_dumpf(json, stderr, 0);
	fputc('\n', stderr);
	json_decref(json);
}

void output_warning(void *data, const char *message)
{
	say(data, "warning", message);
}

void output_note(void *data, const char *message)
{
	const struct cli *cli = data;

	if (!cli->quiet)
		say(cli, "note", message);
}

struct output_table *output_table_new(const struct cli *cli, const struct output_column *columns)
{
	struct output_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->scols = scols_new_table();
	if (!table->scols) {
		free(table);
		return NULL;
	}
	/* A pipe's reader wants the whole line; a terminal folds it by itself. */
	scols_table_enable_nowrap(table->scols, 0);
	scols_table_set_termforce(table->scols, SCOLS_TERMFORCE_NEVER);
	scols_table_enable_colors(table->scols, cli->color);
	for (; columns->name; columns++) {
		struct libscols_column *column = scols_table_new_column(
			table->scols, columns->name, 0, columns->right ? SCOLS_FL_RIGHT : 0);

		if (!column)
			table->short_of_memory = true;
		else if (cli->color)
			scols_cell_set_color(scols_column_get_header(column), "bold");
	}
	return table;
}

void output_row(struct output_table *table)
{
	if (!table)
		return;
	table->line = scols_table_new_line(table->scols, NULL);
	table->cell = 0;
	table->short_of_memory |= !table->line;
}

void output_cell(struct output_table *table, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	if (!table || !table->line)
		return;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (!text || scols_line_refer_data(table->line, table->cell++, text))
		table->short_of_memory = true;
}

int output_table_end(struct output_table *table, const char *indent)
{
	char *text = NULL, *line, *rest;
	bool failed;

	if (!table)
		return EL_FAILED;
	failed = table->short_of_memory || scols_print_table_to_string(table->scols, &text);
	for (rest = text; !failed && (line = strsep(&rest, "\n"));) {
		size_t length = strlen(line);

		while (length && line[length - 1] == ' ')
			line[--length] = '\0';
		if (length)
			printf("%s%s\n", indent, line);
	}
	free(text);
	scols_unref_table(table->scols);
	free(table);
	return failed ? EL_FAILED : EL_OK;
}
