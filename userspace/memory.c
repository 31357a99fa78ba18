// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Allocations that fail are noticed, in the command and in the library alike: an answer that was
 * made while memory was short may lack a part, and must not pass for whole (output_end()). The
 * linker puts these functions in the place of the C library's (--wrap, Makefile).
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "memory.h"

static bool was_short; /* for good: what is missing in an answer is not known */

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
/* The names that _FORTIFY_SOURCE gives them. */
int __wrap___vasprintf_chk(char **out, int flag, const char *format, va_list args);
int __wrap___asprintf_chk(char **out, int flag, const char *format, ...);

/* realloc() to nothing returns NULL without a lack. */
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

/* A stream in memory that could not grow says so at its end. */
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
	(void)flag; /* of %n, which no format of ours has */
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
