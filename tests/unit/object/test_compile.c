// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * compile.c: from source to object. The result is a whole object, or the compiler's own messages.
 */
#include <errno.h>

#include <sys/resource.h>

#include "object/compile.h"
#include "lib/scratch.h"

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
	/* The file is 64-bit ELF, and its machine (offset 18 of the ELF header) is EM_BPF. */
	assert_true(size > 64);
	assert_memory_equal(object, "\177ELF\2", 5);
	assert_int_equal((unsigned char)object[18], 247);
	free(object);
}

static void test_source_of_a_libc_user_compiles(void **state)
{
	(void)state;
	/* glibc's headers include gnu/stubs-32.h if the compiler defines no known machine. */
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

/* Return: whether the object has an atomic OR of 32 bits that fetches the old value: opcode BPF_STX
 * | BPF_ATOMIC | BPF_W (0xc3), immediate BPF_OR | BPF_FETCH (0x41); since BPF's cpu v3. */
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
	/* The flag reaches the code generator, which lacks this instruction before v3. */
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

/* The program would read a key or value of a wrong type as bytes with another meaning. */
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

/* ---------------------------------------------------------------- the source's owner */

#define STRANGER 12345

/* Compile @source with the shell script @script instead of clang. */
static int compile_by(const char *script, const char *source, const char *object)
{
	int error;

	write_text("clang.sh", script);
	assert_int_equal(chmod(at("clang.sh"), 0755), 0);
	setenv("CLANG", at("clang.sh"), 1);
	error = el_compile(context, at(source), at(object));
	unsetenv("CLANG");
	return error;
}

/* The compiler gets the bytes of the source that were checked, although the file may change at any
 * time: here its content changes right after the owner check. */
static void test_the_bytes_that_were_checked_are_compiled(void **state)
{
	char script[2 * PATH_MAX];

	(void)state;
	write_text("swap.c", PROGRAM);
	snprintf(script, sizeof(script),
		 "#!/bin/sh\necho 'int nonsense(;' >'%s'\nexec clang \"$@\"\n", at("swap.c"));
	assert_int_equal(compile_by(script, "swap.c", "swap.o"), 0);
	write_text("a;b.c", PROGRAM);
	assert_int_equal(el_compile(context, at("a;b.c"), at("ab.o")), -EINVAL);
	assert_contains(last_error()->what, "with a \";\" in its path");
}

/* A path is a file name, even if clang would read its first letter as the start of an option. */
static void test_names_that_clang_takes_for_options(void **state)
{
	static const char *const names[] = {"-include.c", "-x.bpf.c", "--version.c", "-/fine.c",
					    "@other/fine.c"};
	char before[PATH_MAX];

	(void)state;
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(scratch), 0);
	assert_int_equal(mkdir("-", 0755), 0);
	assert_int_equal(mkdir("@other", 0755), 0);
	write_text("other", "-DBROKEN=1 -include /no/such/file\n");
	write_text("fine.c", "-DBROKEN=1 -include /no/such/file\n");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		write_text(names[i], PROGRAM);
		unlink(at("named.o"));
		assert_int_equal(el_compile(context, names[i], at("named.o")), 0);
		assert_int_equal(access(at("named.o"), F_OK), 0);
		write_text(names[i], "int nonsense(;");
		assert_int_equal(el_compile(context, names[i], at("named.o")), -EINVAL);
		assert_contains(last_error()->detail, "nonsense");
	}
	write_text("@fine.c", PROGRAM);
	assert_int_equal(el_compile(context, at("@fine.c"), at("named.o")), -EINVAL);
	assert_contains(last_error()->what, "whose name begins with \"@\"");
	assert_int_equal(chdir(before), 0);
}

/* el_cflags_make() does not make these flags, but pins of another user can contain them. */
static void test_flags_are_looked_at_again(void **state)
{
	static const char *const flags[] = {"-fplugin=/x.so",
					    "-DX\n-Xclang\n-load",
					    "-include-pch\n/x.pch",
					    "-include\nx.h",
					    "-include",
					    "-I",
					    "-Irelative",
					    "-D@x",
					    "-mcpu=@x",
					    "/x.c"};

	(void)state;
	write_text("fine.c", PROGRAM);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		_cleanup_fd_ int object = -1;

		assert_int_equal(el_compile_memory(context, at("fine.c"), flags[i], &object),
				 -EINVAL);
		assert_int_equal(last_error()->kind, EL_USAGE);
		assert_contains(last_error()->what, "the compiler flag \"");
		assert_contains(last_error()->what, "\" is not allowed");
	}
}

