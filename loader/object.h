/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_OBJECT_H
#define EL_OBJECT_H
/*
 * One object as the rest of the library needs it: the file's bytes, its BTF, its bitcode, and what
 * it holds.
 */
#include "internal.h"

struct btf;

struct el_object {
	struct el_object_info info;
	char *name; /* as it was asked for: what a chain remembers */
	char *data; /* the ELF file */
	size_t size;
	const char *bitcode; /* .llvmbc, inside data, or NULL */
	size_t bitcode_size;
	struct btf *btf;
	const struct el_program_info
		*program_xdp; /* the entry at each hook, or NULL; inside info.programs */
	const struct el_program_info *program_tc;
	/* The parameters' BTF types, and where their initial bytes are; in the order of
	 * info.params. */
	struct el_object_param {
		uint32_t type_id;
		uint32_t size;
		const char *initial; /* bytes inside data */
	} * params;
};

#endif
