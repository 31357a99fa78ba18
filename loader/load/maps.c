// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The maps of a chain's programs: whether a map of the running chain is kept, and how a new map is
 * made, so that it has its own name and its BTF in the kernel.
 */
#include <fcntl.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "map/shape.h"
#include "kernel/descriptor.h"
#include "load/identity.h"
#include "state/inherit.h"
#include "state/nested.h"
#include "base/reason.h"
#include "state/shared_map.h"
#include "map/types.h"

static int add(struct el_context *context, struct el_chain *chain,
	       const struct el_identity *identity, int fd, bool kept)
{
	struct el_chain_map *maps, *map;
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	maps = realloc(chain->maps, (chain->maps_count + 1) * sizeof(*maps));
	if (!maps)
		return el_fail_memory(context);
	chain->maps = maps;
	map = &maps[chain->maps_count];
	*map = (struct el_chain_map){.instance = identity->instance,
				     .name = strdup(identity->name),
				     .fd = -1,
				     .kept = kept};
	if (!map->name)
		return el_fail_memory(context);
	chain->maps_count++;
	map->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (map->fd < 0 || bpf_obj_get_info_by_fd(map->fd, &info, &size))
		return el_fail(context, EL_FAILED, errno, NULL, "map %s: %s", identity->name,
			       el_reason(EL_OP_INFO, errno));
	map->id = info.id;
	return 0;
}

/* ---------------------------------------------------------------- making */

/* Types of maps that libbpf describes completely, so that the loader makes them. libbpf makes the
 * others, under their name in the object. */
static bool makes_itself(const struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE:
	case BPF_MAP_TYPE_RINGBUF:
		return true;
	default:
		return false;
	}
}

/* @max_entries 0: as defined. @name NULL: the name that libbpf has. */
static int make(const struct el_loading *loading, const struct bpf_map *map, const char *name,
		uint32_t max_entries)
{
	struct el_context *context = loading->making->context;
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = bpf_map__map_flags(map),
		    .map_extra = bpf_map__map_extra(map), .numa_node = bpf_map__numa_node(map),
		    .map_ifindex = bpf_map__ifindex(map));
	struct btf *btf = bpf_object__btf(loading->object);
	uint32_t entries = max_entries ? max_entries : bpf_map__max_entries(map);
	int fd;

	entries = el_shape_room(bpf_map__type(map), bpf_map__map_flags(map), entries);
	if (btf && bpf_map__btf_value_type_id(map) &&
	    (btf__fd(btf) >= 0 || !btf__load_into_kernel(btf))) {
		options.btf_fd = (uint32_t)btf__fd(btf);
		options.btf_key_type_id = bpf_map__btf_key_type_id(map);
		options.btf_value_type_id = bpf_map__btf_value_type_id(map);
	}
	if (!entries)
		return el_fail(context, EL_USAGE, EINVAL,
			       "give the map a size: FUNCTION:MAP.size=ENTRIES, or the key size in "
			       "a manifest",
			       "map %s has no size: its source leaves the size to the program's "
			       "own loader",
			       name);
	fd = bpf_map_create(bpf_map__type(map), name, bpf_map__key_size(map),
			    bpf_map__value_size(map), entries, &options);
	if (fd < 0 && errno == EINVAL && options.btf_fd) {
		/* Like libbpf: a definition with only a key or value type may go without BTF. */
		options.btf_fd = options.btf_key_type_id = options.btf_value_type_id = 0;
		fd = bpf_map_create(bpf_map__type(map), name, bpf_map__key_size(map),
				    bpf_map__value_size(map), entries, &options);
	}
	if (fd < 0 && errno == EPERM && bpf_map__map_flags(map) & BPF_F_ZERO_SEED)
		return el_fail(context, EL_UNSUPPORTED, EPERM,
			       "remove the flag from the source: it is meant for tests",
			       "map %s has the flag BPF_F_ZERO_SEED, which needs CAP_SYS_ADMIN, "
			       "and edge-load runs without it",
			       name);
	if (fd < 0 && errno == EPERM)
		return el_fail(context, EL_PRIVILEGE, EPERM, "run as root, or with CAP_BPF",
			       "the kernel refuses to make map %s: not enough privilege", name);
	if (fd < 0)
		return el_fail(
			context, EL_FAILED, errno, "'edge-load inspect' shows its kind and size",
			"the kernel refuses to make map %s (%u entries of %u + %u bytes): %s", name,
			entries, bpf_map__key_size(map), bpf_map__value_size(map),
			el_reason(EL_OP_MAP_CREATE, errno));
	return fd;
}

