// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The context, errors, and commands of tests. */
#include "lib/test.h"

#include <limits.h>

struct el_context *context;
char warning[4096];

void keep_warning(void *data, const char *message)
{
	(void)data;
	snprintf(warning, sizeof(warning), "%s", message);
}

const struct el_error *last_error(void)
{
	return el_error_get(context);
}

void failed(int result, int error, enum el_kind kind, const char *what)
{
	assert_int_equal(result, -error);
	assert_string_equal(last_error()->what, what);
	assert_int_equal(last_error()->kind, kind);
}

void hinted(const char *hint)
{
	assert_string_equal(last_error()->hint, hint);
}

static char home[PATH_MAX];

/* At the start: in a chroot, /proc/self/exe leads through the old mount namespace once there is a new one. */
static __attribute__((constructor)) void find_home(void)
{
	char *slash;

	if (readlink("/proc/self/exe", home, sizeof(home) - 1) < 0)
		return;
	while ((slash = strrchr(home, '/'))) {
		*slash = '\0';
		if (!strcmp(slash + 1, "tests"))
			break;
	}
}

const char *test_home(void)
{
	return home;
}

int shell(const char *format, ...)
{
	char command[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command);
}

int clang(const char *compiler, const char *flags, const char *source, const char *object)
{
	return shell("%s -g -O2 -target bpf %s -I%s/include -I%s/include/edge-compat "
		     "-I/usr/include/$(gcc -print-multiarch) -c %s -o %s",
		     compiler, flags, home, home, source, object);
}

void compile_plain(const char *source, const char *object)
{
	assert_int_equal(clang("clang", "", source, object), 0);
}
