/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_MAPS_H
#define EL_MAPS_H
/*
 * Making one map of a chain that is being loaded: maps_make.c, maps_shared.c.
 */
#include "load/load.h"
#include "state/inherit.h"

/* Whether libbpf describes maps of this type completely, so that the loader makes them. libbpf makes
 * the others, under their name in the object. */
bool el_maps_makes_itself(const struct bpf_map *map);
/* Make a map in the kernel. @max_entries 0: as defined. Return: a descriptor; an error is noted. */
int el_maps_make(const struct el_loading *loading, const struct bpf_map *map, const char *name,
		 uint32_t max_entries);
/* Have libbpf use @fd for a map of an object; -errno in @fd is returned. */
int el_maps_use(struct el_context *context, struct bpf_map *map, int fd);
/* Add a map to the chain, as its last map. @fd is duplicated. Of @definition, only the instance and
 * the name are used. */
int el_maps_add(const struct el_making *making, const struct el_definition *definition, int fd,
		bool kept);
/* Use the map that the manifest shares as @name, or make the next map of that name. */
int el_maps_share(const struct el_loading *loading, const struct el_definition *definition,
		  const char *name);

#endif