static int use(struct el_context *context, struct bpf_map *map, int fd)
{
	int error = fd < 0 ? fd : bpf_map__reuse_fd(map, fd);

	if (error && fd >= 0)
		return el_fail(context, EL_FAILED, -error, NULL, "map %s: %s", bpf_map__name(map),
			       el_reason(EL_OP_MAP_USE, -error));
	return error;
}

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
	struct el_chain *chain = loading->making->chain;
	uint32_t slots = (uint32_t)chain->instances_count + 1;
	int error = check_provided(context, map, BPF_MAP_TYPE_PERCPU_ARRAY,
				   sizeof(struct edge_counters));

	if (error)
		return error;
	if (chain->counters_fd < 0) {
		chain->counters_fd = make(loading, map, "counters", slots);
		if (chain->counters_fd < 0)
			return chain->counters_fd;
		bpf_map__set_type(map, BPF_MAP_TYPE_ARRAY);
		chain->carried_fd = make(loading, map, "carried", slots);
		bpf_map__set_type(map, BPF_MAP_TYPE_PERCPU_ARRAY);
		if (chain->carried_fd < 0)
			return chain->carried_fd;
	}
	return use(context, map, chain->counters_fd);
}

static int prepare_tail(const struct el_loading *loading, struct bpf_map *map)
{
	struct el_context *context = loading->making->context;
	struct el_chain *chain = loading->making->chain;
	bool xdp = !strcmp(bpf_map__name(map), "edge_tail_xdp");
	int error = check_provided(context, map, BPF_MAP_TYPE_PROG_ARRAY, sizeof(uint32_t));

	if (error)
		return error;
	if (xdp != (chain->at.site.hook == EDGE_HOOK_XDP) ||
	    (loading->placement->last && chain->at.tail_fd < 0))
		return bpf_map__set_autocreate(map, false);
	if (chain->at.tail_fd < 0)
		chain->at.tail_fd =
			make(loading, map, "tail", (uint32_t)chain->instances_count + 1);
	return use(context, map, chain->at.tail_fd);
}

/* ---------------------------------------------------------------- keeping */

/* Set the number of entries: the requested number, or the function's own. */
static uint32_t set_size(const struct el_chain *chain, struct bpf_map *map,
			 const struct el_identity *identity)
{
	uint32_t entries = el_inherit_size(&chain->instances[identity->instance], identity->name);

	if (entries && !bpf_map__is_internal(map))
		bpf_map__set_max_entries(map, entries);
	return bpf_map__max_entries(map);
}

/* Add a new map that was made here or by libbpf. */
static int add_new(const struct el_loading *loading, const struct bpf_map *map,
		   const struct el_identity *identity, int fd)
{
	const struct el_definition definition = {.object = loading->object, .map = map};
	struct el_chain *chain = loading->making->chain;
	int error = add(loading->making->context, chain, identity, fd, false);

	if (!error &&
	    el_object_fills(chain->instances[identity->instance].object, identity->name)) {
		chain->maps[chain->maps_count - 1].change = EL_MAP_REPLACED;
		return 0;
	}
	return error ? error
		     : el_inherit_open(loading->making, &definition,
				       &chain->maps[chain->maps_count - 1]);
}

static int cannot_share(struct el_context *context, const struct el_shared_user *user)
{
	return el_fail(context, EL_UNSUPPORTED, EOPNOTSUPP, "give each instance its own map",
		       "map %s has a kind that can't be shared", user->path);
}

/* "as NAME", and a remark if entries are lost by sharing. */
static char *shared_why(const struct el_shared_map *shared, const struct el_shared_user *user)
{
	bool own = user->old && user->old->id != shared->id &&
		   !(shared->convert && shared->fd < 0 && shared->next_by == user->chain);

	return el_format("as %s%s", shared->name,
			 own ? "; the entries of its own map are lost" : "");
}

