/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef OUTPUT_H
#define OUTPUT_H
/*
 * How things are printed: JSON, aligned tables, errors. Nothing else writes to stderr.
 */
#include <jansson.h>

#include "cli.h"

/* Print @json on stdout, indented on a terminal, else on one line; it is freed. Return: EL_OK, or
 * EL_FAILED where memory is short. */
int output_json(const struct cli *cli, json_t *json);

/* {"error": {"kind", "what", "hint", "detail"}} on stderr with -j, else the words. */
void output_error(const struct cli *cli, const struct el_error *error);
/**
 * output_end() - what was printed is written, at the end of a command
 * @status: how it ended
 *
 * Return: @status; EL_FAILED, and said so, where it was 0 and a disk is full or a pipe closed.
 */
int output_end(const struct cli *cli, int status);
/* The context's warn(); @data is the struct cli. */
void output_warning(void *data, const char *message);
/* The context's note(), which -q silences; @data is the struct cli. */
void output_note(void *data, const char *message);

/* A table of text: columns as wide as they need to be. */
struct output_table;

struct output_column {
	const char *name;
	bool right; /* aligned to the right: numbers */
};

/* @columns is ended by one without a name. Return: NULL where memory is short. */
struct output_table *output_table_new(const struct cli *cli, const struct output_column *columns);
/* Begin a line; its cells follow in order. */
void output_row(struct output_table *table);
void output_cell(struct output_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Print it, each line behind @indent, and free it. */
int output_table_end(struct output_table *table, const char *indent);

#endif
