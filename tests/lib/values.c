// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Types for tests of value/. */
#define VALUES_TEXT
#include "lib/values.h"

#include "lib/scratch.h"

struct btf *btf;

int values_setup(void **state)
{
	static const char head[] =
		"#include <edge/abi.h>\n#include <linux/in.h>\n#include <linux/in6.h>\n";
	_cleanup_free_ char *text = el_format("%s%s\n", head, source);

	(void)state;
	if (scratch_make())
		return -1;
	write_text("types.bpf.c", text);
	compile_plain(at("types.bpf.c"), at("types.o"));
	btf = btf__parse(at("types.o"), NULL);
	scratch_remove();
	return btf ? el_context_open(&context, NULL) : -1;
}

int values_teardown(void **state)
{
	(void)state;
	btf__free(btf);
	el_context_free(context);
	return 0;
}

uint32_t type_of(const char *variable)
{
	int id = btf__find_by_name_kind(btf, variable, BTF_KIND_VAR);

	assert_true(id > 0);
	return btf__type_by_id(btf, (uint32_t)id)->type;
}

struct el_value_type *open_type(const struct btf *of, uint32_t id)
{
	struct el_value_type *type = NULL;

	assert_int_equal(el_value_type_open(context, of, id, &type), 0);
	return type;
}

void close_type(struct el_value_type **type)
{
	el_value_type_free(*type);
}

int parse(const char *variable, const char *text, void *out, size_t size)
{
	_cleanup_(close_type) struct el_value_type *type = open_type(btf, type_of(variable));

	assert_int_equal(el_value_type_size(type), size);
	return el_value_type_parse(context, type, &(struct el_value_text){"value", text}, out);
}

char *shown(const struct el_value_type *type, const void *bytes, enum el_format format)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	assert_non_null(stream);
	el_value_type_write(type, bytes, format, stream);
	assert_int_equal(fclose(stream), 0);
	return text;
}

void reads(const char *variable, const char *text, const void *want, size_t size)
{
	_cleanup_free_ uint8_t *got = malloc(size);

	memset(got, 0xee, size);
	if (parse(variable, text, got, size))
		fail_msg("%s: %s", text, last_error()->what);
	assert_memory_equal(got, want, size);
}

void writes(const char *variable, enum el_format format, const char *text, const void *bytes,
	    size_t size)
{
	_cleanup_(close_type) struct el_value_type *type = open_type(btf, type_of(variable));
	_cleanup_free_ char *got = shown(type, bytes, format);

	assert_int_equal(el_value_type_size(type), size);
	assert_string_equal(got, text);
}

void refuses(const char *variable, size_t size, const char *text, const char *what)
{
	_cleanup_free_ uint8_t *got = malloc(size);

	assert_int_equal(parse(variable, text, got, size), -EINVAL);
	assert_string_equal(last_error()->what, what);
	assert_int_equal(last_error()->kind, EL_USAGE);
}
