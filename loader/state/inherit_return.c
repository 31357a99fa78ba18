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

static const char *instance_of(const struct el_chain *chain, const struct el_chain_map *map)
{
	return chain->instances[map->instance].name;
}

static int open_return(struct el_context *context, const struct el_chain *target,
		       struct el_chain_map *map, const struct el_chain *current,
		       const struct el_chain_map *now)
{
	_cleanup_free_ char *path = el_format("%s/%s", instance_of(target, map), map->name);
	struct el_types from, to;
	char why[400] = "";
	int err;

	if (!path)
		return el_fail_memory(context);
	err = el_inherit_types(context, target, map, &to);
	if (err)
		return err;
	err = el_inherit_types(context, current, now, &from);
	if (err) {
		btf__free(to.btf);
		return err;
	}
	err = el_convert_open(context, path, now->fd, &from, map->fd, &to, &map->convert, why,
			      sizeof(why));
	btf__free(to.btf);
	if (err)
		btf__free(from.btf);
	if (err != -EINVAL)
		return err;
	el_warn(context, "map %s is as generation %u left it: %s", path,
		target->metadata->generation, why);
	return 0;
}

/* Whether two maps are one state at two points in time, and no other chain uses the older map. */
static int is_same_state(struct el_context *context, const struct el_chain *target,
			 const struct el_chain_map *map, const struct el_chain *current,
			 const struct el_chain_map *now, bool *same)
{
	uint32_t then = 0, origin = 0;
	int err = el_inherit_origin(context, target, map, &then), live = 0;

	if (!err)
		err = el_inherit_origin(context, current, now, &origin);
	if (!err && then == origin)
		live = el_shared_is_live(context, map->id);
	*same = then == origin && !live;
	return live < 0 ? live : err;
}

/* Give an outer map its entries, with the inner maps of @target. A warning tells if an
 * inner map is not accepted. */
static void return_nested(struct el_context *context, const struct el_chain *target,
			  struct el_chain_map *map, const struct el_chain *current,
			  const struct el_chain_map *now)
{
	_cleanup_free_ char *path = el_format("%s/%s", instance_of(target, map), map->name);

	if (path && el_nested_fill(context, path, current, now->fd, target, map->fd, &map->entries))
		el_warn(context, "map %s does not hold all of its maps after the rollback: %s",
			path, el_error_get(context)->what);
	map->change = EL_MAP_CONVERTED;
}

/* Whether an earlier map of @target is the same map, which two instances
 * share: it is converted once. */
static bool is_listed(const struct el_chain *target, const struct el_chain_map *map)
{
	for (const struct el_chain_map *other = target->maps; other < map; other++)
		if (other->id == map->id)
			return true;
	return false;
}

static int return_one(struct el_context *context, const struct el_chain *target,
		      struct el_chain_map *map, const struct el_chain *current)
{
	const struct el_chain_map *now =
		el_inherit_find(current, instance_of(target, map), map->name);
	bool same = false;
	int err;

	map->change = EL_MAP_RETURNED;
	map->kept = now && now->id == map->id;
	if (map->kept || !now || is_listed(target, map))
		return 0;
	err = is_same_state(context, target, map, current, now, &same);
	if (err || !same)
		return err;
	if (el_nested_is_fd(map->fd) && el_nested_is_fd(now->fd)) {
		return_nested(context, target, map, current, now);
		return 0;
	}
	if (el_holder_same(map->fd, now->fd)) {
		el_holder_return(context, target, map, now);
		return 0;
	}
	err = open_return(context, target, map, current, now);
	if (err || !map->convert)
		return err;
	map->change = el_convert_changes(map->convert) ? EL_MAP_CONVERTED : EL_MAP_RESIZED;
	return el_convert_refill(context, map->convert);
}

int el_inherit_return(struct el_context *context, struct el_chain *target,
		      const struct el_chain *current)
{
	int err = 0;

	for (size_t i = 0; !err && i < target->maps_count; i++)
		err = return_one(context, target, &target->maps[i], current);
	return err;
}
