// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * JSON output, always valid: bytes that are not UTF-8 are escaped, and a failed allocation is an
 * error, not a shorter output. A failed function of jansson returns NULL, which other functions of
 * jansson accept silently, so every failed allocation is recorded in the allocator.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "output.h"

static void *allocate(size_t size)
{
	return malloc(size); /* memory.c records a failure */
}

void output_json_setup(void)
{
	json_set_alloc_funcs(allocate, free);
}

json_t *output_string(const char *text)
{
	json_t *json = json_string(text);
	_cleanup_free_ char *utf8 = NULL;

	if (json || memory_was_short())
		return json;
	utf8 = el_text_utf8(text);
	return utf8 ? json_string(utf8) : NULL;
}

/* The next value, with its type from @format. */
static json_t *take_value(const char *format, va_list args)
{
	const char *text;

	switch (*format) {
	case 's':
		text = va_arg(args, const char *);
		return text || format[1] != '?' ? output_string(text) : json_null();
	case 'I':
		return json_integer(va_arg(args, json_int_t));
	case 'i':
		return json_integer(va_arg(args, int));
	case 'b':
		return json_boolean(va_arg(args, int));
	case 'f':
		return json_real(va_arg(args, double));
	default:
		return va_arg(args, json_t *);
	}
}

json_t *output_object(const char *format, ...)
{
	_cleanup_json_ json_t *json = json_object();
	va_list args;

	va_start(args, format);
	while ((format = strchr(format, ':'))) {
		const char *key = va_arg(args, const char *);

		json_object_set_new(json, key, take_value(++format, args));
	}
	va_end(args);
	return TAKE_PTR(json);
}

/* Escape characters that control a terminal; except newlines, they are only inside strings. */
static void write_dump(FILE *stream, const char *dump)
{
	const char *plain = dump;
	size_t size, length = strlen(dump);
	uint32_t code;

	for (; length; dump += size, length -= size) {
		size = el_text_next(dump, length, &code);
		if (!el_text_drives(code) || code == '\n')
			continue;
		fwrite(plain, 1, (size_t)(dump - plain), stream);
		fprintf(stream, "\\u%04x", code);
		plain = dump + size;
	}
	fwrite(plain, 1, (size_t)(dump - plain), stream);
	fputc('\n', stream);
}

static int print(FILE *stream, json_t *json, size_t flags)
{
	_cleanup_json_ json_t *owned = json;
	/* After a failed allocation the JSON may be incomplete, so it is not printed. */
	_cleanup_free_ char *dump =
		stream == stdout && memory_was_short() ? NULL : json_dumps(owned, flags);

	if (dump)
		write_dump(stream, dump);
	return dump ? EL_OK : EL_FAILED;
}

int output_json(const struct cli *cli, json_t *json)
{
	(void)cli;
	return print(stdout, json, isatty(STDOUT_FILENO) ? JSON_INDENT(2) : 0);
}

int output_json_line(json_t *json)
{
	return print(stdout, json, 0);
}

int output_json_to(FILE *stream, json_t *json)
{
	return print(stream, json, 0);
}
