// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Converts text to bytes: a parser that descends the tree of type.h. It writes only inside the
 * type's size, and reports the place of the first error ("field ports[1]"). The text may be JSON,
 * YAML's flow form, or both mixed with {a=1}.
 *
 * Why not jansson and libyaml: jansson's integers end at 2^63 - 1. libyaml refuses {ip: ::1} and
 * {a=1}, and its events alone take 2.6 s for a million entries of map dump -j. Only the type tells
 * what 010, on or a1:b2 mean, so a tree of either would have to be parsed again.
 */
#include <ctype.h>

#include "value/parser.h"

static int parse_value(struct value_parser *parser, const struct el_value_type *type, uint8_t *out);

/* The field that is named at the beginning of the text, or NULL; @length is the length of the name. The
 * opening quote of a quoted name is already consumed. */
static const struct value_field *find_field(const struct value_parser *parser,
					    const struct el_value_type *type, size_t *length)
{
	*length = strcspn(parser->at, "=:,{}[]\"' \t\n");
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
		return el_value_refuse_here(parser, type, "a field name is missing at \"%.30s\"",
					    parser->at);
	if (names)
		nearest = el_nearest(name, names, type->count);
	return el_value_refuse(parser, type, "there is no field %s%s%s%s", name,
			       nearest ? "; did you mean " : "", nearest ? nearest : "",
			       nearest ? "?" : "");
}

static int parse_field_value(struct value_parser *parser, const struct value_field *field,
			     uint8_t *out)
{
	uint64_t number;
	int err;

	if (!field->bits) {
		/* In a section of variables, clear the previous value. */
		if (!parser->over)
			memset(out + field->bit_offset / 8, 0, field->type->size);
		return parse_value(parser, field->type, out + field->bit_offset / 8);
	}
	err = el_value_parse_number(parser, field->type, field->bits, &number);
	if (!err)
		el_value_bits_set(field, out, number);
	return err;
}

/* NAME=, NAME: or "NAME":. @colon: whether a colon is behind the name. */
static int parse_name(struct value_parser *parser, const struct value_composite *whole,
		      const struct value_field **field, bool *colon)
{
	const char *begin;
	size_t length;
	char quote;

	el_value_skip_spaces(parser);
	begin = parser->at;
	quote = el_value_is_quote(*begin) ? *begin : '\0';
	parser->at += !!quote;
	*field = find_field(parser, whole->type, &length);
	if (!*field)
		return refuse_field(parser, whole->type, length);
	parser->at += length;
	if (quote && *parser->at != quote)
		return el_value_refuse_here(parser, NULL, "a quote is missing behind %s",
					    (*field)->name);
	parser->at += !!quote;
	el_value_skip_spaces(parser);
	*colon = *parser->at == ':';
	if (*parser->at != '=' && !(*colon && (quote || whole->colon)))
		return el_value_refuse_here(parser, NULL, "%c is missing behind %s",
					    quote ? ':' : '=', (*field)->name);
	parser->at++;
	return 0;
}

/* Parse the value behind NAME=. parser->path names the field in an error. */
static int parse_named(struct value_parser *parser, const struct value_field *field, bool colon,
		       uint8_t *out)
{
	size_t path = strlen(parser->path);
	bool outer = parser->colon;
	int err;

	snprintf(parser->path + path, sizeof(parser->path) - path, "%s%s", path ? "." : "",
		 field->name);
	parser->depth++;
	parser->colon = colon;
	err = parse_field_value(parser, field, out);
	parser->colon = outer;
	parser->depth--;
	if (!err)
		parser->path[path] = '\0';
	return err;
}

/* Parse a field that shares bytes with fields that the text gave before: by itself, and over their
 * bytes. */
static int parse_shared(struct value_parser *parser, const struct value_composite *whole,
			const struct value_field *field)
{
	_cleanup_free_ uint8_t *alone = calloc(1, whole->type->size);
	_cleanup_free_ uint8_t *over = malloc(whole->type->size);
	const char *begin = parser->at;
	bool outer = parser->over;
	int err;

	if (!alone || !over)
		return el_fail_memory(parser->context);
	err = parse_named(parser, field, true, alone);
	if (err)
		return err;
	memcpy(over, whole->bytes, whole->type->size);
	parser->at = begin;
	parser->over = true;
	err = parse_named(parser, field, true, over);
	parser->over = outer;
	return err ? err
		   : el_value_settle_overlap(parser, whole, field,
					     &(struct value_shared){alone, over});
}

