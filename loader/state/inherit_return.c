// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Maps in a rollback. A map that was kept since then is used unchanged. If a later generation has
 * the entries in another map, of other types or another size, they are converted back into the map
 * that the older generation left. A table that was filled anew or started empty since then is
 * another state, so the rollback restores the older table, which is its purpose.
 */
#include <bpf/btf.h>

#include "state/convert.h"
#include "state/holder.h"
#include "state/inherit.h"
#include "state/nested.h"
#include "state/shared_map.h"

static const char *instance_of(const struct el_generation *chain, const struct el_chain_map *map)
{
	return chain->instances[map->instance].name;
}

/* INSTANCE/MAP; malloc'ed. */
static char *path_of(const struct el_inheritance *of)
{
	return el_format("%s/%s", instance_of(of->making->chain, of->map), of->map->name);
}

static int open_return(const struct el_inheritance *of)
{
	const struct el_making *making = of->making;
	struct el_context *context = making->context;
	_cleanup_free_ char *path = path_of(of);
	struct el_convert_maps maps = {.path = path, .from.fd = of->from->fd, .to.fd = of->map->fd};
	char why[EL_CONVERT_WHY] = "";
	int err;

	if (!path)
		return el_fail_memory(context);
	err = el_inherit_types(context, making->chain, of->map, &maps.to.types);
	if (err)
		return err;
	err = el_inherit_types(context, making->previous, of->from, &maps.from.types);
	if (err) {
		btf__free(maps.to.types.btf);
		return err;
	}
	err = el_convert_open(context, &maps, &of->map->convert, why);
	btf__free(maps.to.types.btf);
	if (err)
		btf__free(maps.from.types.btf);
	if (err != -EINVAL)
		return err;
	el_warn(context, "map %s is as generation %u left it: %s", path,
		making->chain->metadata->generation, why);
	return 0;
}

/* Whether two maps are one state at two points in time, and no other chain uses the older map. */
static int is_same_state(const struct el_inheritance *of, bool *same)
{
	const struct el_making *making = of->making;
	uint32_t then = 0, origin = 0;
	int err = el_inherit_origin(making->context, making->chain, of->map, &then), live = 0;

	if (!err)
		err = el_inherit_origin(making->context, making->previous, of->from, &origin);
	if (!err && then == origin)
		live = el_shared_is_live(making->context, of->map->id);
	*same = then == origin && !live;
	return live < 0 ? live : err;
}

/* Give an outer map its entries, with the inner maps of the older generation. A warning tells if an
 * inner map is not accepted. */
static void return_nested(const struct el_inheritance *of)
{
	struct el_context *context = of->making->context;
	_cleanup_free_ char *path = path_of(of);

	if (path && el_nested_fill(of))
		el_warn(context, "map %s does not hold all of its maps after the rollback: %s",
			path, el_error_get(context)->what);
	of->map->change = EL_MAP_CONVERTED;
}

/* Whether an earlier map of the older generation is the same map, which two instances share: it is
 * converted once. */
static bool is_listed(const struct el_inheritance *of)
{
	for (const struct el_chain_map *other = of->making->chain->maps; other < of->map; other++)
		if (other->id == of->map->id)
			return true;
	return false;
}

static int return_one(const struct el_inheritance *of)
{
	const struct el_chain_map *now = of->from;
	struct el_chain_map *map = of->map;
	bool same = false;
	int err;

	map->change = EL_MAP_RETURNED;
	map->kept = now && now->id == map->id;
	if (map->kept || !now || is_listed(of))
		return 0;
	err = is_same_state(of, &same);
	if (err || !same)
		return err;
	if (el_nested_is_fd(map->fd) && el_nested_is_fd(now->fd)) {
		return_nested(of);
		return 0;
	}
	if (el_holder_same(map->fd, now->fd)) {
		el_holder_return(of);
		return 0;
	}
	err = open_return(of);
	if (err || !map->convert)
		return err;
	map->change = el_convert_changes(map->convert) ? EL_MAP_CONVERTED : EL_MAP_RESIZED;
	return el_convert_refill(of->making->context, map->convert);
}

int el_inherit_return(const struct el_making *making)
{
	struct el_generation *chain = making->chain;
	int err = 0;

	for (size_t i = 0; !err && i < chain->maps_count; i++) {
		struct el_chain_map *map = &chain->maps[i];
		const struct el_inheritance of = {
			making, map, el_inherit_counterpart(chain, making->previous, map->id)};

		err = return_one(&of);
	}
	return err;
}
