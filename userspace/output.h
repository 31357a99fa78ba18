/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef OUTPUT_H
#define OUTPUT_H
/*
 * All output: lines, JSON, aligned tables, errors. No other file writes to standard output or
 * standard error. In names, paths, compiler messages and other text from outside, characters that
 * control a terminal are escaped (el_text_write()).
 */
#include <jansson.h>

#include "cli.h"

/* Print a line, or a part of a line, on standard output. A newline in an argument becomes \x0a. */
void output_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void output_part(const char *format, ...) __attribute__((format(printf, 1, 2)));
void output_newline(void);
/* Print trusted text without escapes. */
void output_own(const char *text);
/* Flush the output. Return: 0; EL_FAILED, without a message, if it can't be written. */
int output_flush(void);
/* Whether a write has failed. */
bool output_failed(void);

/* ---- JSON: output_json() and output_end() detect failed allocations */
/* Call it before all other JSON functions. */
void output_json_setup(void);
/* Like json_pack("{…}"), with the formats s, s?, I, i, b, f and o only; strings as in
 * output_string(). */
json_t *output_object(const char *format, ...);
/* A JSON string, with \xNN for each byte of @text that is not UTF-8. */
json_t *output_string(const char *text);
/* A variable that owns JSON. */
#define _cleanup_json_ _cleanup_(output_json_cleanup)
static inline void output_json_cleanup(json_t **json)
{
	json_decref(*json);
}
/* Print @json on stdout, indented on a terminal, otherwise on one line, and free it. Return: EL_OK,
 * or EL_FAILED if memory is short. */
int output_json(const struct cli *cli, json_t *json);
/* Like output_json(), but always on one line, or to another stream than standard output. */
int output_json_line(json_t *json);
int output_json_to(FILE *stream, json_t *json);

/* ---- errors */
/* Print an error on stderr: {"error": {"kind", "what", "hint", "detail"}} with -j, or text. */
void output_error(const struct cli *cli, const struct el_error *error);
/**
 * output_end() - at the end of a command, check that the output is written and complete
 * @status: the exit code so far
 *
 * Return: @status; EL_FAILED, after an error message, if @status was 0 and a disk is full, a pipe
 * is closed or memory was short.
 */
int output_end(const struct cli *cli, int status);
/* warn() for the context; @data is the struct cli. */
void output_warning(void *data, const char *message);
/* note() for the context; silent with -q; @data is the struct cli. */
void output_note(void *data, const char *message);

/* ---- tables of text, with aligned columns */
struct output_table;

struct output_column {
	const char *name;
	bool right; /* aligned to the right: numbers */
};

/* @columns ends with a column without a name, and must outlive the table. Return: NULL if memory is
 * short. */
struct output_table *output_table_new(const struct cli *cli, const struct output_column *columns);
/* Begin a line; its cells follow in order. */
void output_row(struct output_table *table);
void output_cell(struct output_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Print the table, with @indent before each line. Return: EL_OK; EL_FAILED if memory is short. */
int output_table_print(const struct output_table *table, const char *indent);
void output_table_free(struct output_table *table);

#define _cleanup_table_ _cleanup_(output_table_cleanup)
static inline void output_table_cleanup(struct output_table **table)
{
	output_table_free(*table);
}

#endif
