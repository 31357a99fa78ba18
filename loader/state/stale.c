// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Programs that `map set` put into a program array, a devmap or a cpumap stay there over a swap,
 * and use the maps that they were loaded with. If a swap replaces such a map, the program would
 * still use the old map, which no path names, and its counts would be lost. So a request to resize
 * or replace such a map is refused. If new code or a rollback replaces the map, a warning names the
 * program.
 */
#include <bpf/bpf.h>

#include "state/holder.h"
#include "state/inherit.h"
#include "base/rights.h"
#include "state/stale.h"

enum { MAPS_MAX = 64 }; /* MAX_USED_MAPS of the kernel (include/linux/bpf_verifier.h) */

/* One map whose entries hold programs. */
struct holder {
	const struct el_generation *chain, *previous;
	const struct el_chain_map *map;
	struct bpf_map_info info;
	uint32_t key; /* of the current entry */
};

static const char *instance_of(const struct el_generation *chain, const struct el_chain_map *map)
{
	return chain->instances[map->instance].name;
}

static bool open_holder(struct holder *holder)
{
	uint32_t size = sizeof(holder->info);

	return !bpf_obj_get_info_by_fd(holder->map->fd, &holder->info, &size) &&
	       holder->info.key_size == sizeof(holder->key) && el_holder_offset(&holder->info) >= 0;
}

/* The map of the new generation that replaces map @id of the old generation, or NULL. */
static const struct el_chain_map *successor(const struct holder *holder, uint32_t id)
{
	const struct el_chain_map *now =
		el_inherit_counterpart(holder->previous, holder->chain, id);

	return now && now->id != id ? now : NULL;
}

/* The first replaced map that a program uses. Opening a program by its number takes CAP_SYS_ADMIN;
 * without it, the result is NULL. */
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

/* Find the next entry with such a program, and store its key in @holder. NULL: no such entry. */
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
	const struct el_generation *chain = holder->chain;
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
	const struct el_generation *chain = holder->chain;

	el_warn(context,
		"the program in entry %u of map %s/%s, which was set by hand, still uses the map "
		"%s/%s of an older generation: set the entry again",
		holder->key, instance_of(chain, holder->map), holder->map->name,
		instance_of(chain, map), map->name);
}

/* Whether the map was replaced on request rather than by new code. Instances that share
 * the map have one entry each. */
static bool was_asked_for(const struct el_making *making, const struct el_chain_map *map)
{
	const struct el_generation *chain = making->chain;

	for (size_t i = 0; i < chain->maps_count; i++) {
		const struct el_chain_map *each = &chain->maps[i];

		if (each->id == map->id &&
		    (each->change == EL_MAP_RESIZED || each->change == EL_MAP_REPLACED) &&
		    el_inherit_spec(making, each->instance, each->name))
			return true;
	}
	return false;
}

/* Whether an instance before @number shares the map, which is checked once. */
static bool was_seen(const struct el_generation *chain, size_t number)
{
	for (size_t i = 0; i < number; i++)
		if (chain->maps[i].id == chain->maps[number].id)
			return true;
	return false;
}

static int check_holder(const struct el_making *making, struct holder *holder)
{
	const struct el_chain_map *stale;
	bool first = true;

	while ((stale = next_stale(holder, &first))) {
		if (was_asked_for(making, stale))
			return fail_stale(making->context, holder, stale);
		warn_stale(making->context, holder, stale);
	}
	return 0;
}

int el_stale_check(const struct el_making *making)
{
	const struct el_generation *chain = making->chain, *previous = making->previous;
	int error = 0;

	for (size_t i = 0; !error && previous && i < chain->maps_count; i++) {
		struct holder holder = {
			.chain = chain, .previous = previous, .map = &chain->maps[i]};

		if (!was_seen(chain, i) && open_holder(&holder))
			error = check_holder(making, &holder);
	}
	return error;
}
