// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Record failed allocations, in the command and in the library: output that was made while memory
 * was short may be incomplete, and must not pass for complete (output_end()). The linker replaces
 * the functions of the C library by these functions (--wrap, Makefile).
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "memory.h"

static bool was_short; /* never reset, since the missing part of the output is unknown */

bool memory_was_short(void)
{
	return was_short;
}

void memory_note_short(void)
{
	was_short = true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
FILE *__real_open_memstream(char **text, size_t *size);
int __real_fclose(FILE *stream);
int __real_vasprintf(char **out, const char *format, va_list args);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
FILE *__wrap_open_memstream(char **text, size_t *size);
int __wrap_fclose(FILE *stream);
int __wrap_vasprintf(char **out, const char *format, va_list args);
int __wrap_asprintf(char **out, const char *format, ...);
/* Their names with _FORTIFY_SOURCE. */
int __wrap___vasprintf_chk(char **out, int flag, const char *format, va_list args);
int __wrap___asprintf_chk(char **out, int flag, const char *format, ...);

/* realloc() to size 0 returns NULL without a failure. */
static void *noted(void *memory, size_t size)
{
	if (!memory && size)
		was_short = true;
	return memory;
}

void *__wrap_malloc(size_t size)
{
	return noted(__real_malloc(size), size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return noted(__real_calloc(count, size), count);
}

void *__wrap_realloc(void *old, size_t size)
{
	return noted(__real_realloc(old, size), size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return noted(__real_reallocarray(old, count, size), count);
}

char *__wrap_strdup(const char *text)
{
	return noted(__real_strdup(text), 1);
}

char *__wrap_strndup(const char *text, size_t size)
{
	return noted(__real_strndup(text, size), 1);
}

FILE *__wrap_open_memstream(char **text, size_t *size)
{
	return noted(__real_open_memstream(text, size), 1);
}

/* A memory stream that could not grow reports it when it is closed. */
int __wrap_fclose(FILE *stream)
{
	int failed;

	errno = 0;
	failed = __real_fclose(stream);
	if (failed && (!errno || errno == ENOMEM))
		was_short = true;
	return failed;
}

int __wrap_vasprintf(char **out, const char *format, va_list args)
{
	int length = __real_vasprintf(out, format, args);

	was_short |= length < 0;
	return length;
}

int __wrap_asprintf(char **out, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = __wrap_vasprintf(out, format, args);
	va_end(args);
	return length;
}

int __wrap___vasprintf_chk(char **out, int flag, const char *format, va_list args)
{
	(void)flag; /* for %n, which edge-load does not use */
	return __wrap_vasprintf(out, format, args);
}

int __wrap___asprintf_chk(char **out, int flag, const char *format, ...)
{
	va_list args;
	int length;

	(void)flag;
	va_start(args, format);
	length = __wrap_vasprintf(out, format, args);
	va_end(args);
	return length;
}
