// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * object*.c: what is found by which name, what an object is said to hold, and one clear refusal for
 * each thing that can be wrong with one.
 */
#include <elf.h>
#include <errno.h>
#include <linux/btf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch.h"

#define ORDINARY "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n"
#define LICENSE	 "char _license[] SEC(\"license\") = \"GPL\";\n"
#define XDP(section, name) \
	"SEC(\"" section "\") int " name "(struct xdp_md *ctx) { return XDP_PASS; }\n"
#define TC(section, name) "SEC(\"" section "\") int " name "(struct __sk_buff *skb) { return 0; }\n"

static const char edge_source[] =
	"#define EDGE_HELP \"guards a door\"\n"
	"#include <edge/edge.h>\n"
	"struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 77);\n"
	"	 __type(key, struct edge_prefix); __type(value, __u64); } seen SEC(\".maps\");\n"
	"EDGE_PARAM_RANGE(__u32, pps, 1000, 1, 5000, \"packets a second\");\n"
	"EDGE_PARAM(edge_ip4, gate, 0, \"who may\");\n"
	"EDGE_FUNCTION(guard)\n"
	"{\n"
	"	struct edge_prefix key = {.length = pps};\n"
	"	if (bpf_map_lookup_elem(&seen, &key) || gate)\n"
	"		return edge_drop(pkt, \"seen before\");\n"
	"	return EDGE_NEXT;\n"
	"}\n";

static void build(const char *source, const char *text, const char *object)
{
	write_text(source, text);
	if (el_compile(context, at(source), at(object)))
		fail_msg("%s\n%s", last_error()->what, last_error()->detail);
}

/* guard.o, once for all tests. */
static void build_guard(void)
{
	if (access(at("guard.o"), F_OK))
		build("guard.bpf.c", edge_source, "guard.o");
}

static struct el_object *open_object(const char *name)
{
	struct el_object *object = NULL;

	if (el_object_open(context, name, &object))
		fail_msg("%s", last_error()->what);
	return object;
}

/* It can't be opened, for the errno and the kind given, and the error says @what. */
static void assert_refused(const char *name, int error, enum el_kind kind, const char *what)
{
	struct el_object *object = (void *)-1;

	assert_int_equal(el_object_open(context, name, &object), -error);
	assert_ptr_equal(object, (void *)-1);
	assert_contains(last_error()->what, what);
	assert_int_equal(last_error()->kind, kind);
}

/* ---------------------------------------------------------------- what it holds */

static void test_function_is_described(void **state)
{
	const struct el_object_info *info;
	struct el_object *object;

	(void)state;
	build_guard();
	object = open_object(at("guard.o"));
	info = el_object_info(object);
	assert_string_equal(info->function, "guard");
	assert_string_equal(info->help, "guards a door");
	assert_string_equal(info->license, "Dual BSD/GPL");
	assert_true(info->bitcode);
	assert_false(info->frags);
	assert_int_equal(info->programs_count, 2);
	assert_string_equal(info->programs[0].name, "guard_xdp");
	assert_true(info->programs[0].xdp && !info->programs[0].tc);
	assert_string_equal(info->programs[1].name, "guard_tc");
	assert_true(info->programs[1].tc && !info->programs[1].xdp);
	assert_int_equal(info->reasons_count, 2);
	assert_string_equal(info->reasons[0], "unspecified");
	assert_string_equal(info->reasons[1], "seen before");
	el_object_free(object);
}

static void test_parameters_are_described(void **state)
{
	const struct el_object_info *info;
	struct el_object *object;

	(void)state;
	build_guard();
	object = open_object(at("guard.o"));
	info = el_object_info(object);
	assert_int_equal(info->params_count, 2);
	assert_string_equal(info->params[0].name, "pps");
	assert_string_equal(info->params[0].type, "__u32");
	assert_string_equal(info->params[0].initial, "1000");
	assert_string_equal(info->params[0].help, "packets a second");
	assert_true(info->params[0].ranged);
	assert_int_equal(info->params[0].min, 1);
	assert_int_equal(info->params[0].max, 5000);
	assert_string_equal(info->params[1].name, "gate");
	assert_string_equal(info->params[1].type, "edge_ip4");
	assert_string_equal(info->params[1].initial, "0.0.0.0");
	assert_false(info->params[1].ranged);
	el_object_free(object);
}

static void test_maps_are_described_without_the_loaders_own(void **state)
{
	const struct el_object_info *info;
	struct el_object *object;

	(void)state;
	build_guard();
	object = open_object(at("guard.o"));
	info = el_object_info(object);
	assert_int_equal(info->maps_count, 1);
	assert_string_equal(info->maps[0].name, "seen");
	assert_string_equal(info->maps[0].kind, "hash");
	assert_string_equal(info->maps[0].key, "struct edge_prefix");
	assert_string_equal(info->maps[0].value, "__u64");
	assert_int_equal(info->maps[0].key_size, 20);
	assert_int_equal(info->maps[0].value_size, 8);
	assert_int_equal(info->maps[0].max_entries, 77);
	el_object_free(object);
}

