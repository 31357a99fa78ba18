// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Making one map, so that it has its own name and its BTF in the kernel, and adding it to a chain.
 */
#include <fcntl.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "base/reason.h"
#include "load/maps.h"
#include "map/shape.h"

int el_maps_add(const struct el_making *making, const struct el_definition *definition, int fd,
		bool kept)
{
	struct el_context *context = making->context;
	struct el_generation *chain = making->chain;
	struct el_chain_map *maps, *map;
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	maps = realloc(chain->maps, (chain->maps_count + 1) * sizeof(*maps));
	if (!maps)
		return el_fail_memory(context);
	chain->maps = maps;
	map = &maps[chain->maps_count];
	*map = (struct el_chain_map){.instance = definition->instance,
				     .name = strdup(definition->name),
				     .fd = -1,
				     .kept = kept};
	if (!map->name)
		return el_fail_memory(context);
	chain->maps_count++;
	map->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (map->fd < 0 || bpf_obj_get_info_by_fd(map->fd, &info, &size))
		return el_fail(context, EL_FAILED, errno, NULL, "map %s: %s", definition->name,
			       el_reason(EL_OP_INFO, errno));
	map->id = info.id;
	return 0;
}

bool el_maps_makes_itself(const struct bpf_map *map)
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

int el_maps_make(const struct el_loading *loading, const struct bpf_map *map, const char *name,
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

int el_maps_use(struct el_context *context, struct bpf_map *map, int fd)
{
	int error = fd < 0 ? fd : bpf_map__reuse_fd(map, fd);

	if (error && fd >= 0)
		return el_fail(context, EL_FAILED, -error, NULL, "map %s: %s", bpf_map__name(map),
			       el_reason(EL_OP_MAP_USE, -error));
	return error;
}
