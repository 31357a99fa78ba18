/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_INHERIT_H
#define EL_INHERIT_H
/*
 * The contents that a new generation's maps take over from the running generation, shared by
 * chain/change.c, load/generation.c and load/maps.c. A map is kept or created; a created map is
 * opened, filled before the swap, merged after the swap (convert.h), and reported.
 */
#include "state/generation.h"
#include "map/types.h"

/* ---- before the maps are made */

/* Set the sizes that differ from the functions' own: requested sizes, then the sizes of
 * the previous chain. */
int el_inherit_sizes(const struct el_making *making);
/* The size that was set for map @name, or 0: the function's own size. */
uint32_t el_inherit_size(const struct el_instance *instance, const char *name);
/* The map of the previous chain that corresponds to map @name of @instance, or of an
 * instance that shares its maps. */
const struct el_chain_map *el_inherit_old(const struct el_making *making, size_t instance,
					  const char *name);
/* The request for a map, or NULL. */
const struct el_map_spec *el_inherit_spec(const struct el_making *making, size_t instance,
					  const char *name);

/* The growth that was asked for of map @name of @instance, or NULL. */
const struct el_growth *el_inherit_growth(const struct el_making *making, size_t instance,
					  const char *name);

/* ---- while the maps are made */

/* A map that takes over the entries of another map: of the running chain, or, in a rollback, of a
 * later generation. */
struct el_inheritance {
	const struct el_making *making;
	struct el_chain_map *map;	 /* of making->chain */
	const struct el_chain_map *from; /* of making->previous; or NULL */
};

const struct el_chain_map *el_inherit_find(const struct el_generation *chain, const char *instance,
					   const char *name);
/* The map of @to that continues map @id of @from: the same map, or a map of the same name of an
 * instance that has the map; NULL: there is none. */
const struct el_chain_map *el_inherit_counterpart(const struct el_generation *from,
						  const struct el_generation *to, uint32_t id);
/* A map of a libbpf object, and its use by an instance. */
struct el_definition {
	const struct bpf_object *object;
	struct bpf_map *map;
	size_t instance;
	const char *name; /* of the pin */
	uint32_t entries;
};
/* The types in the object, which owns the BTF. */
struct el_types el_definition_types(const struct el_definition *definition);
/* Find the map of the running chain that the new chain keeps; *@out is NULL if there is none. */
int el_inherit_keep(const struct el_making *making, const struct el_definition *definition,
		    const struct el_chain_map **out);
/* Choose the source of a new map's entries. Return: 0; -EEXIST the entries of the old map
 * cannot be converted (EL_CONFLICT). */
int el_inherit_open(const struct el_making *making, const struct el_definition *definition,
		    struct el_chain_map *map);
void el_inherit_free(struct el_chain_map *map);
/* Whether the kind of map keeps no entries; false also if the kernel cannot tell now. */
bool el_inherit_holds_nothing(int fd);
/* The types of a map of a chain that was read from the kernel; empty if only root may read them. */
int el_inherit_types(struct el_context *context, const struct el_generation *chain,
		     const struct el_chain_map *map, struct el_types *out);
/* The origin of a map (el_types_origin()). */
int el_inherit_origin(struct el_context *context, const struct el_generation *chain,
		      const struct el_chain_map *map, uint32_t *origin);

/* ---- around the swap */

/* Whether entries are copied from one map into another. */
bool el_inherit_converts(const struct el_generation *chain);
int el_inherit_fill(const struct el_making *making);
/* Fill a new map from a file, then from single entries. */
int el_inherit_fill_content(struct el_context *context, const struct el_map_spec *spec,
			    struct el_map *map);
/* Call when no CPU runs the old generation any more. */
void el_inherit_merge(struct el_context *context, struct el_generation *chain);
/* Call when the old generation runs again, and no CPU runs the new generation. */
void el_inherit_undo(struct el_context *context, struct el_generation *chain);
/*
 * Prepare a rollback from making->previous, which runs, to the older generation making->chain: if
 * both have different maps of one origin (map/types.h), the older map is refilled from the running
 * map, and el_inherit_merge() transfers later changes. Other maps of the older generation stay
 * unchanged.
 */
int el_inherit_return(const struct el_making *making);

/* ---- the report */

/* The effects of a change on the maps; none without a previous chain. @out: for
 * el_map_reports_free(), also after an error. */
int el_inherit_report(const struct el_making *making, struct el_map_report **out, size_t *count);
void el_map_reports_free(struct el_map_report *list, size_t count);

#endif
