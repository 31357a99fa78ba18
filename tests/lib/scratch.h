/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef SCRATCH_H
#define SCRATCH_H
/*
 * A scratch folder of a test's own, in $TMPDIR or /tmp. scratch_setup() makes it the library's home, too:
 * lib/edge-load/functions/ holds the files of a test, include/ is a link to that of the build tree.
 */
#include <limits.h>
#include <sys/stat.h>

#include "lib/test.h"

extern char scratch[PATH_MAX];

/* Make and remove the folder alone. Return: 0 or -1. */
int scratch_make(void);
int scratch_remove(void);
/* For cmocka: the folder as home, and the context. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

/* Return: a path in the scratch folder, valid until the eighth next call. */
const char *at(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Write a file; @name is an absolute path, or a name in the scratch folder. */
void write_file(const char *name, const void *data, size_t size);
void write_text(const char *name, const char *text);
/* Read a file of the scratch folder. *@data gets its bytes, with a NUL after the end; the caller frees them. Return: its size. */
size_t read_scratch(const char *name, char **data);

#endif
