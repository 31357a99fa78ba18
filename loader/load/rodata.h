/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_RODATA_H
#define EL_RODATA_H
/*
 * Read-only variables of a libbpf object, before it is loaded.
 */
#include "load/load.h"

/* Find a variable of a read-only section in BTF. Return: its offset, or -ENOENT. */
long el_rodata_offset(const struct bpf_object *object, const char *section_name, const char *name);
/* Set the bytes of a variable, in any read-only section. Return: 0; -ENOENT there is no such
 * variable of this size. */
int el_rodata_set(const struct bpf_object *object, const char *name, const void *bytes,
		  size_t size);

#endif
