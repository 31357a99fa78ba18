/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef FUZZ_MAPS_H
#define FUZZ_MAPS_H
/*
 * The maps of types.bpf.c, in its order, without entries, for the targets that fill maps.
 */
#include "../../loader/map/map.h"
#include "../../loader/map/types.h"
#include "kernel.h"

struct fuzz_kind {
	const char *name;
	struct fuzz_map map;
	uint32_t key, value; /* type ids in the BTF */
};

const struct fuzz_kind *fuzz_kinds(size_t *count);
/* Return: the BTF of types.bpf.c. */
const struct btf *fuzz_btf(void);
/* Make a map of this kind, and open it. */
struct el_map *fuzz_kind_open(const struct fuzz_kind *kind);

#endif
