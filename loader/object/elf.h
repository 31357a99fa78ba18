/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_OBJECT_ELF_H
#define EL_OBJECT_ELF_H
/*
 * An ELF file in memory, checked before any other code reads it: after el_elf_open(), every section
 * lies inside the file.
 */
#include "base/base.h"

struct el_elf {
	const char *path; /* the file's name in an error */
	char *data; /* the file's bytes, which the caller keeps and frees after el_elf_close() */
	size_t size;
	void *elf; /* libelf's handle */
};

/**
 * el_elf_open() - check an ELF object for the BPF machine
 * @elf: its path, data and size
 *
 * Return: 0; -EINVAL (EL_COMPILE): not ELF, truncated, for another machine or byte order, not a
 * relocatable object.
 */
int el_elf_open(struct el_context *context, struct el_elf *elf);
void el_elf_close(struct el_elf *elf);
/* The bytes of the section @name, or NULL if there is none. */
const char *el_elf_section(const struct el_elf *elf, const char *name, size_t *size);

struct el_elf_call {
	const char *section;
	uint64_t offset;  /* in the section, in bytes */
	bool unoptimised; /* the helpers are variables, as clang -O0 leaves them */
};
/* Find a call through a register; a call in @section is preferred. Return: whether a call was
 * found. */
bool el_elf_indirect_call(const struct el_elf *elf, const char *section, struct el_elf_call *out);

#endif
