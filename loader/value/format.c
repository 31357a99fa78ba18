// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Converts bytes to text and JSON. This file writes JSON itself, because jansson's integers end at
 * 2^63 - 1, and a map with a million entries must not become a million trees.
 */
#include <ctype.h>
#include <inttypes.h>

#include "value/type.h"

struct writer {
	FILE *stream;
	enum el_format format;
};

static void write_value(const struct writer *writer, const struct el_value_type *type,
			const uint8_t *bytes);

/* Whether @text needs neither quotes nor escapes, in text or in JSON. */
static bool is_plain(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("_-./:@+", text[i]))
			return false;
	return true;
}

static void write_json_bytes(const struct writer *writer, const uint8_t *bytes, uint32_t size)
{
	fputc('[', writer->stream);
	for (uint32_t i = 0; i < size; i++)
		fprintf(writer->stream, "%s%u", i ? "," : "", bytes[i]);
	fputc(']', writer->stream);
}

/* Write an address or an enum's name: bare in text, a string in JSON. */
static void write_word(const struct writer *writer, const char *word)
{
	_cleanup_free_ char *utf8 = NULL;

	if (writer->format == EL_TEXT) {
		fputs(word, writer->stream);
	} else if (!el_text_write_json(writer->stream, word, strlen(word))) {
		utf8 = el_text_utf8(word);
		word = utf8 ? utf8 : "?";
		el_text_write_json(writer->stream, word, strlen(word));
	}
}

static void write_quoted(const struct writer *writer, const char *text, size_t length)
{
	fputc('"', writer->stream);
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			fprintf(writer->stream, "\\%c", c);
		else if (c < ' ' || c >= 0x7f)
			fprintf(writer->stream, "\\x%02x", c);
		else
			fputc(c, writer->stream);
	}
	fputc('"', writer->stream);
}

static void write_string(const struct writer *writer, const struct el_value_type *type,
			 const uint8_t *bytes)
{
	const char *text = (const char *)bytes;
	size_t length = type->size;

	while (length && !text[length - 1])
		length--;
	if (writer->format == EL_JSON) {
		if (!el_text_write_json(writer->stream, text, length))
			write_json_bytes(writer, bytes, type->size);
	} else if (length && !memchr(text, '\0', length) && is_plain(text, length)) {
		fprintf(writer->stream, "%.*s", (int)length, text);
	} else {
		write_quoted(writer, text, length);
	}
}

static void write_number(const struct writer *writer, const struct el_value_type *type,
			 uint64_t number)
{
	for (uint32_t i = 0; type->kind == VALUE_ENUM && i < type->count; i++)
		if (type->enumerators[i].value == number) {
			write_word(writer, type->enumerators[i].name);
			return;
		}
	if (type->kind == VALUE_BOOL)
		fputs(number ? "true" : "false", writer->stream);
	else if (type->hexadecimal && writer->format == EL_TEXT)
		fprintf(writer->stream, "0x%" PRIx64, number);
	else if (type->is_signed)
		fprintf(writer->stream, "%" PRId64, (int64_t)number);
	else
		fprintf(writer->stream, "%" PRIu64, number);
}

static void write_field(const struct writer *writer, const struct value_field *field,
			const uint8_t *bytes)
{
	if (field->bits)
		write_number(writer, field->type, el_value_bits_get(field, bytes));
	else
		write_value(writer, field->type, bytes + field->bit_offset / 8);
}

static void write_fields(const struct writer *writer, const struct el_value_type *type,
			 const uint8_t *bytes)
{
	bool first = true;

	fputc('{', writer->stream);
	for (uint32_t i = 0; i < type->count; i++) {
		const struct value_field *field = &type->fields[i];

		if (field->shadowed && writer->format == EL_TEXT)
			continue;
		/* A program's globals that begin with edge_ are the SDK's own (abi.h). */
		if (type->is_section && !strncmp(field->name, "edge_", 5))
			continue;
		if (!first)
			fputc(',', writer->stream);
		first = false;
		write_word(writer, field->name);
		fputc(writer->format == EL_TEXT ? '=' : ':', writer->stream);
		write_field(writer, field, bytes);
	}
	fputc('}', writer->stream);
}

static void write_array(const struct writer *writer, const struct el_value_type *type,
			const uint8_t *bytes)
{
	fputc('[', writer->stream);
	for (uint32_t i = 0; i < type->count; i++) {
		if (i)
			fputc(',', writer->stream);
		write_value(writer, type->element, bytes + (size_t)i * type->element->size);
	}
	fputc(']', writer->stream);
}

static void write_hexadecimal(const struct writer *writer, const struct el_value_type *type,
			      const uint8_t *bytes)
{
	const char *quote = writer->format == EL_JSON ? "\"" : "";

	fprintf(writer->stream, "%s0x", quote);
	for (uint32_t i = 0; i < type->size; i++)
		fprintf(writer->stream, "%02x", bytes[i]);
	fputs(quote, writer->stream);
}

static void write_value(const struct writer *writer, const struct el_value_type *type,
			const uint8_t *bytes)
{
	char address[VALUE_ADDRESS_MAX];

	switch (type->kind) {
	case VALUE_INTEGER:
	case VALUE_BOOL:
	case VALUE_ENUM:
		write_number(writer, type, el_value_number_get(type, bytes));
		break;
	case VALUE_STRING:
		write_string(writer, type, bytes);
		break;
	case VALUE_ARRAY:
		write_array(writer, type, bytes);
		break;
	case VALUE_STRUCT:
	case VALUE_UNION:
		write_fields(writer, type, bytes);
		break;
	case VALUE_BYTES:
		write_hexadecimal(writer, type, bytes);
		break;
	default:
		if (el_value_address_format(type->kind, bytes, address))
			write_word(writer, address);
		else
			write_fields(writer, type, bytes);
	}
}

void el_value_type_write(const struct el_value_type *type, const void *bytes, enum el_format format,
			 FILE *stream)
{
	const struct writer writer = {.stream = stream, .format = format};

	write_value(&writer, type, bytes);
}

void el_value_field_write(const struct value_field *field, const void *bytes, FILE *stream)
{
	const struct writer writer = {.stream = stream, .format = EL_JSON};

	write_field(&writer, field, bytes);
}

char *el_value_type_text(const struct el_value_type *type, const void *bytes)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	if (!stream)
		return NULL;
	el_value_type_write(type, bytes, EL_TEXT, stream);
	el_stream_end(stream, &text);
	return text;
}
