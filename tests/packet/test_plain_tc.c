// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The plain programs of tests/e2e/plain for TC, in chains (plain.h). A program is a test.
 */
#include "plain.h"

static const struct exception exceptions[] = {
	/* the tail call does not return, but the kernel continues after the program's link */
	{"tc_tail_call", 'l'},
};

static char exception(const char *path)
{
	return exception_of(exceptions, sizeof(exceptions) / sizeof(*exceptions), path);
}

/* A test's state is the path of its program. */
static void test_program(void **state)
{
	check_plain(*state, TC, exception(*state));
}

int main(void)
{
	static struct CMUnitTest tests[128];
	char pattern[PATH_MAX + 64];
	size_t count = 0;
	glob_t found;
	int failed;

	world_need();
	libbpf_set_print(NULL);
	make_ip4();
	make_ip6();
	make_others();
	snprintf(pattern, sizeof(pattern), "%s/tests/e2e/plain/*.bitcode.o", world_home);
	if (glob(pattern, 0, NULL, &found))
		return 1;
	for (size_t i = 0; i < found.gl_pathc && count < 128; i++)
		if (is_compared(found.gl_pathv[i], TC, exception(found.gl_pathv[i])))
			tests[count++] =
				(struct CMUnitTest){.name = strrchr(found.gl_pathv[i], '/') + 1,
						    .test_func = test_program,
						    .initial_state = found.gl_pathv[i]};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = _cmocka_run_group_tests("plain", tests, count, world_setup, world_teardown);
	globfree(&found);
	return failed;
}
