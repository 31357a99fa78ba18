/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef SCRATCH_H
#define SCRATCH_H
/*
 * A scratch folder that is also the library's home: lib/edge-load/functions/ holds the files of a
 * test, include/ is a link to that of the build tree. Small helpers fill the folder. Include this
 * header once, after cmocka.h.
 */
#include <dirent.h>
#include <ftw.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "home.h"
#include "loader.h"

static char scratch[PATH_MAX];
static struct el_context *context;
static char warning[4096]; /* the last warning */

static inline void scratch_warn(void *data, const char *message)
{
	(void)data;
	snprintf(warning, sizeof(warning), "%s", message);
}

/* The path of @name in the scratch folder, valid until the fourth next call. */
static inline const char *at(const char *name)
{
	static char paths[4][2 * PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", scratch, name);
	return path;
}

static inline void write_file(const char *name, const void *data, size_t size)
{
	FILE *file = fopen(at(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static inline size_t read_scratch(const char *name, char **data)
{
	struct stat stat_file;
	FILE *file = fopen(at(name), "r");

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &stat_file), 0);
	*data = malloc((size_t)stat_file.st_size + 1);
	assert_non_null(*data);
	assert_int_equal(fread(*data, 1, (size_t)stat_file.st_size, file), stat_file.st_size);
	(*data)[stat_file.st_size] = '\0';
	fclose(file);
	return (size_t)stat_file.st_size;
}

static inline void write_text(const char *name, const char *text)
{
	write_file(name, text, strlen(text));
}

static inline int scratch_setup(void **state)
{
	const char *base = getenv("TMPDIR");
	const struct el_context_options options = {.warn = scratch_warn};
	char exe[PATH_MAX], include[PATH_MAX + 64];
	ssize_t length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	(void)state;
	snprintf(scratch, sizeof(scratch), "%s/edge-load-unit.XXXXXX", base ? base : "/tmp");
	if (length < 0 || !mkdtemp(scratch))
		return -1;
	exe[length] = '\0';
	snprintf(include, sizeof(include), "%s/include", home_of(exe));
	if (mkdir(at("lib"), 0755) || mkdir(at("lib/edge-load"), 0755) ||
	    mkdir(at("lib/edge-load/functions"), 0755) || symlink(include, at("include")))
		return -1;
	setenv("EDGE_LOAD_HOME", scratch, 1);
	return el_context_open(&context, &options);
}

static inline int scratch_remove(const char *path, const struct stat *status, int type,
				 struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int scratch_teardown(void **state)
{
	(void)state;
	el_context_free(context);
	return nftw(scratch, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline const struct el_error *last_error(void)
{
	return el_error_get(context);
}

#define assert_contains(text, part)                                      \
	do {                                                             \
		if (!strstr(text, part))                                 \
			fail_msg("\"%s\" is not in \"%s\"", part, text); \
	} while (0)

#endif
