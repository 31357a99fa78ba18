/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_COMPILE_H
#define EL_COMPILE_H
#include "base/base.h"

/**
 * el_compile_memory() - like el_compile(), but keep the object in memory
 * @flags: the flags of this source, as el_cflags_make() made them, or NULL
 * @out: the object, malloc'ed
 *
 * Return: as el_compile(); -EPERM if untrusted users can write a header that @flags name.
 */
int el_compile_memory(struct el_context *context, const char *source, const char *flags, char **out,
		      size_t *size);

#endif