/* Set the initial values of variables; libbpf does that only in a map that it makes. */
static int start_variables(struct el_context *context, const struct bpf_map *map, int fd)
{
	size_t size = 0;
	const void *values =
		bpf_map__is_internal(map)
			? bpf_map__initial_value((struct bpf_map *)(uintptr_t)map, &size)
			: NULL;
	uint32_t zero = 0;

	if (!values || size != bpf_map__value_size(map) ||
	    !bpf_map_update_elem(fd, &zero, values, 0))
		return 0;
	return el_fail(context, EL_FAILED, errno, NULL, "can't set the variables in map %s: %s",
		       bpf_map__name(map), el_reason(EL_OP_MAP_UPDATE, errno));
}

/* Prepare a map that other instances share by the manifest. */
static int prepare_shared(const struct el_loading *loading, const struct el_shared_user *user,
			  const struct el_identity *identity, struct el_shared_map *shared)
{
	struct el_context *context = loading->making->context;
	struct el_chain *chain = loading->making->chain;
	struct bpf_map *map = user->definition;
	int fd = makes_itself(map) ? el_shared_take(context, shared, user)
				   : cannot_share(context, user);
	_cleanup_fd_ int made = -1;
	struct el_chain_map *mine;
	int error = fd;

	if (fd == -ENOENT) {
		made = fd = make(loading, map, identity->name, 0);
		error = made < 0 ? made : start_variables(context, map, made);
		if (!error)
			error = el_shared_made(context, shared, user, made);
	}
	if (error >= 0)
		error = use(context, map, fd);
	if (!error)
		error = add(context, chain, identity, fd,
			    user->old && user->old->id == el_descriptor_id(fd));
	if (error)
		return error;
	mine = &chain->maps[chain->maps_count - 1];
	mine->origin = mine->id == shared->id ? shared->origin : shared->next_origin;
	mine->change = EL_MAP_SHARED;
	mine->why = shared_why(shared, user);
	return mine->why ? 0 : el_fail_memory(context);
}

/* Do not keep a map of maps that holds a replaced map: its successor holds the new map. */
static int check_nested(const struct el_making *making, const struct bpf_map *map,
			const struct el_identity *identity, const struct el_chain_map **have)
{
	const struct el_chain *chain = making->chain;
	const char *instance = chain->instances[identity->instance].name;
	const struct el_chain_map *old =
		el_inherit_find(making->previous, instance, identity->name);
	_cleanup_free_ char *path = el_format("%s/%s", instance, identity->name);
	int stale;

	if (!path)
		return el_fail_memory(making->context);
	if (!old || !el_nested_is_fd(old->fd))
		return 0;
	stale = el_nested_stale(making, old->fd);
	if (stale <= 0)
		return stale;
	*have = NULL;
	return el_nested_check(making, path, map, old->fd);
}

/* Use the map of variables that another form of the instance's code has made. An optimiser may have
 * left a different set of variables. */
static int use_again(struct el_context *context, const struct el_chain *chain, struct bpf_map *map,
		     const struct el_chain_map *have)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	if (bpf_map__is_internal(map) && !bpf_obj_get_info_by_fd(have->fd, &info, &size) &&
	    info.value_size != bpf_map__value_size(map))
		return el_fail(context, EL_COMPILE, EINVAL,
			       "give the instances as sources, or all as objects without bitcode",
			       "the variables of instance %s have %u bytes in one program, but %u "
			       "bytes in another program",
			       chain->instances[have->instance].name, info.value_size,
			       bpf_map__value_size(map));
	return use(context, map, have->fd);
}

