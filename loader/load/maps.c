// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The maps of a chain's programs: whether a map of the running chain is kept, made anew, or left to
 * libbpf. The counters and the program array of the chain itself are made here, too.
 */
#include <fcntl.h>

#include <bpf/bpf.h>

#include "kernel/descriptor.h"
#include "load/identity.h"
#include "load/maps.h"
#include "load/tables.h"
#include "state/nested.h"
#include "base/reason.h"
#include "map/types.h"

/* ---------------------------------------------------------------- maps of the loader */

/* Check a map that the loader provides, reads and writes: bpf/edge/abi.h defines its shape. */
static int check_provided(struct el_context *context, const struct bpf_map *map,
			  enum bpf_map_type type, uint32_t value_size)
{
	if (bpf_map__type(map) == type && bpf_map__key_size(map) == sizeof(uint32_t) &&
	    bpf_map__value_size(map) == value_size)
		return 0;
	return el_fail(context, EL_COMPILE, EINVAL, "build the object again: edge-load build",
		       "map %s differs from the definition in this edge-load's SDK: in its type, "
		       "or in its key or value size",
		       bpf_map__name(map));
}

/* Prepare the counters of the generation, and the carried counts of earlier generations: both have
 * a slot for each instance and an additional slot. */
static int prepare_counters(const struct el_loading *loading, struct bpf_map *map)
{
	struct el_context *context = loading->making->context;
	struct el_generation *chain = loading->making->chain;
	uint32_t slots = (uint32_t)chain->instances_count + 1;
	int error = check_provided(context, map, BPF_MAP_TYPE_PERCPU_ARRAY,
				   sizeof(struct edge_counters));

	if (error)
		return error;
	if (chain->counters_fd < 0) {
		chain->counters_fd = el_maps_make(loading, map, "counters", slots);
		if (chain->counters_fd < 0)
			return chain->counters_fd;
		bpf_map__set_type(map, BPF_MAP_TYPE_ARRAY);
		chain->carried_fd = el_maps_make(loading, map, "carried", slots);
		bpf_map__set_type(map, BPF_MAP_TYPE_PERCPU_ARRAY);
		if (chain->carried_fd < 0)
			return chain->carried_fd;
	}
	return el_maps_use(context, map, chain->counters_fd);
}

static int prepare_tail(const struct el_loading *loading, struct bpf_map *map)
{
	struct el_context *context = loading->making->context;
	struct el_generation *chain = loading->making->chain;
	bool xdp = !strcmp(bpf_map__name(map), "edge_tail_xdp");
	int error = check_provided(context, map, BPF_MAP_TYPE_PROG_ARRAY, sizeof(uint32_t));

	if (error)
		return error;
	if (xdp != (chain->at.site.hook == EDGE_HOOK_XDP) ||
	    (loading->placement->last && chain->at.tail_fd < 0))
		return bpf_map__set_autocreate(map, false);
	if (chain->at.tail_fd < 0)
		chain->at.tail_fd =
			el_maps_make(loading, map, "tail", (uint32_t)chain->instances_count + 1);
	return el_maps_use(context, map, chain->at.tail_fd);
}

/* ---------------------------------------------------------------- keeping */

/* The use of @map by an instance. Sets its number of entries: the requested number, or the
 * function's own. */
static struct el_definition define(const struct el_loading *loading, struct bpf_map *map,
				   const struct el_identity *identity)
{
	const struct el_instance *instance = &loading->making->chain->instances[identity->instance];
	uint32_t entries = el_inherit_size(instance, identity->name);

	if (entries && bpf_map__fd(map) < 0 && !bpf_map__is_internal(map))
		bpf_map__set_max_entries(map, entries);
	return (struct el_definition){.object = loading->object,
				      .map = map,
				      .instance = identity->instance,
				      .name = identity->name,
				      .entries = bpf_map__max_entries(map)};
}

/* Whether the source fills the map, which then belongs to this generation. */
static bool is_filled(const struct el_loading *loading, const struct el_definition *definition)
{
	const struct el_instance *instance =
		&loading->making->chain->instances[definition->instance];

	return el_object_fills(instance->object, definition->name);
}

