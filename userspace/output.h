/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef OUTPUT_H
#define OUTPUT_H
/*
 * How things are printed: lines, JSON, aligned tables, errors. Nothing else writes to standard
 * output and standard error. Names, paths, compilers' words and all else that comes from outside
 * are shown with escapes in the place of what a terminal would obey (el_text_write()).
 */
#include <jansson.h>

#include "cli.h"

/* A line on standard output, or a part of one. A newline in an argument is shown as \x0a. */
void output_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void output_part(const char *format, ...) __attribute__((format(printf, 1, 2)));
void output_newline(void);
/* Lines of our own, as they are. */
void output_own(const char *text);
/* Write what was printed so far. Return: 0; EL_FAILED, where it can't be, and nothing is said. */
int output_flush(void);
/* Whether something could not be written. */
bool output_failed(void);

/* ---- JSON: what memory was short for is noticed by output_json() and output_end() */
/* Before all else of it. */
void output_json_setup(void);
/* As json_pack("{…}") with s, s?, I, i, b, f, o and no other formats; strings as output_string().
 */
json_t *output_object(const char *format, ...);
/* A string; each byte of @text that is no UTF-8 is \xNN in it. */
json_t *output_string(const char *text);
/* Print @json on stdout, indented on a terminal, else on one line; it is freed. Return: EL_OK, or
 * EL_FAILED where memory is short. */
int output_json(const struct cli *cli, json_t *json);
/* The same, always on one line; and on a stream other than standard output. */
int output_json_line(json_t *json);
int output_json_to(FILE *stream, json_t *json);

/* ---- errors */
/* {"error": {"kind", "what", "hint", "detail"}} on stderr with -j, else the words. */
void output_error(const struct cli *cli, const struct el_error *error);
/**
 * output_end() - what was printed is written and whole, at the end of a command
 * @status: how it ended
 *
 * Return: @status; EL_FAILED, and said so, where it was 0 and a disk is full, a pipe closed or
 * memory was short.
 */
int output_end(const struct cli *cli, int status);
/* The context's warn(); @data is the struct cli. */
void output_warning(void *data, const char *message);
/* The context's note(), which -q silences; @data is the struct cli. */
void output_note(void *data, const char *message);

/* ---- a table of text: columns as wide as they need to be */
struct output_table;

struct output_column {
	const char *name;
	bool right; /* aligned to the right: numbers */
};

/* @columns is ended by one without a name, and outlives the table. Return: NULL where memory is
 * short. */
struct output_table *output_table_new(const struct cli *cli, const struct output_column *columns);
/* Begin a line; its cells follow in order. */
void output_row(struct output_table *table);
void output_cell(struct output_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Print it, each line behind @indent, and free it. Return: EL_OK; EL_FAILED where memory is short.
 */
int output_table_end(struct output_table *table, const char *indent);

#endif
