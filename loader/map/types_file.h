/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_TYPES_FILE_H
#define EL_TYPES_FILE_H
/*
 * The bytes of a `types` pin, which types.c writes and types_read.c reads: an array of one entry,
 *
 *   struct types_header, `records` of struct types_record, `parts` of struct types_part, the BTF of
 *   the parts
 */
#include "map/types.h"

#define TYPES_MAGIC 0x32747065 /* "ept2" */
#define NO_PART	    UINT32_MAX

struct types_header {
	uint32_t magic, records, parts, size;
};

struct types_record {
	char instance[EDGE_NAME_MAX];
	char map[64];
	uint32_t part, key, value; /* part NO_PART: no types */
	uint32_t origin;	   /* el_types_origin() */
};

struct types_part {
	uint32_t offset, size; /* inside the entry */
};

/* Return: the index of the map's record, or @count. */
size_t el_types_find(const struct types_record *records, size_t count,
		     const struct el_map_name *name);

#endif
