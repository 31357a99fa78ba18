// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Parses strings, and bytes in hexadecimal. Text in quotes is "..." with the escapes of JSON and
 * \xNN, which is a byte, or '...' of YAML, in which '' is a quote.
 */
#include <ctype.h>

#include "value/parser.h"

/* The number that @count hexadecimal digits form, or -1. */
static long hexadecimal(const char *text, int count)
{
	long number = 0;

	for (int i = 0; i < count; i++) {
		char digit[2] = {text[i]};

		if (!isxdigit((unsigned char)text[i]))
			return -1;
		number = number * 16 + strtol(digit, NULL, 16);
	}
	return number;
}

static size_t utf8_write(unsigned long code, char *out)
{
	static const unsigned char first[] = {[1] = 0, [2] = 0xc0, [3] = 0xe0, [4] = 0xf0};
	size_t made = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = made; --i; code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(first[made] | code);
	return made;
}

/* Convert the four digits behind \u, or the two \u of a surrogate pair, to UTF-8. Return: the
 * number of characters consumed, or 0. */
static size_t unicode_parse(const char *text, char *out, size_t *made)
{
	long code = hexadecimal(text + 1, 4), low = -1;

	if (code >= 0xd800 && code < 0xdc00 && text[5] == '\\' && text[6] == 'u')
		low = hexadecimal(text + 7, 4);
	if (low >= 0xdc00 && low < 0xe000)
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	else if (code < 0 || (code >= 0xd800 && code < 0xe000))
		return 0;
	*made = utf8_write((unsigned long)code, out);
	return code < 0x10000 ? 5 : 11;
}

/* Convert the escape behind a backslash to @made bytes, up to 4. Return: the number of characters
 * consumed, or 0. */
static size_t escape_parse(const char *text, char *out, size_t *made)
{
	static const char names[] = "bfrnt", bytes[] = "\b\f\r\n\t";
	const char *name = *text ? strchr(names, *text) : NULL;
	long byte;

	*made = 1;
	if (name) {
		*out = bytes[name - names];
		return 1;
	}
	switch (*text) {
	case '"':
	case '\\':
	case '/':
		*out = *text;
		return 1;
	case 'u':
		return unicode_parse(text, out, made);
	case 'x':
		byte = hexadecimal(text + 1, 2);
		*out = (char)byte;
		return byte < 0 ? 0 : 3;
	default:
		return 0;
	}
}

/* Take the next character inside of quotes. Return: as el_value_unquote(). */
static int take_char(struct value_parser *parser, const struct el_value_type *type, char quote,
		     struct value_room *room)
{
	char c[4] = {*parser->at++};
	size_t made = 1, taken;

	if (*c == quote) /* one of two single quotes */
		parser->at++;
	if (*c == '\\' && quote == '"') {
		taken = escape_parse(parser->at, c, &made);
		if (!taken)
			return el_value_refuse(parser, type, "%.*s is not an escape", 2,
					       parser->at - 1);
		parser->at += taken;
	}
	if (room->length + made > room->size)
		return -ERANGE;
	memcpy(room->bytes + room->length, c, made);
	room->length += made;
	return 0;
}

int el_value_unquote(struct value_parser *parser, const struct el_value_type *type,
		     struct value_room *room)
{
	const char *begin = parser->at;
	char quote = *parser->at++;
	int err = 0;

	while (!err && (*parser->at != quote || (quote == '\'' && parser->at[1] == quote))) {
		if (!*parser->at)
			return el_value_refuse(parser, NULL, "%.*s has no closing quote",
					       VALUE_SHOWN_MAX, begin);
		err = take_char(parser, type, quote, room);
	}
	parser->at += !err;
	return err;
}

/* Parse [1,255,…], JSON's form of bytes that are not UTF-8. It lists all bytes. Return: whether the
 * text has this form. */
static bool parse_byte_list(struct value_parser *parser, const struct el_value_type *type,
			    uint8_t *out)
{
	const char *at = parser->at;

	for (uint32_t i = 0; i < type->size; i++) {
		char *end;
		unsigned long byte;

		if (*at++ != (i ? ',' : '['))
			return false;
		at += strspn(at, " \t\n");
		byte = strtoul(at, &end, 10);
		if (!isdigit((unsigned char)*at) || byte > 255)
			return false;
		out[i] = (uint8_t)byte;
		at = end + strspn(end, " \t\n");
	}
	if (*at != ']')
		return false;
	parser->at = at + 1;
	return true;
}

static int parse_quoted(struct value_parser *parser, const struct el_value_type *type, uint8_t *out)
{
	struct value_room room = {.bytes = (char *)out, .size = type->size};
	const char *begin = parser->at;
	int err = el_value_unquote(parser, type, &room);

	return err == -ERANGE ? el_value_refuse(parser, NULL, "%.*s is longer than %u bytes",
						VALUE_SHOWN_MAX, begin, type->size)
			      : err;
}

/* The length of a text without quotes. YAML's text ends before the blanks behind it. */
static size_t bare_length(const struct value_parser *parser, const char *text)
{
	size_t length = parser->depth ? strcspn(text, ",}]") : strlen(text);

	while (parser->colon && length && isspace((unsigned char)text[length - 1]))
		length--;
	return length;
}

int el_value_parse_string(struct value_parser *parser, const struct el_value_type *type,
			  uint8_t *out)
{
	const char *text;
	size_t length;

	text = parser->at; /* the outermost text keeps its spaces, but not outside of quotes */
	el_value_skip_spaces(parser);
	if (el_value_is_quote(*parser->at))
		return parse_quoted(parser, type, out);
	if (*parser->at == '[' && parse_byte_list(parser, type, out))
		return 0;
	if (parser->depth)
		text = parser->at;
	parser->at = text;
	length = bare_length(parser, text);
	if (length > type->size)
		return el_value_refuse(parser, NULL, "%.*s is longer than %u bytes",
				       VALUE_SHOWN_MAX, text, type->size);
	memcpy(out, text, length);
	parser->at += length;
	return 0;
}

int el_value_parse_bytes(struct value_parser *parser, const struct el_value_type *type,
			 uint8_t *out)
{
	const char *text;
	size_t length;
	char quote;

	el_value_skip_spaces(parser);
	quote = el_value_is_quote(*parser->at) ? *parser->at : '\0';
	text = parser->at + !!quote;
	length = strspn(text, "0123456789abcdefABCDEFx");
	if (quote && text[length] != quote)
		return el_value_refuse(parser, type, "%.*s has no closing quote", VALUE_SHOWN_MAX,
				       text);
	if (length != 2 + (size_t)type->size * 2 || text[0] != '0' || text[1] != 'x')
		return el_value_refuse(parser, type, "%.*s is not %u bytes in hexadecimal",
				       VALUE_SHOWN_MAX, text, type->size);
	for (uint32_t i = 0; i < type->size; i++) {
		char digits[3] = {text[2 + 2 * i], text[3 + 2 * i]};

		if (digits[0] == 'x' || digits[1] == 'x')
			return el_value_refuse(parser, type, "%.*s is not hexadecimal",
					       VALUE_SHOWN_MAX, text);
		out[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	parser->at += length + 2 * !!quote;
	return 0;
}
