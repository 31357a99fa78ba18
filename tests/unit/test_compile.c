// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * compile.c: from source to object, with the compiler's own words, whole or not at all.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch.h"

#define PROGRAM                                                  \
	"#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n" \
	"SEC(\"xdp\") int pass(struct xdp_md *ctx) { return XDP_PASS; }\n"

static int count_entries(void)
{
	DIR *folder = opendir(scratch);
	int count = 0;

	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static void test_ordinary_source_compiles(void **state)
{
	char *object;
	size_t size;

	(void)state;
	write_text("pass.c", PROGRAM);
	assert_int_equal(el_compile(context, at("pass.c"), at("pass.o")), 0);
	size = read_scratch("pass.o", &object);
	/* ELF, 64 bits, and the machine (offset 18 of the ELF header) is EM_BPF. */
	assert_true(size > 64);
	assert_memory_equal(object, "\177ELF\2", 5);
	assert_int_equal((unsigned char)object[18], 247);
	free(object);
}

static void test_source_of_a_libc_user_compiles(void **state)
{
	(void)state;
	/* glibc's headers ask for gnu/stubs-32.h where no machine is known. */
	write_text("libc.c",
		   "#include <stdint.h>\n#include <string.h>\n#include <arpa/inet.h>\n" PROGRAM);
	assert_int_equal(el_compile(context, at("libc.c"), at("libc.o")), 0);
}

static void test_header_beside_the_source_is_found(void **state)
{
	(void)state;
	write_text("beside.h", "#define ANSWER 2\n");
	write_text("beside.c",
		   "#include <beside.h>\n" PROGRAM "_Static_assert(ANSWER == 2, \"\");\n");
	assert_int_equal(el_compile(context, at("beside.c"), at("beside.o")), 0);
}

static void test_extra_flags_come_from_the_environment(void **state)
{
	(void)state;
	write_text("flags.c", PROGRAM "_Static_assert(ONE + TWO == 3, \"\");\n");
	setenv("EDGE_LOAD_CFLAGS", " -DONE=1   -DTWO=2 ", 1);
	assert_int_equal(el_compile(context, at("flags.c"), at("flags.o")), 0);
	unsetenv("EDGE_LOAD_CFLAGS");
	assert_int_equal(el_compile(context, at("flags.c"), at("flags.o")), -EINVAL);
}

/* Whether the object has an atomic OR of 32 bits that fetches the old value: opcode BPF_STX |
 * BPF_ATOMIC | BPF_W (0xc3), immediate BPF_OR | BPF_FETCH (0x41); since BPF's cpu v3. */
static bool has_fetch_or(const char *object, size_t size)
{
	for (size_t i = 0; i + 8 <= size; i += 8)
		if ((unsigned char)object[i] == 0xc3 && !memcmp(object + i + 4, "\x41\0\0", 4))
			return true;
	return false;
}

static void test_code_is_for_the_cpu_that_was_asked_for(void **state)
{
	char *object;
	size_t size;

	(void)state;
	write_text("atomic.c",
		   "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n"
		   "struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);\n"
		   "	__type(key, __u32); __type(value, __u32); } m SEC(\".maps\");\n"
		   "SEC(\"xdp\") int drop_second(struct xdp_md *ctx) {\n"
		   "	__u32 key = 0, *value = bpf_map_lookup_elem(&m, &key);\n"
		   "	return value && (__sync_fetch_and_or(value, 4) & 4) ? XDP_DROP : XDP_PASS; "
		   "}\n");
	assert_int_equal(el_compile(context, at("atomic.c"), at("atomic.o")), 0);
	size = read_scratch("atomic.o", &object);
	assert_true(has_fetch_or(object, size));
	free(object);
	/* The flag reaches the code generator, which has no such instruction before v3. */
	setenv("EDGE_LOAD_CFLAGS", "-mcpu=v2", 1);
	assert_int_equal(el_compile(context, at("atomic.c"), at("atomic.o")), -EINVAL);
	unsetenv("EDGE_LOAD_CFLAGS");
	assert_contains(last_error()->detail, "Unsupported atomic");
}

static void test_error_keeps_the_compilers_words_and_the_old_object(void **state)
{
	char *object;
	int before;

	(void)state;
	write_text("bad.c", PROGRAM "int nonsense(;\n");
	write_text("bad.o", "the old one");
	before = count_entries();
	assert_int_equal(el_compile(context, at("bad.c"), at("bad.o")), -EINVAL);
	assert_int_equal(last_error()->kind, EL_COMPILE);
	assert_contains(last_error()->what, "bad.c: does not compile");
	assert_non_null(last_error()->detail);
	assert_contains(last_error()->detail, "bad.c:4:14: error: expected");
	read_scratch("bad.o", &object);
	assert_string_equal(object, "the old one");
	free(object);
	assert_int_equal(count_entries(), before);
}

static void test_call_of_an_undeclared_function_is_an_error(void **state)
{
	(void)state;
	write_text("call.c", PROGRAM "int two(void) { return undeclared(); }\n");
	assert_int_equal(el_compile(context, at("call.c"), at("call.o")), -EINVAL);
	assert_contains(last_error()->detail, "undeclared");
}

static void test_warning_is_passed_on_whole(void **state)
{
	(void)state;
	warning[0] = '\0';
	write_text("warn.c", PROGRAM "int two(void) { int unused_one; return 2; }\n");
	assert_int_equal(el_compile(context, at("warn.c"), at("warn.o")), 0);
	assert_contains(warning, "unused_one");
	assert_contains(warning, "1 warning generated");
}

static void test_missing_source(void **state)
{
	(void)state;
	assert_int_equal(el_compile(context, at("none.c"), at("none.o")), -ENOENT);
	assert_int_equal(last_error()->kind, EL_NOT_FOUND);
	assert_contains(last_error()->what, "none.c: No such file or directory");
	assert_int_equal(access(at("none.o"), F_OK), -1);
}

static void test_no_compiler(void **state)
{
	(void)state;
	write_text("fine.c", PROGRAM);
	setenv("CLANG", "no-such-clang", 1);
	assert_int_equal(el_compile(context, at("fine.c"), at("fine.o")), -ENOENT);
	unsetenv("CLANG");
	assert_int_equal(last_error()->kind, EL_UNSUPPORTED);
	assert_contains(last_error()->hint, "apt install clang");
}

static void test_no_objcopy_costs_size_alone(void **state)
{
	char *object;
	size_t stripped, whole;

	(void)state;
	write_text("size.c", PROGRAM);
	assert_int_equal(el_compile(context, at("size.c"), at("size.o")), 0);
	stripped = read_scratch("size.o", &object);
	free(object);
	setenv("LLVM_OBJCOPY", "no-such-objcopy", 1);
	assert_int_equal(el_compile(context, at("size.c"), at("size.o")), 0);
	unsetenv("LLVM_OBJCOPY");
	whole = read_scratch("size.o", &object);
	assert_memory_equal(object, "\177ELF\2", 5);
	free(object);
	assert_true(stripped < whole);
}

static void test_output_that_cannot_be_written(void **state)
{
	(void)state;
	write_text("fine.c", PROGRAM);
	assert_int_equal(el_compile(context, at("fine.c"), at("no/such/folder.o")), -ENOENT);
	assert_contains(last_error()->what, "folder.o: No such file or directory");
	assert_int_equal(el_compile(context, at("fine.c"), "/dev/null"), -EINVAL);
	assert_int_equal(last_error()->kind, EL_USAGE);
	assert_contains(last_error()->what, "/dev/null: not a regular file");
}

static void test_object_may_be_read_as_the_umask_says(void **state)
{
	struct stat stat_object;
	mode_t mask = umask(027);

	(void)state;
	write_text("fine.c", PROGRAM);
	assert_int_equal(el_compile(context, at("fine.c"), at("mode.o")), 0);
	umask(mask);
	assert_int_equal(stat(at("mode.o"), &stat_object), 0);
	assert_int_equal(stat_object.st_mode & 0777, 0640);
}

#define TABLES                                                                                \
	"#include <edge/edge.h>\nEDGE_TABLE(ports, edge_port, __u64, 8);\n"                   \
	"EDGE_PREFIX_TABLE(nets, __u64, 8);\nEDGE_LPM(own, struct own_key, __u64, 8);\n"      \
	"EDGE_FUNCTION(types) {\n edge_port port = 1; __u64 number = 1; struct edge_ip ip;\n" \
	" struct edge_prefix net = {0}; struct own_key key = {0};\n"                          \
	" if (!edge_source(pkt, &ip)) return EDGE_NEXT;\n"
#define OWN_KEY "#include <linux/types.h>\nstruct own_key { __u32 length; __u32 address; };\n"
#define END	"\n return port + number + net.length + key.length ? EDGE_DROP : EDGE_NEXT; }\n"

/* A key or a value of another type than the table's would be read as bytes that mean something
 * else. */
static void test_wrong_types_of_keys_and_values_are_errors(void **state)
{
	static const char *const wrong[] = {
		"edge_table_lookup(&ports, &ip);",
		"edge_table_update(&ports, &ip, &number);",
		"edge_table_update(&ports, &port, &ip);",
		"edge_table_insert(&ports, &number, &number);",
		"edge_table_insert(&ports, &port, &net);",
		"edge_table_delete(&ports, &net);",
		"edge_table_update(&nets, &ip, &number);",
		"edge_table_delete(&nets, &key);",
		"edge_table_update(&own, &net, &number);",
		"edge_prefix_lookup_source(&own, pkt);",
		"edge_prefix_lookup_ip(&ports, ip);",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		char *text = NULL;

		assert_true(asprintf(&text, OWN_KEY TABLES "%s" END, wrong[i]) > 0);
		write_text("types.bpf.c", text);
		if (!el_compile(context, at("types.bpf.c"), at("types.o")))
			fail_msg("%s compiles", wrong[i]);
		assert_contains(last_error()->detail, "error: ");
		assert_contains(last_error()->detail, wrong[i]);
		free(text);
	}
	*warning = '\0';
	write_text("types.bpf.c", OWN_KEY TABLES
		   "edge_table_update(&ports, &port, &number);\n"
		   "edge_table_insert(&nets, &net, &number);\n"
		   "edge_table_update(&own, &key, &number);\n"
		   "edge_table_delete(&own, &key);\n"
		   "edge_table_delete(&nets, &net);\n"
		   "if (edge_table_lookup(&own, &key) || edge_table_lookup(&nets, &net))"
		   " return EDGE_DROP;" END);
	assert_int_equal(el_compile(context, at("types.bpf.c"), at("types.o")), 0);
	assert_string_equal(warning, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ordinary_source_compiles),
		cmocka_unit_test(test_source_of_a_libc_user_compiles),
		cmocka_unit_test(test_header_beside_the_source_is_found),
		cmocka_unit_test(test_extra_flags_come_from_the_environment),
		cmocka_unit_test(test_code_is_for_the_cpu_that_was_asked_for),
		cmocka_unit_test(test_error_keeps_the_compilers_words_and_the_old_object),
		cmocka_unit_test(test_call_of_an_undeclared_function_is_an_error),
		cmocka_unit_test(test_wrong_types_of_keys_and_values_are_errors),
		cmocka_unit_test(test_warning_is_passed_on_whole),
		cmocka_unit_test(test_missing_source),
		cmocka_unit_test(test_no_compiler),
		cmocka_unit_test(test_no_objcopy_costs_size_alone),
		cmocka_unit_test(test_output_that_cannot_be_written),
		cmocka_unit_test(test_object_may_be_read_as_the_umask_says),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
