// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Parses strings, with the escapes of JSON, and bytes: JSON's list of numbers, or hexadecimal.
 */
#include <ctype.h>

#include "value/parser.h"

/* Convert JSON's four digits behind \u to UTF-8. Return: the number of characters consumed, or 0.
 */
static size_t unicode_parse(const char *text, char *out, size_t *made)
{
	unsigned long code = 0;

	for (int i = 1; i <= 4; i++) {
		char digit[2] = {text[i]};

		if (!isxdigit((unsigned char)text[i]))
			return 0;
		code = code * 16 + strtoul(digit, NULL, 16);
	}
	if (code >= 0xd800 && code < 0xe000) /* edge-load writes no halves of surrogate pairs */
		return 0;
	*made = code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
	if (*made == 1)
		out[0] = (char)code;
	if (*made == 2)
		out[0] = (char)(0xc0 | code >> 6);
	if (*made == 3) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
	}
	if (*made > 1)
		out[*made - 1] = (char)(0x80 | (code & 0x3f));
	return 5;
}

/* Convert the escape behind a backslash to @made bytes, up to 3. Return: the number of characters
 * consumed, or 0. */
static size_t escape_parse(const char *text, char *out, size_t *made)
{
	static const char names[] = "bfrnt", bytes[] = "\b\f\r\n\t";
	char digits[3] = "";
	const char *name = *text ? strchr(names, *text) : NULL;

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
		if (!isxdigit((unsigned char)text[1]) || !isxdigit((unsigned char)text[2]))
			return 0;
		memcpy(digits, text + 1, 2);
		*out = (char)strtoul(digits, NULL, 16);
		return 3;
	default:
		return 0;
	}
}

static int parse_quoted(struct value_parser *parser, const struct el_value_type *type, uint8_t *out)
{
	const char *begin = parser->at++;
	size_t length = 0;

	while (*parser->at != '"') {
		char c[3] = {*parser->at++};
		size_t made = 1;

		if (!*c)
			return el_value_refuse(parser, NULL, "%.*s has no closing quote",
					       VALUE_SHOWN_MAX, begin);
		if (*c == '\\') {
			size_t taken = escape_parse(parser->at, c, &made);

			if (!taken)
				return el_value_refuse(parser, type, "%.*s is not an escape", 2,
						       parser->at - 1);
			parser->at += taken;
		}
		if (length + made > type->size)
			return el_value_refuse(parser, NULL, "%.*s is longer than %u bytes",
					       VALUE_SHOWN_MAX, begin, type->size);
		memcpy(out + length, c, made);
		length += made;
	}
	parser->at++;
	return 0;
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

int el_value_parse_string(struct value_parser *parser, const struct el_value_type *type,
			  uint8_t *out)
{
	const char *text;
	size_t length;

	if (parser->depth)
		el_value_skip_spaces(parser);
	text = parser->at;
	if (*text == '"')
		return parse_quoted(parser, type, out);
	if (*text == '[' && parse_byte_list(parser, type, out))
		return 0;
	length = parser->depth ? strcspn(text, ",}]") : strlen(text);
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
	bool quoted;

	el_value_skip_spaces(parser);
	quoted = *parser->at == '"';
	text = parser->at + quoted;
	length = strspn(text, "0123456789abcdefABCDEFx");
	if (quoted && text[length] != '"')
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
	parser->at += length + 2 * quoted;
	return 0;
}
