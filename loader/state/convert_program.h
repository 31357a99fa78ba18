/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_CONVERT_PROGRAM_H
#define EL_CONVERT_PROGRAM_H
/*
 * Change a part of a map's value in the kernel, in place, while packets change it, too.
 */
#include "map/map.h"

/* One change of @size bytes (1, 2, 4 or 8) at @offset. An addition takes 4 or 8 bytes. Any other
 * change is made only if the bytes are still @expected: for 4 or 8 aligned bytes, comparison and
 * store are one atomic instruction. */
struct el_edit {
	const void *key;
	uint32_t cpu; /* of a per-CPU map */
	uint32_t offset, size;
	uint64_t number;   /* in host order */
	uint64_t expected; /* in host order; unused by an addition */
	bool add;
};

/* Return: a descriptor, or -errno without noting an error, for example if
 * the value contains a lock. */
int el_convert_program_load(const struct el_map *map);
/* Return: 0, also if the bytes were not @edit->expected; -ENOENT no such entry; -EOPNOTSUPP an
 * addition to unaligned bytes; -errno. */
int el_convert_program_run(int fd, const struct el_map *map, const struct el_edit *edit);

#endif
