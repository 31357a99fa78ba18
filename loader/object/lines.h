/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_LINES_H
#define EL_LINES_H
/*
 * The source lines of an object's instructions, from its .BTF.ext.
 */
#include "base/base.h"

struct el_line {
	const char *section; /* of the instruction */
	uint32_t offset;     /* of the instruction, in bytes from the section's start */
	uint32_t number;     /* of the line, from 1 on */
	const char *file;    /* as the compiler received it */
	const char *text;    /* the line itself, or "" */
};

struct el_lines {
	struct el_line *list; /* its texts point into the ELF file */
	size_t count, room;
};

/**
 * el_lines_add() - add the source lines of an ELF file in memory
 * @elf: the file's untrusted bytes, which must outlive @lines
 *
 * Return: 0, also if the file has no lines; -ENOMEM, -EINVAL (malformed), without noting an error.
 */
int el_lines_add(struct el_lines *lines, const void *elf, size_t size);
void el_lines_free(struct el_lines *lines);
/* The line of the instruction at @offset bytes of @section, or NULL. */
const struct el_line *el_lines_at(const struct el_lines *lines, const char *section,
				  uint32_t offset);
/* The name of a file without its folder. */
const char *el_lines_base(const char *file);

/**
 * el_lines_restore() - put the text of the source lines into a fused object
 * @known: the lines of the objects that were fused; they are sorted
 * @elf: the object; replaced by a larger object, malloc'ed
 *
 * The confined compiler can open no source, so its lines have numbers and no text. The objects that
 * were fused have both. Lines on which two objects disagree stay empty. After a failure, the object
 * stays unchanged: only the verifier's log has less information.
 */
void el_lines_restore(struct el_lines *known, void **elf, size_t *size);

#endif
