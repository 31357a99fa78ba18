// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Lines on standard output; errors, warnings and notes on standard error.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "output.h"

enum { LOG_LINES = 40 };

/* ---------------------------------------------------------------- standard output */

static void print(const char *format, va_list args)
{
	_cleanup_free_ char *longer = NULL;
	char room[1024];
	va_list again;
	int length;

	va_copy(again, args);
	length = vsnprintf(room, sizeof(room), format, args);
	if (length >= (int)sizeof(room) && vasprintf(&longer, format, again) < 0) {
		longer = NULL;
		memory_note_short();
	}
	va_end(again);
	el_text_write(stdout, longer ? longer : room, false);
}

void output_part(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(format, args);
	va_end(args);
}

void output_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(format, args);
	va_end(args);
	putchar('\n');
}

void output_newline(void)
{
	putchar('\n');
}

void output_own(const char *text)
{
	fputs(text, stdout);
}

int output_flush(void)
{
	return fflush(stdout) ? EL_FAILED : EL_OK;
}

bool output_failed(void)
{
	return ferror(stdout);
}

/* ---------------------------------------------------------------- errors */

/* The kinds' names in JSON. */
static const char *const kinds[] = {
	[EL_OK] = "ok",
	[EL_FAILED] = "failed",
	[EL_USAGE] = "usage",
	[EL_PRIVILEGE] = "privilege",
	[EL_NOT_FOUND] = "not-found",
	[EL_CONFLICT] = "conflict",
	[EL_COMPILE] = "compile",
	[EL_VERIFIER] = "verifier",
	[EL_UNSUPPORTED] = "unsupported",
	[EL_DIFFERENT] = "different",
};

/* The last lines of a verifier log, which have the reason; the log shows the whole path. */
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

/* The detail of an error. Of a verifier log only the end, unless --verbose is given. malloc'ed, or
 * NULL. */
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
	output_json_to(stderr, output_object("{s:o}", "error",
					     output_object("{s:s, s:s, s:s, s:s?}", "kind",
							   kinds[error->kind], "what", error->what,
							   "hint", error->hint, "detail", detail)));
}

/* Hints and warnings may have several lines. All lines after the first line are indented, so that
 * they do not look like separate messages. */
static void write_indented(const char *text)
{
	size_t length;

	for (; *text; text += length) {
		char line[1024];

		length = strcspn(text, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)length, text);
		el_text_write(stderr, line, true);
		fputc('\n', stderr);
		length += text[length] == '\n';
		if (text[length] && strncmp(text + length, "  ", 2))
			fputs("  ", stderr);
	}
}

static void error_text(const struct el_error *error, const char *detail)
{
	size_t length = detail ? strlen(detail) : 0;

	fputs("edge-load: ", stderr);
	el_text_write(stderr, error->what, false);
	fputc('\n', stderr);
	if (*error->hint) {
		fputs("  ", stderr);
		write_indented(error->hint);
	}
	if (length)
		el_text_write(stderr, detail, true);
	if (length && detail[length - 1] != '\n')
		fputc('\n', stderr);
}

static bool said; /* an error was printed; output_end() prints its own error otherwise */

void output_error(const struct cli *cli, const struct el_error *error)
{
	_cleanup_free_ char *detail = detail_of(cli, error);
	struct el_error shown = *error;

	/* After a failed allocation, an existing object may have looked missing. */
	if (memory_was_short() && !strstr(error->what, "memory"))
		snprintf(shown.hint, sizeof(shown.hint),
			 "an allocation failed before, which may be the reason; free memory and "
			 "try again");
	said = true;
	fflush(stdout);
	if (cli->json)
		error_json(&shown, detail);
	else
		error_text(&shown, detail);
}

int output_end(const struct cli *cli, int status)
{
	struct el_error error = {.kind = EL_FAILED};
	int reason = fflush(stdout) ? errno : 0;
	bool unwritten = reason || ferror(stdout);

	if (!unwritten && !memory_was_short())
		return status;
	if (unwritten)
		snprintf(error.what, sizeof(error.what), "can't write all of the output%s%s",
			 reason ? ": " : "", reason ? strerror(reason) : "");
	else
		snprintf(error.what, sizeof(error.what),
			 "out of memory: %sthe output may be incomplete",
			 status && status != EL_DIFFERENT ? "" : "the change was made, but ");
	if (!said)
		output_error(cli, &error);
	return status && status != EL_DIFFERENT ? status : EL_FAILED;
}

/* Print a warning or a note; @kind is the word before it, or its key with -j. */
static void say(const struct cli *cli, const char *kind, const char *message)
{
	if (cli->json) {
		output_json_to(stderr, output_object("{s:s}", kind, message));
		return;
	}
	fprintf(stderr, "edge-load: %s: ", kind);
	write_indented(message);
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
