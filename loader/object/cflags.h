/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_CFLAGS_H
#define EL_CFLAGS_H
/*
 * Compiler flags of one source, as a manifest gives them: one text, its words separated by
 * newlines. They come from a file that is as trusted as the source itself, but are kept to those
 * that change the code alone: no flag writes a file, loads a plug-in or runs a program.
 */
#include "base/base.h"

#define EL_CFLAGS_MAX 64 /* words */

/**
 * el_cflags_make() - check flags, and make them independent of the current directory
 * @words:  the flags as clang takes them, @count of them
 * @folder: absolute; relative paths of -I, -iquote, -isystem, -idirafter and -include begin there
 * @out:    the words, separated by newlines, malloc'ed; a flag and its separate value become one
 *          word where clang takes it so
 *
 * Return: 0; -EINVAL (EL_USAGE) for a flag that is not allowed, with those that are; -ENOMEM.
 */
int el_cflags_make(struct el_context *context, const char *const *words, size_t count,
		   const char *folder, char **out);

/**
 * el_cflags_check() - check flags once more, right before the compiler gets them
 * @flags: as el_cflags_make() made them, or NULL
 *
 * They may come from the pins of another user: each must be one that el_cflags_make() allows. The
 * folders of -I and its like and the file of -include follow the rule of sources
 * (el_file_check_owner()). Return: 0; -EINVAL (EL_USAGE); -EPERM (EL_PRIVILEGE); -ENOENT.
 */
int el_cflags_check(struct el_context *context, const char *flags);

/* The next of the words of @flags, from *@at on: its start, and @length. NULL at the end. */
const char *el_cflags_next(const char **at, size_t *length);

#endif
