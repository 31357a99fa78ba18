// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Tables of text. All cells are stored until the table is complete, since a column is as wide as
 * its widest cell. The header is bold on a terminal.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "output.h"

struct output_table {
	const struct output_column *columns;
	size_t columns_count;
	char **cells; /* escaped; row after row, NULL for "" */
	size_t rows;
	size_t cell; /* the next cell of the last row */
	bool color, short_of_memory;
};

struct output_table *output_table_new(const struct cli *cli, const struct output_column *columns)
{
	_cleanup_table_ struct output_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->columns = columns;
	while (columns[table->columns_count].name)
		table->columns_count++;
	table->color = cli->color;
	return TAKE_PTR(table);
}

void output_row(struct output_table *table)
{
	size_t count = table ? table->columns_count : 0;
	char **cells;

	if (!table || table->short_of_memory)
		return;
	cells = reallocarray(table->cells, table->rows + 1, count * sizeof(*cells));
	table->short_of_memory = !cells;
	if (!cells)
		return;
	memset(cells + table->rows * count, 0, count * sizeof(*cells));
	table->cells = cells;
	table->rows++;
	table->cell = 0;
}

/* The escaped text; malloc'ed, or NULL. */
static char *escaped(const char *text)
{
	_cleanup_free_ char *out = NULL;
	size_t size;
	FILE *stream = open_memstream(&out, &size);

	if (!stream)
		return NULL;
	el_text_write(stream, text, false);
	return fclose(stream) ? NULL : TAKE_PTR(out); /* NULL: the stream could not grow */
}

void output_cell(struct output_table *table, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	char **cell;
	va_list args;

	if (!table || table->short_of_memory || table->cell == table->columns_count)
		return;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	cell = &table->cells[(table->rows - 1) * table->columns_count + table->cell++];
	*cell = text ? escaped(text) : NULL;
	table->short_of_memory = !*cell;
}

/* In characters. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static const char *text_of(const struct output_table *table, size_t row, size_t column)
{
	const char *text = row ? table->cells[(row - 1) * table->columns_count + column]
			       : table->columns[column].name;

	return text ? text : "";
}

static void print_row(const struct output_table *table, size_t row, const size_t *widths)
{
	bool bold = !row && table->color;
	size_t missing = 0; /* blanks to print before the next text */

	for (size_t i = 0; i < table->columns_count; i++) {
		const char *text = text_of(table, row, i);
		size_t pad = widths[i] - width_of(text);
		bool right = table->columns[i].right;

		missing += right ? pad : 0;
		if (*text) {
			printf("%*s%s%s%s", (int)missing, "", bold ? "\033[1m" : "", text,
			       bold ? "\033[0m" : "");
			missing = 0;
		}
		missing += (right ? 0 : pad) + 1;
	}
	putchar('\n');
}

static void print_rows(const struct output_table *table, const char *indent, size_t *widths)
{
	for (size_t row = 0; row <= table->rows; row++)
		for (size_t i = 0; i < table->columns_count; i++) {
			size_t width = width_of(text_of(table, row, i));

			widths[i] = width > widths[i] ? width : widths[i];
		}
	for (size_t row = 0; row <= table->rows; row++) {
		fputs(indent, stdout);
		print_row(table, row, widths);
	}
}

int output_table_print(const struct output_table *table, const char *indent)
{
	_cleanup_free_ size_t *widths =
		table ? calloc(table->columns_count, sizeof(*widths)) : NULL;

	if (!widths || table->short_of_memory) {
		memory_note_short();
		return EL_FAILED;
	}
	if (table->rows)
		print_rows(table, indent, widths);
	return EL_OK;
}

void output_table_free(struct output_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->rows * table->columns_count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}