/* Environment variables that make clang load code, write files or use other options. */
static void test_environment_of_roots_compiler(void **state)
{
	static const char *const variables[][2] = {
		{"CCC_OVERRIDE_OPTIONS", "#+-fplugin=/no/such/plugin.so"},
		{"COMPILER_PATH", "/no/such"},
		{"DEPENDENCIES_OUTPUT", NULL},
		{"CC_PRINT_OPTIONS_FILE", NULL},
		{"CC_PRINT_OPTIONS", "1"},
	};
	const size_t count = sizeof(variables) / sizeof(*variables);
	int error;

	(void)state;
	if (geteuid())
		skip();
	write_text("fine.c", PROGRAM);
	for (size_t i = 0; i < count; i++)
		setenv(variables[i][0], variables[i][1] ?: at("written"), 1);
	error = el_compile(context, at("fine.c"), at("fine.o"));
	for (size_t i = 0; i < count; i++)
		unsetenv(variables[i][0]);
	assert_int_equal(error, 0);
	assert_int_equal(access(at("written"), F_OK), -1);
}

static void test_headers_of_others(void **state)
{
	static const char *const names[] = {"his.h", "his $1 #2 x.h"};

	(void)state;
	if (geteuid())
		skip();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char text[256], what[256];

		snprintf(text, sizeof(text), "#include \"%s\"\n" PROGRAM, names[i]);
		snprintf(what, sizeof(what), "/%s belongs to user 12345", names[i]);
		write_text("headers.c", text);
		write_text(names[i], "");
		assert_int_equal(el_compile(context, at("headers.c"), at("headers.o")), 0);
		assert_int_equal(chown(at(names[i]), STRANGER, (gid_t)-1), 0);
		unlink(at("headers.o"));
		assert_int_equal(el_compile(context, at("headers.c"), at("headers.o")), -EPERM);
		assert_int_equal(last_error()->kind, EL_PRIVILEGE);
		assert_contains(last_error()->what, "headers.c: a header: ");
		assert_contains(last_error()->what, what);
		assert_int_equal(access(at("headers.o"), F_OK), -1);
	}
}

/* clang has only the rights of the source's owner, and none of root's rights or groups. */
static void test_owners_source_has_owners_rights(void **state)
{
	static const char *const ways[] = {
		"#include \"%s\"\n" PROGRAM,
		PROGRAM "asm(\".section secret\\n.incbin \\\"%s\\\"\\n.text\");\n",
	};
	char text[2 * PATH_MAX];

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(chmod(scratch, 0711), 0);
	write_text("secret", "TOP SECRET\n");
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		for (int group = 0; group < 2; group++) {
			snprintf(text, sizeof(text), ways[i], at("secret"));
			write_text("spy.c", text);
			assert_int_equal(chmod(at("secret"), group ? 0640 : 0600), 0);
			assert_int_equal(chown(at("spy.c"), STRANGER, 0), 0);
			setenv("SUDO_UID", "12345", 1);
			assert_int_equal(el_compile(context, at("spy.c"), at("spy.o")), -EINVAL);
			unsetenv("SUDO_UID");
			assert_non_null(last_error()->detail);
			assert_null(strstr(last_error()->detail, "TOP SECRET"));
		}
	/* clang can read a file that all users can read. */
	assert_int_equal(chmod(at("secret"), 0644), 0);
	setenv("SUDO_UID", "12345", 1);
	assert_int_equal(el_compile(context, at("spy.c"), at("spy.o")), 0);
	unsetenv("SUDO_UID");
}

static void test_limits(void **state)
{
	const struct rlimit small = {1 << 20, RLIM_INFINITY};
	struct rlimit before;

	(void)state;
	write_text("fine.c", PROGRAM);
	setenv("EDGE_LOAD_COMPILE_SECONDS", "1", 1);
	assert_int_equal(compile_by("#!/bin/sh\nexec sleep 60\n", "fine.c", "l.o"), -EDQUOT);
	assert_contains(last_error()->what,
			"the compiler exceeded a limit: it took longer than 1 s");
	assert_contains(last_error()->hint, "$EDGE_LOAD_COMPILE_SECONDS");
	unsetenv("EDGE_LOAD_COMPILE_SECONDS");
	assert_int_equal(compile_by("#!/bin/sh\nkill -XCPU $$\n", "fine.c", "l.o"), -EDQUOT);
	assert_contains(last_error()->what, "60 s of processor time (RLIMIT_CPU)");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(compile_by("#!/bin/sh\nexec head -c 2000000 /dev/zero\n", "fine.c", "l.o"),
			 -EDQUOT);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_contains(last_error()->what, "its output is larger than 1024 KiB (RLIMIT_FSIZE)");
	assert_int_equal(
		compile_by("#!/bin/sh\nulimit -v 100000\nexec clang \"$@\"\n", "fine.c", "l.o"),
		-EDQUOT);
	assert_contains(last_error()->what, "of memory (RLIMIT_AS)");
	assert_int_equal(access(at("l.o"), F_OK), -1);
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
		cmocka_unit_test(test_the_bytes_that_were_checked_are_compiled),
		cmocka_unit_test(test_names_that_clang_takes_for_options),
		cmocka_unit_test(test_flags_are_looked_at_again),
		cmocka_unit_test(test_environment_of_roots_compiler),
		cmocka_unit_test(test_headers_of_others),
		cmocka_unit_test(test_owners_source_has_owners_rights),
		cmocka_unit_test(test_limits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