static void test_frags_are_known(void **state)
{
	struct el_object *object;

	(void)state;
	build("f.c", "#include <edge/edge.h>\nEDGE_FUNCTION_FRAGS(f) { return EDGE_NEXT; }\n",
	      "f.o");
	object = open_object(at("f.o"));
	assert_true(el_object_info(object)->frags);
	el_object_free(object);
	build("p.c", ORDINARY XDP("xdp.frags", "p") LICENSE, "p.o");
	object = open_object(at("p.o"));
	assert_true(el_object_info(object)->frags);
	el_object_free(object);
}

static void test_globals_of_a_plain_program_are_parameters(void **state)
{
	const struct el_object_info *info;
	struct el_object *object;

	(void)state;
	build("globals.c",
	      ORDINARY
	      "const volatile __u16 port = 443;\n"
	      "const volatile int edge_reserved = 1, bpf_metadata_note = 2;\n"
	      "const int fixed = 4; int writable = 5;\n"
	      "SEC(\"xdp\") int sum(struct xdp_md *ctx)\n"
	      "{ return port + edge_reserved + bpf_metadata_note + writable++; }\n" LICENSE,
	      "globals.o");
	object = open_object(at("globals.o"));
	info = el_object_info(object);
	assert_null(info->function);
	assert_string_equal(info->license, "GPL");
	assert_int_equal(info->params_count, 1);
	assert_string_equal(info->params[0].name, "port");
	assert_string_equal(info->params[0].initial, "443");
	el_object_free(object);
}

static void test_digest_is_what_sha256sum_says(void **state)
{
	char command[2 * PATH_MAX], sum[65] = "";
	struct el_object *object;
	FILE *pipe;

	(void)state;
	build("pass.c", ORDINARY XDP("xdp", "pass") LICENSE, "pass.o");
	snprintf(command, sizeof(command), "sha256sum '%s'", at("pass.o"));
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_int_equal(fread(sum, 1, 64, pipe), 64);
	pclose(pipe);
	object = open_object(at("pass.o"));
	assert_string_equal(el_object_info(object)->digest, sum);
	el_object_free(object);
}

/* ---------------------------------------------------------------- hooks */

