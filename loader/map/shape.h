/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_SHAPE_H
#define EL_SHAPE_H
/*
 * The shape of a map: whether two maps hold the same kind of data.
 */
#include <bpf/libbpf.h>
#include "base/base.h"

struct el_typed_map;

/* The map that a definition in an object makes. */
struct el_shape {
	const struct bpf_object *object;
	const struct bpf_map *map;
	uint32_t entries;
};

/* The max_entries of a map that is created with @asked, after libbpf and the kernel have filled in
 * or rounded the number. */
uint32_t el_shape_room(enum bpf_map_type type, uint32_t flags, uint32_t asked);
/* The flags to create a map with, given the flags that the kernel reports (@made). */
uint32_t el_shape_flags(enum bpf_map_type type, uint32_t made);
/* Whether a new map has the kind, the size and the types of an old map. */
bool el_shape_same(struct el_context *context, const struct el_shape *new,
		   const struct el_typed_map *old);

#endif
