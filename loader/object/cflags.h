/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_CFLAGS_H
#define EL_CFLAGS_H
/*
 * Compiler flags of one source, as a manifest gives them: one text, with its words separated by
 * newlines. The flags come from a file that is as trusted as the source itself, but only flags that
 * change just the code are allowed: no flag writes a file, loads a plug-in or runs a program.
 */
#include "base/base.h"

#define EL_CFLAGS_MAX 64 /* words */

/* Flags as a manifest gives them. */
struct el_cflags {
	const char *const *words; /* as clang takes them */
	size_t count;
	/* Absolute: relative paths of -I, -iquote, -isystem, -idirafter and -include begin there. */
	const char *folder;
};

/**
 * el_cflags_make() - check flags, and make them independent of the current directory
 * @out: the words, separated by newlines, malloc'ed; a flag and its separate value become one word
 *       if clang accepts that
 *
 * Return: 0; -EINVAL (EL_USAGE) for a flag that is not allowed, with a list of the allowed flags;
 * -ENOMEM.
 */
int el_cflags_make(struct el_context *context, const struct el_cflags *flags, char **out);

/**
 * el_cflags_check() - check flags again, right before the compiler gets them
 * @flags: as el_cflags_make() made them, or NULL
 *
 * The flags may come from the pins of another user, so el_cflags_make() must allow each of them.
 * The folders of -I and similar flags and the file of -include follow the rule of sources
 * (el_file_check_owner()). Return: 0; -EINVAL (EL_USAGE); -EPERM (EL_PRIVILEGE); -ENOENT.
 */
int el_cflags_check(struct el_context *context, const char *flags);

/* The next word of the flags, from *@at on: its start, and @length. NULL at the end. */
const char *el_cflags_next(const char **at, size_t *length);

#endif
