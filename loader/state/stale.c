// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Programs that `map set` put into a program array, a devmap or a cpumap stay there over a swap,
 * and work on the maps that they were loaded with. Where a swap makes one of those maps anew, such
 * a program would go on with the old one, which no path leads to: what it counts would be lost. A
 * map that was to be resized or replaced is left as it is then. Where new code or a rollback brings
 * the other map, that is said.
 */
#include <bpf/bpf.h>

#include "state/holder.h"
#include "state/inherit.h"
#include "base/rights.h"
#include "state/stale.h"

enum { MAPS_MAX = 64 }; /* MAX_USED_MAPS of the kernel (include/linux/bpf_verifier.h) */

/* One map whose entries hold programs. */
struct holder {
	const struct el_chain *chain, *previous;
	const struct el_chain_map *map;
	struct bpf_map_info info;
	uint32_t key; /* of the entry at hand */
};

static const char *instance_of(const struct el_chain *chain, const struct el_chain_map *map)
{
	return chain->instances[map->instance].name;
}

static bool open_holder(struct holder *holder)
{
	uint32_t size = sizeof(holder->info);

	return !bpf_obj_get_info_by_fd(holder->map->fd, &holder->info, &size) &&
	       holder->info.key_size == sizeof(holder->key) && el_holder_offset(&holder->info) >= 0;
}

/* The map of the new generation that has the place of the old one's map @id, if it is another. */
static const struct el_chain_map *successor(const struct holder *holder, uint32_t id)
{
	const struct el_chain *previous = holder->previous;

	for (size_t i = 0; i < previous->maps_count; i++) {
		const struct el_chain_map *old = &previous->maps[i], *now;

		if (old->id != id)
			continue;
		now = el_inherit_find(holder->chain, instance_of(previous, old), old->name);
		if (now && now->id != id)
			return now;
	}
	return NULL;
}

/* Of the maps that a program uses, the first that has a successor. To open a program by its number
 * takes CAP_SYS_ADMIN: without it nothing is known. */
static const struct el_chain_map *stale_map(const struct holder *holder, uint32_t program)
{
	uint32_t ids[MAPS_MAX], size;
	struct bpf_prog_info info = {.map_ids = (uintptr_t)ids, .nr_map_ids = MAPS_MAX};
	const struct el_chain_map *found = NULL;
	_cleanup_fd_ int fd = program ? el_rights_program(program) : -1;

	size = sizeof(info);
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return NULL;
	for (uint32_t i = 0; !found && i < info.nr_map_ids && i < MAPS_MAX; i++)
		found = successor(holder, ids[i]);
	return found;
}

/* The next entry with such a program: its key is in @holder. NULL: there is none. */
static const struct el_chain_map *next_stale(struct holder *holder, bool *first)
{
	const struct el_chain_map *found = NULL;
	uint32_t next, program;
	uint8_t value[8];

	while (!found &&
	       !bpf_map_get_next_key(holder->map->fd, *first ? NULL : &holder->key, &next)) {
		*first = false;
		holder->key = next;
		if (bpf_map_lookup_elem(holder->map->fd, &next, value))
			continue;
		memcpy(&program, value + el_holder_offset(&holder->info), sizeof(program));
		found = stale_map(holder, program);
	}
	return found;
}

static int fail_stale(struct el_context *context, const struct holder *holder,
		      const struct el_chain_map *map)
{
	const struct el_chain *chain = holder->chain;
	const char *owner = instance_of(chain, holder->map);
	_cleanup_free_ char *hint =
		el_format("nothing was changed; delete the entry first, and set it again after the "
			  "change: edge-load map del %s/%s/%s/%s %u",
			  chain->at.site.device ? chain->at.site.device : "DEVICE",
			  el_hook_name(chain->at.site.hook), owner, holder->map->name, holder->key);

	return el_fail(context, EL_CONFLICT, EBUSY, hint,
		       "map %s/%s can't be created again: the program in entry %u of map %s/%s, "
		       "which was set by hand, would keep the old map",
		       instance_of(chain, map), map->name, holder->key, owner, holder->map->name);
}

static void warn_stale(struct el_context *context, const struct holder *holder,
		       const struct el_chain_map *map)
{
	const struct el_chain *chain = holder->chain;

	el_warn(context,
		"the program in entry %u of map %s/%s, which was set by hand, still uses the map "
		"%s/%s of an older generation: set the entry again",
		holder->key, instance_of(chain, holder->map), holder->map->name,
		instance_of(chain, map), map->name);
}

/* Whether the map was to be made anew, and is not because of new code. Instances that have it in
 * common have one entry each. */
static bool was_asked_for(const struct el_chain *chain, const struct el_chain_map *map)
{
	for (size_t i = 0; i < chain->maps_count; i++) {
		const struct el_chain_map *each = &chain->maps[i];

		if (each->id == map->id &&
		    (each->change == EL_MAP_RESIZED || each->change == EL_MAP_REPLACED) &&
		    el_inherit_spec(chain, each->instance, each->name))
			return true;
	}
	return false;
}

/* Instances that have a map in common: it is looked at once. */
static bool was_seen(const struct el_chain *chain, size_t number)
{
	for (size_t i = 0; i < number; i++)
		if (chain->maps[i].id == chain->maps[number].id)
			return true;
	return false;
}

static int check_holder(struct el_context *context, struct holder *holder, bool refuse)
{
	const struct el_chain_map *stale;
	bool first = true;

	while ((stale = next_stale(holder, &first))) {
		if (refuse && was_asked_for(holder->chain, stale))
			return fail_stale(context, holder, stale);
		warn_stale(context, holder, stale);
	}
	return 0;
}

int el_stale_check(struct el_context *context, const struct el_chain *chain,
		   const struct el_chain *previous, bool refuse)
{
	int error = 0;

	for (size_t i = 0; !error && previous && i < chain->maps_count; i++) {
		struct holder holder = {
			.chain = chain, .previous = previous, .map = &chain->maps[i]};

		if (!was_seen(chain, i) && open_holder(&holder))
			error = check_holder(context, &holder, refuse);
	}
	return error;
}
