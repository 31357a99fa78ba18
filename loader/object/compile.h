/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_COMPILE_H
#define EL_COMPILE_H
#include "base/base.h"

/**
 * el_compile_memory() - like el_compile(), but into a memory file
 * @flags: the flags of this source, as el_cflags_make() made them, or NULL
 * @object: the descriptor of the memory file, at its start; the caller closes it
 *
 * Return: as el_compile(); -EPERM if untrusted users can write a header that @flags name.
 */
int el_compile_memory(struct el_context *context, const char *source, const char *flags,
		      int *object);

#endif
