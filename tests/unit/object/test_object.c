// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * object*.c: the objects that names refer to, and the reported content of an object.
 */
#include <errno.h>

#include "lib/objects.h"

/* ---------------------------------------------------------------- contents */

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

/* Initial values with commas, ports in their usual notation, and reads without compiler
 * warnings. */
static void test_parameters_of_every_type(void **state)
{
	static const char source[] =
		"#include <edge/edge.h>\n"
		"#define HTTPS bpf_htons(443)\n"
		"enum { NUMBER = 443 };\n"
		"EDGE_PARAM(edge_port, number, 443, \"\");\n"
		"EDGE_PARAM(edge_port, named, NUMBER, \"\");\n"
		"EDGE_PARAM_RANGE(edge_port, ranged, 443, 1, 1024, \"\");\n"
		"EDGE_PARAM(edge_port, swapped, bpf_htons(443), \"\");\n"
		"EDGE_PARAM(edge_port, macro, HTTPS, \"\");\n"
		"EDGE_PARAM(edge_port, constant, __bpf_constant_htons(443), \"\");\n"
		"EDGE_PARAM(edge_port, in_brackets, (bpf_htons(443)), \"\");\n"
		"EDGE_PARAM(edge_port, sum, 400 + 43, \"\");\n"
		"EDGE_PARAM(edge_port, builtin, __builtin_bswap16(443), \"\");\n"
		"EDGE_PARAM(edge_port, brackets, (443), \"\");\n"
		"EDGE_PARAM(__u16, other, 443, \"\");\n"
		"EDGE_PARAM(struct edge_prefix, net, EDGE_INIT(32, {{bpf_htonl(0x20010db8), 0, 0, "
		"0}}), \"\");\n"
		"EDGE_PARAM(struct edge_mac, mac, EDGE_INIT({2, 0, 0, 0, 0, 1}), \"\");\n"
		"EDGE_PARAM(struct edge_ip, ip, EDGE_INIT({0, 0, bpf_htonl(0xffff), "
		"bpf_htonl(0xc0000201)}), \"\");\n"
		"EDGE_FUNCTION(types)\n"
		"{\n"
		"	struct edge_prefix prefix = edge_prefix_param(&net);\n"
		"	struct edge_ip address = edge_ip_param(&ip);\n"
		"	struct edge_mac own = edge_mac_param(&mac);\n"
		"	edge_set_mac_source(pkt, &mac);\n"
		"	edge_set_mac_destination(pkt, &own);\n"
		"	return edge_prefix_holds(&prefix, &address) && number && named && ranged "
		"&&\n"
		"	       swapped && macro && constant && in_brackets && sum && builtin &&\n"
		"	       brackets && other ? EDGE_DROP : EDGE_NEXT;\n"
		"}\n";
	static const char *const want[] = {"443",
					   "443",
					   "443",
					   "443",
					   "443",
					   "443",
					   "443",
					   "443",
					   "443",
					   "443",
					   "443",
					   "2001:db8::/32",
					   "02:00:00:00:00:01",
					   "192.0.2.1"};
	const struct el_object_info *info;
	struct el_object *object;

	(void)state;
	*warning = '\0';
	build("types.bpf.c", source, "types.o");
	assert_string_equal(warning, "");
	object = open_object(at("types.o"));
	info = el_object_info(object);
	assert_int_equal(info->params_count, sizeof(want) / sizeof(*want));
	for (size_t i = 0; i < info->params_count; i++)
		assert_string_equal(info->params[i].initial, want[i]);
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
	assert_refused(at("guard.o#guard_xdp"), EINVAL, EL_USAGE,
		       "the object is the function guard");
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
	assert_refused("gaurd", ENOENT, EL_NOT_FOUND, "there is no function \"gaurd\"");
	assert_contains(last_error()->hint,
			"did you mean guard? the installed functions are: guard;");
	assert_refused("", ENOENT, EL_NOT_FOUND, "there is no function \"\"");
}

static void test_missing_files(void **state)
{
	(void)state;
	assert_refused(at("none.o"), ENOENT, EL_NOT_FOUND, "none.o: No such file or directory");
	assert_refused(at("none.c"), ENOENT, EL_NOT_FOUND, "none.c: No such file or directory");
	assert_refused(at("none.o#program"), ENOENT, EL_NOT_FOUND, "none.o: No such file");
	assert_refused(scratch, EISDIR, EL_NOT_FOUND, "Is a directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_function_is_described),
		cmocka_unit_test(test_parameters_are_described),
		cmocka_unit_test(test_parameters_of_every_type),
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
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