/* Add a new map that was made here or by libbpf. */
static int add_new(const struct el_loading *loading, const struct el_definition *definition, int fd)
{
	struct el_generation *chain = loading->making->chain;
	int error = el_maps_add(loading->making, definition, fd, false);

	if (!error && is_filled(loading, definition)) {
		chain->maps[chain->maps_count - 1].change = EL_MAP_REPLACED;
		return 0;
	}
	return error ? error
		     : el_inherit_open(loading->making, definition,
				       &chain->maps[chain->maps_count - 1]);
}

/* Do not keep a map of maps that holds a replaced map: its successor holds the new map. */
static int check_nested(const struct el_making *making, const struct el_definition *definition,
			const struct el_chain_map **have)
{
	const char *instance = making->chain->instances[definition->instance].name;
	const struct el_chain_map *old =
		el_inherit_old(making, definition->instance, definition->name);
	_cleanup_free_ char *path = el_format("%s/%s", instance, definition->name);
	int stale;

	if (!path)
		return el_fail_memory(making->context);
	if (!old || !el_nested_is_fd(old->fd))
		return 0;
	stale = el_nested_stale(making, old->fd);
	if (stale <= 0)
		return stale;
	*have = NULL;
	return el_nested_check(making, path, definition->map, old->fd);
}

/* Use the map of variables that another form of the instance's code has made. An optimiser may have
 * left a different set of variables. */
static int use_again(const struct el_making *making, struct bpf_map *map,
		     const struct el_chain_map *have)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	if (bpf_map__is_internal(map) && !bpf_obj_get_info_by_fd(have->fd, &info, &size) &&
	    info.value_size != bpf_map__value_size(map))
		return el_fail(making->context, EL_COMPILE, EINVAL,
			       "give the instances as sources, or all as objects without bitcode",
			       "the variables of instance %s have %u bytes in one program, but %u "
			       "bytes in another program",
			       making->chain->instances[have->instance].name, info.value_size,
			       bpf_map__value_size(map));
	return el_maps_use(making->context, map, have->fd);
}

/* Keep the running chain's map @old. */
static int keep(const struct el_making *making, const struct el_definition *definition,
		const struct el_chain_map *old)
{
	struct el_generation *chain = making->chain;
	int error = el_maps_use(making->context, definition->map, old->fd);

	if (!error)
		error = el_maps_add(making, definition, old->fd, true);
	return error ? error
		     : el_inherit_origin(making->context, making->previous, old,
					 &chain->maps[chain->maps_count - 1].origin);
}

/* Keep the map of the running chain, make a new map, or leave that to libbpf. */
static int keep_or_make(const struct el_loading *loading, const struct el_definition *definition)
{
	const struct el_making *making = loading->making;
	const struct el_fuse_table *table;
	const struct el_chain_map *old;
	_cleanup_fd_ int made = -1;
	int error = el_inherit_keep(making, definition, &old);

	table = el_tables_find(making->chain, definition->instance, definition->name);
	if (!error && old && !el_tables_keeps(old->fd, table))
		old = NULL;
	if (!error && el_nested_is(bpf_map__type(definition->map)))
		error = check_nested(making, definition, &old);
	if (error)
		return error;
	/* The slots belong to this generation: libbpf makes and fills the map. */
	if (!making->asked.slot && is_filled(loading, definition))
		return 0;
	if (old)
		return keep(making, definition, old);
	if (bpf_map__is_internal(definition->map) || !el_maps_makes_itself(definition->map))
		return 0; /* el_maps_take() takes it after the load */
	made = table ? el_tables_make(loading, definition, table)
		     : el_maps_make(loading, definition->map, definition->name, 0);
	if (made < 0)
		return made;
	error = add_new(loading, definition, made);
	return error ? error : el_maps_use(making->context, definition->map, made);
}

static int prepare_one(const struct el_loading *loading, const struct el_definition *definition)
{
	const struct el_making *making = loading->making;
	const struct el_generation *chain = making->chain;
	const struct el_chain_map *have = el_inherit_find(
		chain, chain->instances[definition->instance].name, definition->name);
	const struct el_map_spec *spec =
		el_inherit_spec(making, definition->instance, definition->name);

	if (have)
		return use_again(making, definition->map, have);
	if (making->asked.shared && spec && spec->shared)
		return el_maps_share(loading, definition, spec->shared);
	return keep_or_make(loading, definition);
}

