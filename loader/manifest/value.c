// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Keys, values and parameters in a manifest. Mappings and lists of YAML are written in the flow form
 * that value/value.h parses. Only the parser knows the type: here, each text that could be
 * mistaken for another value is put in quotes, and the parser takes a struct out of its quotes.
 */
#include <ctype.h>

#include "manifest/read.h"

struct writer {
	struct manifest_reader *reader;
	const char *name;
	struct el_position at;
	FILE *stream;
	size_t written;
};

static int write_node(struct writer *writer, const struct manifest_node *node);

static int write_char(struct writer *writer, char c)
{
	if (++writer->written > EL_MANIFEST_TEXT_MAX)
		return el_manifest_refuse(
			writer->reader, writer->at, NULL, "%s is longer than %d bytes",
			el_manifest_shown(writer->name).text, EL_MANIFEST_TEXT_MAX);
	fputc(c, writer->stream);
	return 0;
}

static int write_text(struct writer *writer, const char *text)
{
	int err = 0;

	for (; !err && *text; text++)
		err = write_char(writer, *text);
	return err;
}

/* Whether a text needs quotes: inside braces it would end too early, lose its blanks, or be read as
 * another value. */
static bool wants_quotes(const char *text)
{
	size_t length = strlen(text);

	if (!length || isspace((unsigned char)text[0]) || isspace((unsigned char)text[length - 1]))
		return true;
	return strchr("\"'{[", *text) || strpbrk(text, ",]}\n\t") || el_manifest_is_null(text);
}

static int write_quoted(struct writer *writer, const char *text)
{
	int err = write_char(writer, '"');

	for (; !err && *text; text++) {
		if (strchr("\"\\\n\t", *text))
			err = write_char(writer, '\\');
		if (!err)
			err = write_char(writer, *text == '\n' ? 'n' : *text == '\t' ? 't' : *text);
	}
	return err ? err : write_char(writer, '"');
}

static int write_scalar(struct writer *writer, const struct manifest_node *node)
{
	if (!node->text)
		return el_manifest_refuse(writer->reader, node->at, NULL,
					  "a value is missing inside of %s",
					  el_manifest_shown(writer->name).text);
	return wants_quotes(node->text) ? write_quoted(writer, node->text)
					: write_text(writer, node->text);
}

static int write_list(struct writer *writer, const struct manifest_node *node)
{
	int err = write_char(writer, '[');

	for (size_t i = 0; !err && i < node->count; i++) {
		if (i)
			err = write_char(writer, ',');
		if (!err)
			err = write_node(writer, node->items[i]);
	}
	return err ? err : write_char(writer, ']');
}

static int write_field(struct writer *writer, const struct manifest_node *key,
		       const struct manifest_node *value)
{
	int err = el_manifest_want(writer->reader, (struct manifest_field){"a field name", key},
				   MANIFEST_SCALAR);

	if (!err && (!*key->text || strpbrk(key->text, "=:,{}[]\"' \t\n")))
		err = el_manifest_refuse(writer->reader, key->at, NULL,
					 "%s is not a valid field name",
					 el_manifest_shown(key->text).text);
	if (!err)
		err = write_text(writer, key->text);
	if (!err)
		err = write_text(writer, ": ");
	return err ? err : write_node(writer, value);
}

static int write_mapping(struct writer *writer, const struct manifest_node *node)
{
	int err = write_char(writer, '{');

	for (size_t i = 0; !err && i < node->count; i++) {
		if (i)
			err = write_char(writer, ',');
		if (!err)
			err = write_field(writer, manifest_key(node, i), manifest_value(node, i));
	}
	return err ? err : write_char(writer, '}');
}

static int write_node(struct writer *writer, const struct manifest_node *node)
{
	switch (node->kind) {
	case MANIFEST_LIST:
		return write_list(writer, node);
	case MANIFEST_MAPPING:
		return write_mapping(writer, node);
	default:
		return write_scalar(writer, node);
	}
}

static int read_nested(struct manifest_reader *reader, struct manifest_field field,
		       const char **out)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	struct writer writer = {.reader = reader,
				.name = field.name,
				.at = field.node->at,
				.stream = open_memstream(&text, &size)};
	int err;

	if (!writer.stream)
		return el_fail_memory(reader->context);
	err = write_node(&writer, field.node);
	if (el_stream_end(writer.stream, &text) && !err)
		return el_fail_memory(reader->context);
	if (err)
		return err;
	*out = el_manifest_copy(reader, text);
	return *out ? 0 : -ENOMEM;
}

int el_manifest_read_value(struct manifest_reader *reader, struct manifest_field field,
			   const char **out)
{
	if (field.node->kind != MANIFEST_SCALAR)
		return read_nested(reader, field, out);
	if (field.node->text && strlen(field.node->text) > EL_MANIFEST_TEXT_MAX)
		return el_manifest_refuse(reader, field.node->at, NULL,
					  "%s is longer than %d bytes",
					  el_manifest_shown(field.name).text, EL_MANIFEST_TEXT_MAX);
	*out = field.node->text;
	return 0;
}
