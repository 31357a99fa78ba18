// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A scratch folder of a test's own. */
#include "lib/scratch.h"

#include <ftw.h>

char scratch[PATH_MAX];

const char *at(const char *format, ...)
{
	static char paths[8][2 * PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 8];
	int length = snprintf(path, sizeof(paths[0]), "%s/", scratch);
	va_list args;

	va_start(args, format);
	vsnprintf(path + length, sizeof(paths[0]) - (size_t)length, format, args);
	va_end(args);
	return path;
}

void write_file(const char *name, const void *data, size_t size)
{
	FILE *file = fopen(*name == '/' ? name : at("%s", name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

void write_text(const char *name, const char *text)
{
	write_file(name, text, strlen(text));
}

size_t read_scratch(const char *name, char **data)
{
	struct stat stat_file;
	FILE *file = fopen(at("%s", name), "r");

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &stat_file), 0);
	*data = malloc((size_t)stat_file.st_size + 1);
	assert_non_null(*data);
	assert_int_equal(fread(*data, 1, (size_t)stat_file.st_size, file), stat_file.st_size);
	(*data)[stat_file.st_size] = '\0';
	fclose(file);
	return (size_t)stat_file.st_size;
}

int scratch_make(void)
{
	const char *base = getenv("TMPDIR");

	snprintf(scratch, sizeof(scratch), "%s/edge-load-unit.XXXXXX", base ? base : "/tmp");
	return mkdtemp(scratch) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

int scratch_remove(void)
{
	return nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int scratch_setup(void **state)
{
	const struct el_context_options options = {.warn = keep_warning};
	char include[PATH_MAX + 64];

	(void)state;
	snprintf(include, sizeof(include), "%s/include", test_home());
	if (scratch_make() || mkdir(at("lib"), 0755) || mkdir(at("lib/edge-load"), 0755) ||
	    mkdir(at("lib/edge-load/functions"), 0755) || symlink(include, at("include")))
		return -1;
	setenv("EDGE_LOAD_HOME", scratch, 1);
	return el_context_open(&context, &options);
}

int scratch_teardown(void **state)
{
	(void)state;
	el_context_free(context);
	return scratch_remove();
}