static int prepare_one(const struct el_loading *loading, struct bpf_map *map,
		       const struct el_identity *identity)
{
	struct el_context *context = loading->making->context;
	struct el_chain *chain = loading->making->chain;
	const struct el_chain *previous = loading->making->previous;
	const struct el_definition definition = {.object = loading->object,
						 .map = map,
						 .instance = identity->instance,
						 .name = identity->name,
						 .entries = set_size(chain, map, identity)};
	const struct el_chain_map *have =
		el_inherit_find(chain, chain->instances[identity->instance].name, identity->name);
	const struct el_map_spec *spec = el_inherit_spec(chain, identity->instance, identity->name);
	_cleanup_free_ char *path = NULL;
	_cleanup_fd_ int made = -1;
	int error;

	if (have)
		return use_again(context, chain, map, have);
	if (chain->asked.shared && spec && spec->shared) {
		struct el_shared_map *shared = el_shared_get(chain->asked.shared, spec->shared);
		const char *instance = chain->instances[identity->instance].name;
		struct el_shared_user user = {
			.object = loading->object,
			.definition = map,
			.entries = definition.entries,
			.chain = previous,
			.old = el_inherit_old(chain, previous, identity->instance, identity->name)};

		path = el_format("%s/%s", instance, identity->name);
		user.path = path;
		return shared && path ? prepare_shared(loading, &user, identity, shared)
				      : el_fail_memory(context);
	}
	error = el_inherit_keep(loading->making, &definition, &have);
	if (!error && el_nested_is(bpf_map__type(map)))
		error = check_nested(loading->making, map, identity, &have);
	if (error)
		return error;
	/* The slots belong to this generation: libbpf makes and fills the map. */
	if (!chain->asked.slot &&
	    el_object_fills(chain->instances[identity->instance].object, identity->name))
		return 0;
	if (have) {
		error = use(context, map, have->fd);
		if (!error)
			error = add(context, chain, identity, have->fd, true);
		return error ? error
			     : el_inherit_origin(context, previous, have,
						 &chain->maps[chain->maps_count - 1].origin);
	}
	if (bpf_map__is_internal(map) || !makes_itself(map))
		return 0; /* el_maps_take() takes it after the load */
	made = make(loading, map, identity->name, 0);
	if (made < 0)
		return made;
	error = add_new(loading, map, identity, made);
	return error ? error : use(context, map, made);
}

static int prepare_map(const struct el_loading *loading, struct bpf_map *map)
{
	struct el_chain *chain = loading->making->chain;
	struct el_identity identity;
	int error = el_identify(loading, map, &identity);

	for (size_t i = 0; !error && identity.mine && i < chain->instances_count; i++)
		if (chain->instances[i].owner == identity.instance)
			error = el_types_add(loading->making->context, &chain->types,
					     loading->object, map, chain->instances[i].name,
					     identity.name);
	if (error)
		return error;
	if (identity.mine)
		return prepare_one(loading, map, &identity);
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
static bool was_given(const struct el_chain *chain, const struct bpf_map *map)
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
	struct el_chain *chain = loading->making->chain;
	struct bpf_map *map;
	int error = 0;

	bpf_object__for_each_map(map, loading->object) {
		const char *name = bpf_map__name(map);
		struct el_identity identity = {0};

		/* Skip provided maps: a kept map's name has the instance's earlier number. */
		if (bpf_map__fd(map) >= 0 && !was_given(chain, map))
			error = el_identify(loading, map, &identity);
		if (!error && identity.mine)
			error = add_new(loading, map, &identity, bpf_map__fd(map));
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

static int join_one(struct el_context *context, struct el_chain *chain, size_t number,
		    size_t instance)
{
	const struct el_chain_map map = chain->maps[number];
	const char *name = chain->instances[map.instance].name;
	struct el_identity identity = {.instance = instance, .mine = true};
	struct el_chain_map *mine;
	int error;

	snprintf(identity.name, sizeof(identity.name), "%s", map.name);
	error = add(context, chain, &identity, map.fd, map.kept);
	if (error)
		return error;
	mine = &chain->maps[chain->maps_count - 1];
	mine->origin = map.origin;
	mine->change = EL_MAP_SHARED;
	mine->why = el_format("with %s", name);
	return mine->why ? 0 : el_fail_memory(context);
}

int el_maps_join(struct el_context *context, struct el_chain *chain)
{
	size_t count = chain->maps_count;
	int error = 0;

	for (size_t i = 0; !error && i < chain->instances_count; i++)
		for (size_t j = 0; !error && chain->instances[i].owner != i && j < count; j++)
			if (chain->maps[j].instance == chain->instances[i].owner)
				error = join_one(context, chain, j, i);
	return error;
}

void el_maps_free(struct el_chain *chain)
{
	for (size_t i = 0; i < chain->maps_count; i++) {
		el_inherit_free(&chain->maps[i]);
		if (chain->maps[i].fd >= 0)
			close(chain->maps[i].fd);
		free(chain->maps[i].name);
	}
	free(chain->maps);
	chain->maps = NULL;
	chain->maps_count = 0;
}
