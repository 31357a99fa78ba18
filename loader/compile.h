/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_COMPILE_H
#define EL_COMPILE_H
#include "internal.h"

/**
 * el_compile_memory() - el_compile(), but the object stays in memory
 * @out: the object, malloc'ed
 *
 * Return: as el_compile().
 */
int el_compile_memory(struct el_context *context, const char *source, char **out, size_t *size);

#endif
