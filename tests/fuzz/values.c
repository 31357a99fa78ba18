// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A value of a type, in both directions: values.h. A written value must be read back as the same
 * bytes, except for padding and for a bool that is neither 0 nor 1, which have no value in C. So a
 * value is written and read once before the comparison.
 */
#include "values.h"

static char *write_value(const struct el_value_type *type, const void *bytes, enum el_format format)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	fuzz_check(stream, "no memory");
	el_value_type_write(type, bytes, format, stream);
	fuzz_check(!fclose(stream), "no memory");
	fuzz_check(strlen(text) == length, "a NUL is in the text of a value");
	return text;
}

static void read_value(const struct el_value_type *type, const char *text, void *bytes)
{
	struct el_context *context = fuzz_context();

	fuzz_check(
		!el_value_type_parse(context, type, &(struct el_value_text){"value", text}, bytes),
		"%s was written, and is not read: %s", text, context->error.what);
}

/* The text expresses all of the value: read, and written again, it is the same text. */
static void check_text(const struct el_value_type *type, const char *text, enum el_format format)
{
	size_t size = el_value_type_size(type);
	uint8_t *read = calloc(1, size + 1), *second = calloc(1, size + 1);
	char *again;

	read_value(type, text, read);
	again = write_value(type, read, format);
	fuzz_check(!strcmp(text, again), "%s becomes %s", text, again);
	read_value(type, again, second);
	fuzz_check(!memcmp(read, second, size), "%s is not the same bytes twice", text);
	free(read);
	free(second);
	free(again);
}

static void check(const struct el_value_type *type, bool sound, const void *bytes,
		  enum el_format format)
{
	char *text = write_value(type, bytes, format);

	if (format == EL_JSON)
		fuzz_check_json(text);
	if (sound)
		check_text(type, text, format);
	free(text);
}

void fuzz_value_of_type(const struct el_value_type *type, bool sound, const uint8_t *data,
			size_t size)
{
	uint32_t room = el_value_type_size(type);
	struct el_value_leaf *leaves = NULL;
	size_t count = 0;
	uint8_t *bytes;

	if (room > FUZZ_VALUE_MAX)
		return;
	bytes = calloc(1, room + 1);
	if (size)
		memcpy(bytes, data, size < room ? size : room);
	check(type, sound, bytes, EL_TEXT);
	check(type, sound, bytes, EL_JSON);
	if (!el_value_type_leaves(fuzz_context(), type, &leaves, &count))
		for (size_t i = 0; i < count; i++)
			fuzz_check(leaves[i].offset + leaves[i].size <= room, "leaf %zu", i);
	free(leaves);
	fuzz_check(el_value_type_same(type, type), "a type is not the same as itself");
	free(bytes);
}

void fuzz_text_of_type(const struct el_value_type *type, const char *text)
{
	uint8_t *bytes = calloc(1, el_value_type_size(type) + 1);
	int error = el_value_type_parse(fuzz_context(), type,
					&(struct el_value_text){"value", text}, bytes);

	fuzz_check_noted(error);
	if (!error) {
		check(type, true, bytes, EL_TEXT);
		check(type, true, bytes, EL_JSON);
	}
	free(bytes);
}
