/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_INHERIT_H
#define EL_INHERIT_H
/*
 * What a new generation's maps take over from the running one's, as chain/change.c,
 * load/generation.c and load/maps.c share it. The way of one map: kept, or made; then opened,
 * filled before the swap, merged after it (convert.h), reported.
 */
#include "state/generation.h"
#include "map/types.h"

/* ---- before the maps are made */

/* Sizes that differ from the functions' own: those asked for, and those that @previous has. */
int el_inherit_sizes(struct el_context *context, struct el_chain *chain,
		     const struct el_chain *previous);
/* Return: 0: the function's own. */
uint32_t el_inherit_size(const struct el_instance *instance, const char *name);
/* What is asked of a map, or NULL. */
/* What @previous has of map @name of @instance, or of another instance that has its maps, too. */
const struct el_chain_map *el_inherit_old(const struct el_chain *chain,
					  const struct el_chain *previous, size_t instance,
					  const char *name);
const struct el_map_spec *el_inherit_spec(const struct el_chain *chain, size_t instance,
					  const char *name);

/* ---- while they are */

const struct el_chain_map *el_inherit_find(const struct el_chain *chain, const char *instance,
					   const char *name);
/* A map of an object of libbpf's, as an instance is to have it. */
struct el_definition {
	const struct bpf_object *object;
	const struct bpf_map *map;
	size_t instance;
	const char *name; /* as its pin */
	uint32_t entries;
};
/* The running chain's map that is to be the new one's, or NULL. */
int el_inherit_keep(const struct el_making *making, const struct el_definition *definition,
		    const struct el_chain_map **out);
/* A map that was made: where its entries will come from. Return: 0; -EEXIST what the old one holds
 * can't be converted (EL_CONFLICT). */
int el_inherit_open(const struct el_making *making, const struct el_definition *definition,
		    struct el_chain_map *map);
void el_inherit_free(struct el_chain_map *map);
/* Kinds that hold nothing that lasts; false also of one of which the kernel can't tell now. */
bool el_inherit_holds_nothing(int fd);
/* The types of a map of a chain that was looked at; none where nobody may know them. */
int el_inherit_types(struct el_context *context, const struct el_chain *chain,
		     const struct el_chain_map *map, struct el_types *out);
/* el_types_origin() of the same. */
int el_inherit_origin(struct el_context *context, const struct el_chain *chain,
		      const struct el_chain_map *map, uint32_t *origin);

/* ---- around the swap */

/* Whether entries go from one map into another. */
bool el_inherit_converts(const struct el_chain *chain);
int el_inherit_fill(struct el_context *context, struct el_chain *chain,
		    const struct el_chain *previous);
/* A new map from a file, and entries over that. */
int el_inherit_fill_content(struct el_context *context, const struct el_map_spec *spec,
			    struct el_map *map);
/* When nothing runs the old generation any more. */
void el_inherit_merge(struct el_context *context, struct el_chain *chain);
/* When the old generation runs again, and nothing runs the new one. */
void el_inherit_undo(struct el_context *context, struct el_chain *chain);
/*
 * Before @target, which ran before, runs again in @current's place: where both have another map of
 * one origin (map/types.h), @target's is refilled from @current's; el_inherit_merge() brings over
 * the rest. Others stay as they were left.
 */
int el_inherit_return(struct el_context *context, struct el_chain *target,
		      const struct el_chain *current);
int el_inherit_report(struct el_context *context, struct el_chain *chain,
		      const struct el_chain *previous);
void el_inherit_report_free(struct el_chain *chain);

#endif