static int prepare_map(const struct el_loading *loading, struct bpf_map *map)
{
	struct el_generation *chain = loading->making->chain;
	struct el_definition definition;
	struct el_identity identity;
	const struct el_types types = el_types_of(loading->object, map);
	int error = el_identify(loading, map, &identity);

	for (size_t i = 0; !error && identity.mine && i < chain->instances_count; i++)
		if (chain->instances[i].owner == identity.instance)
			error = el_types_add(
				loading->making->context, &chain->types,
				&(struct el_map_name){chain->instances[i].name, identity.name},
				&types);
	if (error)
		return error;
	if (identity.mine) {
		definition = define(loading, map, &identity);
		return prepare_one(loading, &definition);
	}
	if (!strcmp(bpf_map__name(map), "edge_counters"))
		return prepare_counters(loading, map);
	if (!strncmp(bpf_map__name(map), "edge_tail_", 10))
		return prepare_tail(loading, map);
	return 0;
}

int el_maps_prepare(const struct el_loading *loading)
{
	struct bpf_map *map;
	int error = 0;

	/* Maps of maps come last, when it is known which of their inner maps are new. */
	for (int nested = 0; nested < 2; nested++)
		bpf_object__for_each_map(map, loading->object) {
			if (el_nested_is(bpf_map__type(map)) == nested)
				error = prepare_map(loading, map);
			if (error)
				return error;
		}
	return 0;
}

/* Whether the loader provided the map. It is compared by number, because libbpf gives such a map
 * its name in the kernel, which is not its name in the object. */
static bool was_given(const struct el_generation *chain, const struct bpf_map *map)
{
	uint32_t id = el_descriptor_id(bpf_map__fd(map));

	if (id == el_descriptor_id(chain->counters_fd) || id == el_descriptor_id(chain->at.tail_fd))
		return true;
	for (size_t i = 0; i < chain->maps_count; i++)
		if (chain->maps[i].id == id)
			return true;
	return false;
}

int el_maps_take(const struct el_loading *loading)
{
	struct el_generation *chain = loading->making->chain;
	struct bpf_map *map;
	int error = 0;

	bpf_object__for_each_map(map, loading->object) {
		const char *name = bpf_map__name(map);
		struct el_identity identity = {0};
		struct el_definition definition;

		/* Skip provided maps: a kept map's name has the instance's earlier number. */
		if (bpf_map__fd(map) >= 0 && !was_given(chain, map))
			error = el_identify(loading, map, &identity);
		if (!error && identity.mine) {
			definition = define(loading, map, &identity);
			error = add_new(loading, &definition, bpf_map__fd(map));
		}
		/* Programs are loaded from the last to the first, so the entry's
		 * .rodata remains at the end. */
		if (loading->instance < 0 && strstr(name, ".rodata")) {
			if (chain->metadata_fd >= 0)
				close(chain->metadata_fd);
			chain->metadata_fd = fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 3);
		}
		if (error)
			return error;
	}
	return 0;
}

/* List map @number of the chain for @instance, too. */
static int join_one(const struct el_making *making, size_t number, size_t instance)
{
	struct el_generation *chain = making->chain;
	const struct el_chain_map map = chain->maps[number];
	const struct el_definition definition = {.instance = instance, .name = map.name};
	struct el_chain_map *mine;
	int error = el_maps_add(making, &definition, map.fd, map.kept);

	if (error)
		return error;
	mine = &chain->maps[chain->maps_count - 1];
	mine->origin = map.origin;
	mine->change = EL_MAP_SHARED;
	mine->why = el_format("with %s", chain->instances[map.instance].name);
	return mine->why ? 0 : el_fail_memory(making->context);
}

int el_maps_join(const struct el_making *making)
{
	const struct el_generation *chain = making->chain;
	size_t count = chain->maps_count;
	int error = 0;

	for (size_t i = 0; !error && i < chain->instances_count; i++)
		for (size_t j = 0; !error && chain->instances[i].owner != i && j < count; j++)
			if (chain->maps[j].instance == chain->instances[i].owner)
				error = join_one(making, j, i);
	return error;
}
