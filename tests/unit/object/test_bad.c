// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * object*.c: one clear refusal for each possible fault of an object, and never a crash.
 */
#include <elf.h>
#include <errno.h>
#include <linux/btf.h>

#include "lib/objects.h"

/* ---------------------------------------------------------------- the file */

static void test_empty_file_and_text(void **state)
{
	(void)state;
	write_text("empty.o", "");
	assert_refused(at("empty.o"), EINVAL, EL_COMPILE, "empty.o: an empty file");
	write_text("text.o", "#!/bin/sh\necho not an object\n");
	assert_refused(at("text.o"), EINVAL, EL_COMPILE, "text.o: not an ELF file");
}

static void test_object_of_another_machine(void **state)
{
	(void)state;
	/* the program of this test */
	assert_refused("/proc/self/exe", EINVAL, EL_COMPILE, "machine");
	assert_contains(last_error()->what, "not for BPF");
	assert_contains(last_error()->hint, "-target bpf");
}

static void test_object_of_the_other_byte_order(void **state)
{
	(void)state;
	build("pass.c", ORDINARY XDP("xdp", "pass") LICENSE, "pass.o");
	setenv("EDGE_LOAD_CFLAGS",
	       __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "-target bpfeb" : "-target bpfel", 1);
	write_text("order.c", ORDINARY XDP("xdp", "pass") LICENSE);
	assert_int_equal(el_compile(context, at("order.c"), at("order.o")), 0);
	unsetenv("EDGE_LOAD_CFLAGS");
	assert_refused(at("order.o"), EINVAL, EL_COMPILE, "other byte order");
}

static void test_object_without_btf(void **state)
{
	(void)state;
	setenv("EDGE_LOAD_CFLAGS", "-g0", 1);
	build("nobtf.c", ORDINARY XDP("xdp", "pass") LICENSE, "nobtf.o");
	unsetenv("EDGE_LOAD_CFLAGS");
	assert_refused(at("nobtf.o"), EINVAL, EL_COMPILE, "nobtf.o: has no type information (BTF)");
	assert_contains(last_error()->hint, "-g");
}

static void test_old_kind_of_map_definition(void **state)
{
	(void)state;
	build("maps.c",
	      ORDINARY
	      "struct bpf_map_def { unsigned int type, key_size, value_size, max_entries; };\n"
	      "struct bpf_map_def SEC(\"maps\") table = {1, 4, 4, 1};\n"
	      "SEC(\"xdp\") int f(struct xdp_md *ctx)\n"
	      "{ __u32 k = 0; return bpf_map_lookup_elem(&table, &k) ? 1 : 2; }\n" LICENSE,
	      "maps.o");
	assert_refused(at("maps.o"), EINVAL, EL_COMPILE, "the maps are defined in the old form");
	assert_contains(last_error()->hint, "SEC(\".maps\")");
}

static void test_what_is_defined_nowhere(void **state)
{
	(void)state;
	build("half.c",
	      ORDINARY "int elsewhere(int x);\n"
		       "SEC(\"xdp\") int f(struct xdp_md *ctx) { return elsewhere(1); }\n" LICENSE,
	      "half.o");
	assert_refused(at("half.o"), EINVAL, EL_COMPILE,
		       "refers to elsewhere, which is defined nowhere");
	assert_contains(last_error()->hint, "bpftool gen object");
}