static void test_old_section_names_have_the_hook_of_their_argument(void **state)
{
	static const struct {
		const char *section;
		bool xdp;
	} cases[] = {
		{"xdp_prog", true},	{"prog", true},		 {"xdp/first", true},
		{"classifier", false},	{"classifier/x", false}, {"action", false},
		{"tcx/ingress", false}, {"prog", false},	 {"tc_egress", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct el_program_info *program;
		struct el_object *object;
		char text[1024];

		snprintf(text, sizeof(text),
			 ORDINARY "SEC(\"%s\") int f(struct %s *ctx) { return 0; }\n",
			 cases[i].section, cases[i].xdp ? "xdp_md" : "__sk_buff");
		build("section.c", text, "section.o");
		object = open_object(at("section.o"));
		program = &el_object_info(object)->programs[0];
		assert_string_equal(program->section, cases[i].section);
		assert_int_equal(program->xdp, cases[i].xdp);
		assert_int_equal(program->tc, !cases[i].xdp);
		el_object_free(object);
	}
}

static void test_section_decides_where_the_argument_does_not(void **state)
{
	struct el_object *object;

	(void)state;
	build("void.c",
	      ORDINARY "SEC(\"xdp_prog\") int x(void *ctx) { return 2; }\n"
		       "SEC(\"classifier/y\") int y(void *ctx) { return 0; }\n",
	      "void.o");
	object = open_object(at("void.o"));
	assert_true(el_object_info(object)->programs[0].xdp);
	assert_true(el_object_info(object)->programs[1].tc);
	el_object_free(object);
}

static void test_programs_of_other_hooks_are_left_aside(void **state)
{
	struct el_object *object;

	(void)state;
	build("mixed.c",
	      ORDINARY XDP("xdp", "mine") XDP("xdp/devmap", "of_a_map")
		      TC("cgroup_skb/ingress", "of_a_cgroup") LICENSE,
	      "mixed.o");
	object = open_object(at("mixed.o"));
	assert_true(el_object_info(object)->programs[0].xdp);
	assert_false(el_object_info(object)->programs[1].xdp);
	assert_false(el_object_info(object)->programs[2].tc);
	el_object_free(object);
	build("other.c", ORDINARY TC("cgroup_skb/ingress", "of_a_cgroup") LICENSE, "other.o");
	assert_refused(at("other.o"), EINVAL, EL_COMPILE, "has no program for XDP or TC");
}

static void test_two_programs_of_one_hook_need_a_choice(void **state)
{
	struct el_object *object;

	(void)state;
	build("two.c", ORDINARY XDP("xdp", "one") XDP("xdp_prog", "two") TC("tc", "three") LICENSE,
	      "two.o");
	assert_refused(at("two.o"), EINVAL, EL_COMPILE, "two.o: has more than one program");
	assert_contains(last_error()->hint, "two.o#");
	assert_contains(last_error()->hint, "one (xdp), two (xdp), three (tc)");
	object = open_object(at("two.o#two"));
	el_object_free(object);
	object = open_object(at("two.c#three"));
	el_object_free(object);
	assert_refused(at("two.o#four"), ENOENT, EL_NOT_FOUND, "has no program \"four\"");
	assert_contains(last_error()->hint, "one (xdp), two (xdp), three (tc)");
}

static void test_function_has_no_programs_to_choose_from(void **state)
{
	(void)state;
	build_guard();
	assert_refused(at("guard.o#guard_xdp"), EINVAL, EL_USAGE, "is one function, guard");
}

/* ---------------------------------------------------------------- names */

static void test_source_is_compiled_first(void **state)
{
	struct el_object *object;

	(void)state;
	write_text("guard.bpf.c", edge_source);
	object = open_object(at("guard.bpf.c"));
	assert_string_equal(el_object_info(object)->function, "guard");
	el_object_free(object);
	write_text("bad.c", "int f(;\n");
	assert_refused(at("bad.c"), EINVAL, EL_COMPILE, "bad.c: does not compile");
	assert_contains(last_error()->detail, "error: expected");
}

static void test_shipping_function_is_found_by_its_name(void **state)
{
	struct el_object *object;

	(void)state;
	build("guard.bpf.c", edge_source, "lib/edge-load/functions/guard.o");
	object = open_object("guard");
	assert_string_equal(el_object_info(object)->function, "guard");
	el_object_free(object);
	assert_refused("gaurd", ENOENT, EL_NOT_FOUND, "no function \"gaurd\" ships");
	assert_contains(last_error()->hint, "did you mean guard? these ship: guard;");
	assert_refused("", ENOENT, EL_NOT_FOUND, "no function \"\" ships");
}

static void test_missing_files(void **state)
{
	(void)state;
	assert_refused(at("none.o"), ENOENT, EL_NOT_FOUND, "none.o: No such file or directory");
	assert_refused(at("none.c"), ENOENT, EL_NOT_FOUND, "none.c: No such file or directory");
	assert_refused(at("none.o#program"), ENOENT, EL_NOT_FOUND, "none.o: No such file");
	assert_refused(scratch, EISDIR, EL_NOT_FOUND, "Is a directory");
}

/* ---------------------------------------------------------------- what can be wrong with the file
 */

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
	/* This test's own program. */
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
	assert_refused(at("maps.o"), EINVAL, EL_COMPILE, "defines maps in the old way");
	assert_contains(last_error()->hint, "SEC(\".maps\")");
}

/* Truncated at each sixty-fourth of its length: a refusal each time, a crash never. */
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

/* Every byte of the ELF header and of the table of sections in turn set to 0xff: opened or refused.
 */
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

/* ---------------------------------------------------------------- what can be wrong with the notes
 */

/* A copy of the object, @from, which stands in it once, replaced by @to of the same length. */
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
	assert_refused(at("abi.o"), EINVAL, EL_COMPILE, "abi.o: made for ABI 2 of edge-load");
	assert_contains(last_error()->hint, "build it again");
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
	assert_refused(at("name.o"), EINVAL, EL_COMPILE, "the function's name is no identifier");
	to = from;
	memcpy(to.name, "gu/rd", 5);
	patch("guard.o", "name.o", &from, &to, sizeof(from));
	assert_refused(at("name.o"), EINVAL, EL_COMPILE, "the function's name is no identifier");
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
		cmocka_unit_test(test_function_is_described),
		cmocka_unit_test(test_parameters_are_described),
		cmocka_unit_test(test_maps_are_described_without_the_loaders_own),
		cmocka_unit_test(test_frags_are_known),
		cmocka_unit_test(test_globals_of_a_plain_program_are_parameters),
		cmocka_unit_test(test_digest_is_what_sha256sum_says),
		cmocka_unit_test(test_old_section_names_have_the_hook_of_their_argument),
		cmocka_unit_test(test_section_decides_where_the_argument_does_not),
		cmocka_unit_test(test_programs_of_other_hooks_are_left_aside),
		cmocka_unit_test(test_two_programs_of_one_hook_need_a_choice),
		cmocka_unit_test(test_function_has_no_programs_to_choose_from),
		cmocka_unit_test(test_source_is_compiled_first),
		cmocka_unit_test(test_shipping_function_is_found_by_its_name),
		cmocka_unit_test(test_missing_files),
		cmocka_unit_test(test_empty_file_and_text),
		cmocka_unit_test(test_object_of_another_machine),
		cmocka_unit_test(test_object_of_the_other_byte_order),
		cmocka_unit_test(test_object_without_btf),
		cmocka_unit_test(test_old_kind_of_map_definition),
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
