// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Converts text to bytes: a parser that descends the tree of type.h. It writes only inside the
 * type's size, and reports the place of the first error ("field ports[1]"). It also accepts JSON as
 * el_value_type_write() makes it: names and words in quotes, a colon behind a quoted name, and
 * unions with all of their fields, if these agree.
 */
#include <ctype.h>

#include "value/parser.h"

/* A struct, a union or a section that is being read. */
struct composite {
	const struct el_value_type *type;
	bool *seen; /* for each field: whether the text gave it */
	uint8_t *bytes;
};

static int parse_value(struct value_parser *parser, const struct el_value_type *type, uint8_t *out);

/* The field that is named before the next '=', or NULL; @length is the length of the name. The
 * opening quote of a quoted name is already consumed. */
static const struct value_field *find_field(const struct value_parser *parser,
					    const struct el_value_type *type, size_t *length)
{
	*length = strcspn(parser->at, "=,{}[]\" \t\n");
	for (uint32_t i = 0; i < type->count; i++)
		if (strlen(type->fields[i].name) == *length &&
		    !memcmp(type->fields[i].name, parser->at, *length))
			return &type->fields[i];
	return NULL;
}

static int refuse_field(struct value_parser *parser, const struct el_value_type *type,
			size_t length)
{
	_cleanup_free_ const char **names = calloc(type->count + 1, sizeof(*names));
	const char *nearest = NULL;
	char name[65];

	snprintf(name, sizeof(name), "%.*s", (int)(length < 64 ? length : 64), parser->at);
	for (uint32_t i = 0; names && i < type->count; i++)
		names[i] = type->fields[i].name;
	if (!*name)
		return el_value_refuse(parser, type, "a field name is missing at \"%.30s\"",
				       parser->at);
	if (names)
		nearest = el_nearest(name, names, type->count);
	return el_value_refuse(parser, type, "there is no field %s%s%s%s", name,
			       nearest ? "; did you mean " : "", nearest ? nearest : "",
			       nearest ? "?" : "");
}

static uint64_t field_end(const struct value_field *field)
{
	return field->bit_offset + (field->bits ? field->bits : (uint64_t)field->type->size * 8);
}

/* Refuse a field that is given twice, and two fields of a union. */
static int check_overlap(struct value_parser *parser, const struct composite *whole,
			 const struct value_field *field)
{
	for (uint32_t i = 0; i < whole->type->count; i++) {
		const struct value_field *other = &whole->type->fields[i];

		if (!whole->seen[i] || other->bit_offset >= field_end(field) ||
		    field->bit_offset >= field_end(other))
			continue;
		if (other == field)
			return el_value_refuse(parser, NULL, "field %s is given twice",
					       field->name);
		return el_value_refuse(
			parser, NULL,
			"fields %s and %s share their bytes: give only one of the two", other->name,
			field->name);
	}
	return 0;
}

/* Refuse fields of a union that differ, because JSON has all of them. @before: the bytes without
 * @field. */
static int check_agreement(struct value_parser *parser, const struct composite *whole,
			   const struct value_field *field, const uint8_t *before)
{
	for (uint32_t i = 0; i < whole->type->count; i++) {
		const struct value_field *other = &whole->type->fields[i];
		uint32_t first = other->bit_offset / 8;
		uint64_t end = (field_end(other) + 7) / 8;

		if (other == field || !whole->seen[i] || other->bit_offset >= field_end(field) ||
		    field->bit_offset >= field_end(other))
			continue;
		if (memcmp(before + first, whole->bytes + first, end - first))
			return el_value_refuse(parser, NULL,
					       "fields %s and %s share their bytes and differ: "
					       "give only one of the two",
					       other->name, field->name);
	}
	return 0;
}