/* The maps would have the same pin. */
static void test_names_that_agree_in_63_characters(void **state)
{
#define LONG "a_table_whose_name_goes_on_and_on_and_on_and_on_and_on_and_on_a" /* 63 characters */
#define TABLE                                                                                     \
	"struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); " \
	"__type(value, __u64); } "
#define USES(a, b)                                                      \
	"SEC(\"xdp\") int f(struct xdp_md *ctx) { __u32 k = 0; return " \
	"bpf_map_lookup_elem(&" a ", &k) && bpf_map_lookup_elem(&" b ", &k) ? 1 : 2; }\n"
	struct el_object *object = NULL;

	(void)state;
	build("long.c",
	      ORDINARY TABLE LONG "_1 SEC(\".maps\"), " LONG
				  "_2 SEC(\".maps\");\n" USES(LONG "_1", LONG "_2") LICENSE,
	      "long.o");
	assert_refused(at("long.o"), EINVAL, EL_COMPILE,
		       LONG "_1 and " LONG "_2 begin with the same");
	assert_contains(last_error()->hint, "rename one");
	build("dots.c",
	      ORDINARY "int a SEC(\".data.x.y\") = 1, b SEC(\".data.x_y\") = 2;\n"
		       "SEC(\"xdp\") int f(struct xdp_md *ctx) { return a++ + b++; }\n" LICENSE,
	      "dots.o");
	assert_refused(at("dots.o"), EINVAL, EL_COMPILE, "maps .data.x");
	/* A single long name is allowed, and so is a second name that differs within the first 63
	 * characters. */
	build("fine.c",
	      ORDINARY TABLE LONG "_1 SEC(\".maps\"), b" LONG
				  "_1 SEC(\".maps\");\n" USES(LONG "_1", "b" LONG "_1") LICENSE,
	      "fine.o");
	assert_int_equal(el_object_inspect(context, at("fine.o"), &object), 0);
	el_object_free(object);
}

/* libbpf 1.1 crashes when it loads such an object without the programs of these operations. */
static void test_operations_of_the_kernel(void **state)
{
	(void)state;
	build("ops.c",
	      ORDINARY "struct tcp_congestion_ops { unsigned int (*ssthresh)(void *); };\n"
		       "SEC(\"struct_ops/half\") unsigned int half(void *ctx) { return 2; }\n"
		       "SEC(\".struct_ops\") struct tcp_congestion_ops ops = {.ssthresh = half};\n"
		       "SEC(\"xdp\") int f(struct xdp_md *ctx) { return XDP_PASS; }\n" LICENSE,
	      "ops.o");
	assert_refused(at("ops.o"), EINVAL, EL_COMPILE, "SEC(\".struct_ops\")");
	assert_contains(last_error()->hint, "an object of their own");
}

/* The object is truncated at each sixty-fourth of its length: it must be refused, without a
 * crash. */
static void test_truncated_object(void **state)
{
	char *data;
	size_t size;

	(void)state;
	build_guard();
	size = read_scratch("guard.o", &data);
	for (size_t part = 1; part < 64; part++) {
		write_file("short.o", data, size * part / 64);
		assert_refused(at("short.o"), EINVAL, EL_COMPILE, "short.o: truncated or corrupt");
	}
	write_file("short.o", data, size - 1);
	assert_refused(at("short.o"), EINVAL, EL_COMPILE, "short.o: truncated or corrupt");
	free(data);
}

/* Each byte of the ELF header and of the section table in turn is set to 0xff: the object must be
 * opened or refused. */
static void test_corrupt_headers(void **state)
{
	const Elf64_Ehdr *header;
	size_t size, refused = 0;
	char *data;

	(void)state;
	build_guard();
	size = read_scratch("guard.o", &data);
	header = (const Elf64_Ehdr *)data;
	for (size_t i = 0; i < size; i++) {
		struct el_object *object;
		char byte = data[i];

		if (i == sizeof(*header))
			i = header->e_shoff;
		data[i] = (char)0xff;
		write_file("corrupt.o", data, size);
		data[i] = byte;
		if (el_object_open(context, at("corrupt.o"), &object))
			refused++;
		else
			el_object_free(object);
	}
	assert_in_range(refused, 16, size);
	free(data);
}

/* Like test_corrupt_headers(), for the bytes of the type information: libbpf 1.1 alone crashes on
 * some of these objects. */
static void test_corrupt_btf(void **state)
{
	const struct btf_header *header;
	size_t size, refused = 0;
	char *data, *types;

	(void)state;
	build_guard();
	size = read_scratch("guard.o", &data);
	/* linux/btf.h: magic 0xeb9f, version 1, flags 0, a header of 24 bytes. */
	header = memmem(data, size, "\x9f\xeb\1\0\x18\0\0\0", 8);
	assert_non_null(header);
	types = (char *)header + header->hdr_len + header->type_off;
	for (size_t i = 0; i < header->type_len; i += 3) {
		struct el_object *object;
		char byte = types[i];

		types[i] = (char)0xff;
		write_file("corrupt.o", data, size);
		types[i] = byte;
		if (el_object_open(context, at("corrupt.o"), &object))
			refused++;
		else
			el_object_free(object);
	}
	assert_in_range(refused, 64, size);
	free(data);
}

