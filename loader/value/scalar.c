// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Parses scalars that are one word: numbers, names of enum values, addresses. All errors in a
 * value's text pass el_value_refuse() here.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>

#include "value/parser.h"

/* List the names of @type's fields or enumerators, as many as fit. */
static void list_names(const struct el_value_type *type, char *out, size_t size)
{
	size_t length = 0;

	out[0] = '\0';
	for (uint32_t i = 0; i < type->count; i++) {
		const char *name = type->fields ? type->fields[i].name : type->enumerators[i].name;

		if (length + strlen(name) + 10 > size) {
			snprintf(out + length, size - length, ", …");
			return;
		}
		length +=
			(size_t)snprintf(out + length, size - length, "%s%s", i ? ", " : "", name);
	}
}

static void number_accepted(const struct el_value_type *type, uint32_t bits, char *out, size_t size)
{
	uint64_t top = bits < 64 ? (1ULL << bits) - 1 : UINT64_MAX;

	if (type->is_signed)
		snprintf(out, size, "a number from %" PRId64 " to %" PRId64,
			 -(int64_t)(top / 2) - 1, (int64_t)(top / 2));
	else
		snprintf(out, size, "a number from 0 to %" PRIu64, top);
}

/* Describe the valid texts of @type. */
static void accepted(const struct el_value_type *type, char *out, size_t size)
{
	char names[200];

	switch (type->kind) {
	case VALUE_INTEGER:
		number_accepted(type, type->size * 8, out, size);
		break;
	case VALUE_BOOL:
		snprintf(out, size, "true or false, 1 or 0, yes or no, on or off");
		break;
	case VALUE_ENUM:
		list_names(type, names, sizeof(names));
		snprintf(out, size, "one of %s, or a number", names);
		break;
	case VALUE_STRING:
		snprintf(out, size, "up to %u bytes, bare or in \"…\" with \\\" \\\\ \\xNN",
			 type->size);
		break;
	case VALUE_ARRAY:
		snprintf(out, size, "[a,b,…] with up to %u elements", type->count);
		break;
	case VALUE_STRUCT:
	case VALUE_UNION:
		list_names(type, names, sizeof(names));
		snprintf(out, size, "{field=value,…} or {\"field\":value,…} with the fields %s",
			 names);
		break;
	case VALUE_IP4:
		snprintf(out, size, "an IPv4 address, as 192.0.2.1");
		break;
	case VALUE_IP:
		snprintf(out, size, "an address, as 192.0.2.1 or 2001:db8::1");
		break;
	case VALUE_IP6:
		snprintf(out, size, "an IPv6 address, as 2001:db8::1");
		break;
	case VALUE_PREFIX:
	case VALUE_PREFIX_KEY:
		snprintf(out, size,
			 "a prefix, as 192.0.2.0/24 or 2001:db8::/32, or a bare address");
		break;
	case VALUE_MAC:
		snprintf(out, size, "a MAC address, as 02:00:00:00:00:01");
		break;
	case VALUE_BYTES:
		snprintf(out, size, "0x and %u hexadecimal digits", type->size * 2);
		break;
	}
}

static int refuse(struct value_parser *parser, const struct el_value_type *type, const char *reason)
{
	char accepts[300], hint[320] = "";
	bool nested = parser->path[0];

	if (type) {
		accepted(type, accepts, sizeof(accepts));
		snprintf(hint, sizeof(hint), "write %s", accepts);
	}
	return el_fail(parser->context, EL_USAGE, EINVAL, hint, "%s: %s%s%s%s", parser->text->name,
		       nested ? "field " : "", parser->path, nested ? ": " : "", reason);
}

int el_value_refuse(struct value_parser *parser, const struct el_value_type *type,
		    const char *format, ...)
{
	char reason[300];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	return refuse(parser, type, reason);
}

int el_value_refuse_here(struct value_parser *parser, const struct el_value_type *type,
			 const char *format, ...)
{
	const char *at = parser->outer ? parser->outer : parser->at;
	char reason[300];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	if (length >= 0 && (size_t)length < sizeof(reason))
		snprintf(reason + length, sizeof(reason) - (size_t)length, ", at character %td",
			 at - parser->text->text + 1);
	return refuse(parser, type, reason);
}

void el_value_skip_spaces(struct value_parser *parser)
{
	while (isspace((unsigned char)*parser->at))
		parser->at++;
}

/* Take a word in quotes, as JSON has for addresses and names of enum values. */
static int take_quoted(struct value_parser *parser, const struct el_value_type *type)
{
	struct value_room room = {.bytes = parser->word, .size = sizeof(parser->word) - 1};
	const char *begin = parser->at;
	int err = el_value_unquote(parser, type, &room);

	if (err == -ERANGE)
		return el_value_refuse(parser, type, "%.*s… is too long", VALUE_SHOWN_MAX, begin);
	if (err)
		return err;
	parser->word[room.length] = '\0';
	if (!room.length || strlen(parser->word) != room.length)
		return el_value_refuse(parser, type, "%.*s is %s",
				       (int)(parser->at - begin > VALUE_SHOWN_MAX
						     ? VALUE_SHOWN_MAX
						     : parser->at - begin),
				       begin, room.length ? "a word with a NUL byte" : "empty");
	return 0;
}

/*
 * Copy the current scalar, without surrounding spaces, into parser->word. The outermost scalar is
 * the whole text; inside braces and brackets, it ends at a comma or a closing character. @parser
 * then stands behind the scalar.
 */