static int parse_field_value(struct value_parser *parser, const struct value_field *field,
			     uint8_t *out)
{
	uint64_t number;
	int err;

	if (!field->bits) {
		/* In a section of variables, clear the previous value. */
		memset(out + field->bit_offset / 8, 0, field->type->size);
		return parse_value(parser, field->type, out + field->bit_offset / 8);
	}
	err = el_value_parse_number(parser, field->type, field->bits, &number);
	if (!err)
		el_value_bits_set(field, out, number);
	return err;
}

/* NAME= or "NAME": */
static int parse_name(struct value_parser *parser, const struct el_value_type *type,
		      const struct value_field **field, bool *quoted)
{
	size_t length;

	el_value_skip_spaces(parser);
	*quoted = *parser->at == '"';
	parser->at += *quoted;
	*field = find_field(parser, type, &length);
	if (!*field)
		return refuse_field(parser, type, length);
	parser->at += length;
	if (*quoted && *parser->at++ != '"')
		return el_value_refuse(parser, NULL, "a quote is missing behind %s",
				       (*field)->name);
	el_value_skip_spaces(parser);
	if (*parser->at != '=' && !(*quoted && *parser->at == ':'))
		return el_value_refuse(parser, NULL, "%c is missing behind %s", *quoted ? ':' : '=',
				       (*field)->name);
	parser->at++;
	return 0;
}

static uint8_t *copy_bytes(const struct composite *whole)
{
	uint8_t *copy = malloc(whole->type->size + 1);

	return copy ? memcpy(copy, whole->bytes, whole->type->size) : NULL;
}

/* Parse NAME=VALUE. parser->path names the field in an error. */
static int parse_field(struct value_parser *parser, const struct composite *whole)
{
	size_t path = strlen(parser->path);
	_cleanup_free_ uint8_t *before = NULL;
	const struct value_field *field;
	bool quoted, *seen;
	int err;

	err = parse_name(parser, whole->type, &field, &quoted);
	if (err)
		return err;
	seen = &whole->seen[field - whole->type->fields];
	if (!quoted || *seen)
		err = check_overlap(parser, whole, field);
	else
		before = copy_bytes(whole);
	if (err)
		return err;
	if (quoted && !before)
		return el_fail_memory(parser->context);
	snprintf(parser->path + path, sizeof(parser->path) - path, "%s%s", path ? "." : "",
		 field->name);
	parser->depth++;
	err = parse_field_value(parser, field, whole->bytes);
	parser->depth--;
	if (err)
		return err;
	parser->path[path] = '\0';
	if (before)
		err = check_agreement(parser, whole, field, before);
	*seen = true;
	return err;
}

/* Parse the comma behind an element, or @close (0: the end of the text). Return: 0; 1 at the end;
 * -EINVAL, noted. */
static int parse_separator(struct value_parser *parser, char close)
{
	el_value_skip_spaces(parser);
	if (*parser->at == ',') {
		parser->at++;
		return 0;
	}
	if (*parser->at == close) {
		parser->at += close != '\0';
		return 1;
	}
	if (!*parser->at)
		return el_value_refuse(parser, NULL, "%c is missing at the end", close);
	return el_value_refuse(parser, NULL, "\"%.30s\" is unexpected", parser->at);
}

static int parse_fields(struct value_parser *parser, const struct el_value_type *type, char close,
			uint8_t *out)
{
	_cleanup_free_ bool *seen = calloc(type->count + 1, sizeof(*seen));
	const struct composite whole = {.type = type, .seen = seen, .bytes = out};
	int done = 0;

	if (!seen)
		return el_fail_memory(parser->context);
	el_value_skip_spaces(parser);
	if (close && *parser->at == close) {
		parser->at++;
		return 0;
	}
	while (!done) {
		done = parse_field(parser, &whole);
		if (!done)
			done = parse_separator(parser, close);
	}
	return done < 0 ? done : 0;
}

/* Whether the value of one field is accepted without its name: in a struct with one field, and in a
 * union. */
static bool takes_bare(const struct el_value_type *type)
{
	return !type->is_section &&
	       (type->count == 1 || (type->kind == VALUE_UNION && type->count > 0));
}