/* ---------------------------------------------------------------- its notes */

/* Copy the object, with @from, which occurs in it once, replaced by @to of the same length. */
static void patch(const char *object, const char *patched, const void *from, const void *to,
		  size_t length)
{
	char *data, *found;
	size_t size = read_scratch(object, &data);

	found = memmem(data, size, from, length);
	assert_non_null(found);
	memcpy(found, to, length);
	write_file(patched, data, size);
	free(data);
}

static void test_another_abi(void **state)
{
	struct edge_function_note from = {.abi = EDGE_ABI, .name = "guard"}, to = from;
	size_t length = offsetof(struct edge_function_note, name) + sizeof("guard");

	(void)state;
	to.abi = EDGE_ABI + 1;
	build_guard();
	patch("guard.o", "abi.o", &from, &to, length);
	assert_refused(at("abi.o"), EINVAL, EL_COMPILE, "abi.o: built for ABI 2 of edge-load");
	assert_contains(last_error()->hint, "build the object again");
}

static void test_names_that_do_not_end_or_are_none(void **state)
{
	struct edge_function_note from = {
		.abi = EDGE_ABI, .name = "guard", .help = "guards a door"};
	struct edge_function_note to = from;

	(void)state;
	build_guard();
	memset(to.name, 'x', sizeof(to.name));
	patch("guard.o", "name.o", &from, &to, sizeof(from));
	assert_refused(at("name.o"), EINVAL, EL_COMPILE,
		       "the function's name is not an identifier");
	to = from;
	memcpy(to.name, "gu/rd", 5);
	patch("guard.o", "name.o", &from, &to, sizeof(from));
	assert_refused(at("name.o"), EINVAL, EL_COMPILE,
		       "the function's name is not an identifier");
	to = from;
	memcpy(to.help, "\033[2J", 4);
	patch("guard.o", "name.o", &from, &to, sizeof(from));
	assert_refused(at("name.o"), EINVAL, EL_COMPILE, "the help is not a line of text");
}

static void test_parameter_without_a_variable(void **state)
{
	struct edge_param_note from = {.name = "pps", .help = "packets a second"}, to = from;

	(void)state;
	build_guard();
	memcpy(to.name, "ppt", 3);
	patch("guard.o", "param.o", &from, &to, offsetof(struct edge_param_note, min));
	assert_refused(at("param.o"), EINVAL, EL_COMPILE, "parameter ppt has no variable");
}

static void test_reason_out_of_range(void **state)
{
	struct edge_reason_note from = {.number = 1, .name = "seen before"}, to = from;

	(void)state;
	to.number = EDGE_REASONS_MAX;
	build_guard();
	patch("guard.o", "reason.o", &from, &to, sizeof(from));
	assert_refused(at("reason.o"), EINVAL, EL_COMPILE, ".edge.reason: a number out of range");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_file_and_text),
		cmocka_unit_test(test_object_of_another_machine),
		cmocka_unit_test(test_object_of_the_other_byte_order),
		cmocka_unit_test(test_object_without_btf),
		cmocka_unit_test(test_old_kind_of_map_definition),
		cmocka_unit_test(test_what_is_defined_nowhere),
		cmocka_unit_test(test_names_that_agree_in_63_characters),
		cmocka_unit_test(test_operations_of_the_kernel),
		cmocka_unit_test(test_truncated_object),
		cmocka_unit_test(test_corrupt_headers),
		cmocka_unit_test(test_corrupt_btf),
		cmocka_unit_test(test_another_abi),
		cmocka_unit_test(test_names_that_do_not_end_or_are_none),
		cmocka_unit_test(test_parameter_without_a_variable),
		cmocka_unit_test(test_reason_out_of_range),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