static int take_word(struct value_parser *parser, const struct el_value_type *type)
{
	size_t length;
	const char *word;

	el_value_skip_spaces(parser);
	if (el_value_is_quote(*parser->at))
		return take_quoted(parser, type);
	word = parser->at;
	length = parser->depth ? strcspn(word, ",}]") : strlen(word);
	parser->at += length;
	while (length && isspace((unsigned char)word[length - 1]))
		length--;
	if (!length)
		return el_value_refuse(parser, type, "the value is missing");
	if (length >= sizeof(parser->word))
		return el_value_refuse(parser, type, "%.*s… is too long", VALUE_SHOWN_MAX, word);
	memcpy(parser->word, word, length);
	parser->word[length] = '\0';
	return 0;
}

/* Accepts only digits, decimal or 0x…. Return: 0, -EINVAL, or -ERANGE beyond 64 bits. */
static int digits_parse(const char *text, uint64_t *out)
{
	unsigned int base = 10;
	uint64_t number = 0;

	if (text[0] == '0' && (text[1] | 0x20) == 'x') {
		base = 16;
		text += 2;
	}
	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		unsigned int digit = (unsigned char)*text - '0';

		if (base == 16 && isxdigit((unsigned char)*text) && digit > 9)
			digit = ((unsigned char)*text | 0x20) - 'a' + 10;
		if (digit >= base)
			return -EINVAL;
		if (number > (UINT64_MAX - digit) / base)
			return -ERANGE;
		number = number * base + digit;
	}
	*out = number;
	return 0;
}

static int integer_parse(const struct el_value_type *type, uint32_t bits, const char *text,
			 uint64_t *out)
{
	bool negative = text[0] == '-';
	uint64_t top = bits < 64 ? (1ULL << bits) - 1 : UINT64_MAX;
	int err = digits_parse(text + negative, out);

	if (err)
		return err;
	if (type->is_signed)
		top = top / 2 + negative;
	else if (negative)
		return -ERANGE;
	if (*out > top)
		return -ERANGE;
	if (negative)
		*out = -*out;
	return 0;
}

static int bool_parse(const char *text, uint64_t *out)
{
	static const char *const words[] = {"false", "true", "0", "1", "no", "yes", "off", "on"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcasecmp(text, words[i])) {
			*out = i % 2;
			return 0;
		}
	return -EINVAL;
}

static bool enum_parse(const struct el_value_type *type, const char *text, uint64_t *out)
{
	for (uint32_t i = 0; i < type->count; i++)
		if (!strcmp(text, type->enumerators[i].name)) {
			*out = type->enumerators[i].value;
			return true;
		}
	return false;
}

static int refuse_enum(struct value_parser *parser, const struct el_value_type *type)
{
	_cleanup_free_ const char **names = calloc(type->count + 1, sizeof(*names));
	const char *nearest = NULL;

	for (uint32_t i = 0; names && i < type->count; i++)
		names[i] = type->enumerators[i].name;
	if (names)
		nearest = el_nearest(parser->word, names, type->count);
	return el_value_refuse(parser, type, "%s is not a value of enum %s%s%s%s", parser->word,
			       type->name, nearest ? "; did you mean " : "", nearest ? nearest : "",
			       nearest ? "?" : "");
}

int el_value_parse_number(struct value_parser *parser, const struct el_value_type *type,
			  uint32_t bits, uint64_t *out)
{
	char range[80];
	int err = take_word(parser, type);

	if (err)
		return err;
	if (type->kind == VALUE_ENUM && enum_parse(type, parser->word, out))
		return 0;
	if (type->kind == VALUE_BOOL)
		err = bool_parse(parser->word, out);
	else
		err = integer_parse(type, bits, parser->word, out);
	if (!err)
		return 0;
	number_accepted(type, bits, range, sizeof(range));
	if (err == -ERANGE)
		return el_value_refuse(parser, NULL, "%s is out of range: %s takes %s",
				       parser->word, *type->name ? type->name : "it", range);
	if (type->kind == VALUE_ENUM)
		return refuse_enum(parser, type);
	return el_value_refuse(parser, type, "%s is not a %s", parser->word,
			       type->kind == VALUE_BOOL ? "bool" : "number");
}

static const char *address_noun(enum value_kind kind)
{
	switch (kind) {
	case VALUE_PREFIX:
	case VALUE_PREFIX_KEY:
		return "a prefix";
	case VALUE_MAC:
		return "a MAC address";
	case VALUE_IP4:
		return "an IPv4 address";
	case VALUE_IP6:
		return "an IPv6 address";
	default:
		return "an address";
	}
}

int el_value_parse_address(struct value_parser *parser, const struct el_value_type *type,
			   uint8_t *out)
{
	char better[VALUE_ADDRESS_MAX];
	int err = take_word(parser, type);

	if (err)
		return err;
	switch (el_value_address_parse(type->kind, parser->word, out, better)) {
	case VALUE_ADDRESS_OK:
		return 0;
	case VALUE_ADDRESS_HOST_BITS:
		return el_value_refuse(parser, NULL,
				       "%s has bits set after its prefix length; write %s",
				       parser->word, better);
	case VALUE_ADDRESS_LENGTH:
		return el_value_refuse(parser, NULL, "the prefix length of %s is not 0 to %d",
				       parser->word, strchr(parser->word, ':') ? 128 : 32);
	default:
		return el_value_refuse(parser, type, "%s is not %s", parser->word,
				       address_noun(type->kind));
	}
}
