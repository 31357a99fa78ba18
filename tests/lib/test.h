/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef TEST_H
#define TEST_H
/*
 * The base of each test of the library: cmocka, a context with its last error and warning, shell commands, and the folder of
 * the build. The other headers of this folder include this header.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"

/* The context of all tests of a program; its setup function opens it. */
extern struct el_context *context;
extern char warning[4096]; /* the last warning of the context */

/* For el_context_options.warn: keeps @message in `warning`. */
void keep_warning(void *data, const char *message);
const struct el_error *last_error(void);

/* A call returned @result. It must be -@error, and the error must be of @kind and say @what. */
void failed(int result, int error, enum el_kind kind, const char *what);
/* The last error must have this hint. */
void hinted(const char *hint);

#define assert_contains(text, part)                                      \
	do {                                                             \
		if (!strstr(text, part))                                 \
			fail_msg("\"%s\" is not in \"%s\"", part, text); \
	} while (0)

/* Return: the folder that this program was built in: build/ or build-san/. */
const char *test_home(void);
/* Return: the exit status of a shell command, as of system(3). */
int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Compile a source for BPF, with the SDK's headers in its path. Return: the exit status of @compiler. */
int clang(const char *compiler, const char *flags, const char *source, const char *object);
/* Compile a source by clang, or fail the test. */
void compile_plain(const char *source, const char *object);

#endif