static int parse_field(struct value_parser *parser, const struct value_composite *whole)
{
	const struct value_field *field;
	bool colon = false;
	int err, shares;

	err = parse_name(parser, whole, &field, &colon);
	if (err)
		return err;
	shares = el_value_check_overlap(parser, whole, field, colon);
	if (shares < 0)
		return shares;
	err = shares ? parse_shared(parser, whole, field)
		     : parse_named(parser, field, colon, whole->bytes);
	whole->seen[field - whole->type->fields] = true;
	return err;
}

static int refuse_rest(struct value_parser *parser)
{
	return el_value_refuse_here(parser, NULL, "\"%.30s\" is unexpected", parser->at);
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
		return el_value_refuse_here(parser, NULL, "%c is missing at the end", close);
	return refuse_rest(parser);
}

static int parse_fields(struct value_parser *parser, const struct el_value_type *type, char close,
			uint8_t *out)
{
	_cleanup_free_ bool *seen = calloc(type->count + 1, sizeof(*seen));
	const struct value_composite whole = {
		.type = type, .seen = seen, .colon = close, .bytes = out};
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
	return el_value_refuse_here(parser, type, "{ is missing at \"%.30s\"", parser->at);
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
		return el_value_refuse_here(parser, type, "[ is missing at \"%.30s\"", parser->at);
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

/* JSON's null, and YAML's empty value, which have no bytes. */
static bool is_null(const struct value_parser *parser)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};
	size_t length;
	const char *behind;

	if (!strchr("~nN,}]", *parser->at)) /* the usual case, fast */
		return false;
	length = strcspn(parser->at, ",}] \t\n");
	behind = parser->at + length + strspn(parser->at + length, " \t\n");
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i]) == length && !memcmp(parser->at, words[i], length) &&
		    strchr(",}]", *behind))
			return true;
	return false;
}

/* Whether a struct or an array stands in quotes. */
static bool is_quoted_composite(const struct value_parser *parser, const struct el_value_type *type)
{
	const char *inside = parser->at + 1;

	return el_value_is_quote(*parser->at) && (type->fields || type->kind == VALUE_ARRAY) &&
	       strchr("{[", inside[strspn(inside, " \t\n")]) && *inside;
}

static int parse_whole(struct value_parser *parser, const struct el_value_type *type, uint8_t *out);

static int parse_quoted_composite(struct value_parser *parser, const struct el_value_type *type,
				  uint8_t *out)
{
	size_t size = strlen(parser->at);
	_cleanup_free_ char *text = malloc(size + 1);
	struct value_room room = {.bytes = text, .size = size};
	struct value_parser inner = *parser;
	int err;

	if (!text)
		return el_fail_memory(parser->context);
	err = el_value_unquote(parser, type, &room);
	if (err)
		return err;
	text[room.length] = '\0';
	if (strlen(text) != room.length)
		return el_value_refuse(parser, type, "the value contains a NUL byte");
	inner.outer = parser->outer ? parser->outer : inner.at;
	inner.at = text;
	return parse_whole(&inner, type, out);
}

static int parse_value(struct value_parser *parser, const struct el_value_type *type, uint8_t *out)
{
	uint64_t number;
	int err;

	if (parser->depth || type->kind != VALUE_STRING)
		el_value_skip_spaces(parser);
	if (parser->colon && is_null(parser))
		return el_value_refuse(parser, type,
				       "there is no value; omit the field to set it to zero");
	if (is_quoted_composite(parser, type))
		return parse_quoted_composite(parser, type, out);
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
		if (*parser->at == '{' && type->fields)
			return parse_struct(parser, type, out);
		return el_value_parse_address(parser, type, out);
	}
}

/* Parse a value with nothing behind it. */
static int parse_whole(struct value_parser *parser, const struct el_value_type *type, uint8_t *out)
{
	int err = parse_value(parser, type, out);

	if (err)
		return err;
	el_value_skip_spaces(parser);
	return *parser->at ? refuse_rest(parser) : 0;
}

int el_value_type_parse(struct el_context *context, const struct el_value_type *type,
			const struct el_value_text *text, void *out)
{
	struct value_parser parser = {.context = context, .text = text, .at = text->text};

	if (!type->is_section)
		memset(out, 0, type->size);
	return parse_whole(&parser, type, out);
}