/* Whether the text, without the outermost braces, begins with NAME=. */
static bool begins_with_field(struct value_parser *parser, const struct el_value_type *type)
{
	size_t length;

	if (!takes_bare(type))
		return true;
	if (!find_field(parser, type, &length))
		return false;
	return parser->at[length + strspn(parser->at + length, " \t")] == '=';
}

static int parse_struct(struct value_parser *parser, const struct el_value_type *type, uint8_t *out)
{
	el_value_skip_spaces(parser);
	if (*parser->at == '{') {
		parser->at++;
		return parse_fields(parser, type, '}', out);
	}
	if (!*parser->at)
		return el_value_refuse(parser, type, "the value is missing");
	if (!parser->depth && !strchr(parser->at, '=') && !takes_bare(type))
		return el_value_refuse(parser, type, "%.60s is not %s%s", parser->at,
				       type->is_section ? "NAME=VALUE" : "a struct ",
				       type->is_section ? "" : type->name);
	if (!parser->depth && begins_with_field(parser, type))
		return parse_fields(parser, type, '\0', out);
	if (takes_bare(type))
		return parse_field_value(parser, &type->fields[0], out);
	return el_value_refuse(parser, type, "{ is missing at \"%.30s\"", parser->at);
}

static int parse_elements(struct value_parser *parser, const struct el_value_type *type,
			  uint8_t *out)
{
	size_t path = strlen(parser->path);
	int done = 0;

	for (uint32_t i = 0; !done; i++) {
		if (i == type->count)
			return el_value_refuse(parser, NULL, "there are more than %u elements",
					       type->count);
		snprintf(parser->path + path, sizeof(parser->path) - path, "[%u]", i);
		done = parse_value(parser, type->element, out + (size_t)i * type->element->size);
		if (done)
			break;
		parser->path[path] = '\0';
		done = parse_separator(parser, ']');
	}
	return done < 0 ? done : 0;
}

static int parse_array(struct value_parser *parser, const struct el_value_type *type, uint8_t *out)
{
	int err;

	el_value_skip_spaces(parser);
	if (*parser->at != '[')
		return el_value_refuse(parser, type, "[ is missing at \"%.30s\"", parser->at);
	parser->at++;
	el_value_skip_spaces(parser);
	if (*parser->at == ']') {
		parser->at++;
		return 0;
	}
	parser->depth++;
	err = parse_elements(parser, type, out);
	parser->depth--;
	return err;
}

static int parse_value(struct value_parser *parser, const struct el_value_type *type, uint8_t *out)
{
	uint64_t number;
	int err;

	switch (type->kind) {
	case VALUE_INTEGER:
	case VALUE_BOOL:
	case VALUE_ENUM:
		err = el_value_parse_number(parser, type, type->size * 8, &number);
		if (!err)
			el_value_number_set(type, out, number);
		return err;
	case VALUE_STRING:
		return el_value_parse_string(parser, type, out);
	case VALUE_ARRAY:
		return parse_array(parser, type, out);
	case VALUE_STRUCT:
	case VALUE_UNION:
		return parse_struct(parser, type, out);
	case VALUE_BYTES:
		return el_value_parse_bytes(parser, type, out);
	default:
		el_value_skip_spaces(parser);
		if (*parser->at == '{' && type->fields)
			return parse_struct(parser, type, out);
		return el_value_parse_address(parser, type, out);
	}
}

int el_value_type_parse(struct el_context *context, const struct el_value_type *type,
			const struct el_value_text *text, void *out)
{
	struct value_parser parser = {.context = context, .text = text, .at = text->text};
	int err;

	if (!type->is_section)
		memset(out, 0, type->size);
	err = parse_value(&parser, type, out);
	if (err)
		return err;
	el_value_skip_spaces(&parser);
	if (*parser.at)
		return el_value_refuse(&parser, NULL, "\"%.30s\" is unexpected", parser.at);
	return 0;
}
