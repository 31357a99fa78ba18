// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Fields of a text that share their bytes, as the members of a union do. In {a=1}, only one of them
 * may be given. JSON has all of them, and they must agree.
 */
#include "value/parser.h"

static uint64_t field_end(const struct value_field *field)
{
	return field->bit_offset + (field->bits ? field->bits : (uint64_t)field->type->size * 8);
}

static bool overlap(const struct value_field *a, const struct value_field *b)
{
	return a->bit_offset < field_end(b) && b->bit_offset < field_end(a);
}

int el_value_check_overlap(struct value_parser *parser, const struct value_composite *whole,
			   const struct value_field *field, bool colon)
{
	int shares = 0;

	if (whole->seen[field - whole->type->fields])
		return el_value_refuse(parser, NULL, "field %s is given twice", field->name);
	for (uint32_t i = 0; i < whole->type->count; i++) {
		const struct value_field *other = &whole->type->fields[i];

		if (!whole->seen[i] || !overlap(field, other))
			continue;
		if (!colon)
			return el_value_refuse(
				parser, NULL,
				"fields %s and %s share their bytes: give only one of the two",
				other->name, field->name);
		shares = 1;
	}
	return shares;
}

static char *field_text(const struct value_field *field, const void *bytes)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	if (!stream)
		return NULL;
	el_value_field_write(field, bytes, stream);
	el_stream_end(stream, &text);
	return text;
}

/* Return: 1 if the field has the same text in both; 0; or -ENOMEM, noted. */
static int same_text(struct value_parser *parser, const struct value_field *field, const void *a,
		     const void *b)
{
	_cleanup_free_ char *first = field_text(field, a), *second = field_text(field, b);

	return first && second ? !strcmp(first, second) : el_fail_memory(parser->context);
}

int el_value_settle_overlap(struct value_parser *parser, const struct value_composite *whole,
			    const struct value_field *field, const struct value_shared *bytes)
{
	const struct value_field *other = field;
	int same = 1;

	for (uint32_t i = 0; same > 0 && i < whole->type->count; i++) {
		if (!whole->seen[i] || !overlap(field, &whole->type->fields[i]))
			continue;
		other = &whole->type->fields[i];
		same = same_text(parser, other, whole->bytes, bytes->over);
	}
	if (same > 0)
		same = same_text(parser, field, bytes->alone, bytes->over);
	if (same > 0)
		memcpy(whole->bytes, bytes->over, whole->type->size);
	if (!same)
		same = same_text(parser, field, bytes->alone, whole->bytes);
	if (same)
		return same < 0 ? same : 0;
	return el_value_refuse(
		parser, NULL,
		"fields %s and %s share their bytes and differ: give only one of the two",
		other->name, field->name);
}
