// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Shape: whether two maps hold the same kind of data. The kernel and libbpf fill in or round some
 * sizes and flags, so a definition is compared in the form that they would give it. Sizes alone are
 * not enough: if two counters change places, or a number changes its byte order, the sizes stay
 * equal, and a map that is kept over that swap would show wrong values. So the types of key and
 * value are compared by BTF, name by name.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "map/map.h"
#include "map/shape.h"
#include "map/types.h"
#include "value/value.h"

/* A type in BTF. */
struct described {
	const struct btf *btf;
	uint32_t id;
};

static bool same_type(struct el_context *context, struct described new, struct described old)
{
	struct el_value_type *new_type = NULL, *old_type = NULL;
	bool same;

	if (!new.id || !old.id) /* without BTF, only the sizes are compared */
		return true;
	same = !el_value_type_open(context, new.btf, new.id, &new_type) &&
	       !el_value_type_open(context, old.btf, old.id, &old_type) &&
	       el_value_type_same(new_type, old_type);
	el_value_type_free(new_type);
	el_value_type_free(old_type);
	return same;
}

static bool same_types(struct el_context *context, const struct el_types *new,
		       const struct el_types *old)
{
	if (!new->btf || !old->btf)
		return true;
	return same_type(context, (struct described){new->btf, new->key},
			 (struct described){old->btf, old->key}) &&
	       same_type(context, (struct described){new->btf, new->value},
			 (struct described){old->btf, old->value});
}

/* A ring buffer's size: a power of two of whole pages (kernel/bpf/ringbuf.c). */
static uint32_t ringbuf_room(uint32_t asked)
{
	uint32_t size = (uint32_t)sysconf(_SC_PAGESIZE);

	while (size < asked && size < 1u << 31)
		size *= 2;
	return size;
}

uint32_t el_shape_room(enum bpf_map_type type, uint32_t flags, uint32_t asked)
{
	int counted = libbpf_num_possible_cpus();
	uint32_t cpus = counted > 0 ? (uint32_t)counted : 1;
	uint64_t up = ((uint64_t)asked + cpus - 1) / cpus * cpus;

	switch (type) {
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
		return ringbuf_room(asked);
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY: /* libbpf, bpf_object__create_map() */
		return asked ? asked : cpus;
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH: /* kernel/bpf/hashtab.c, htab_map_alloc() */
		if (flags & BPF_F_NO_COMMON_LRU)
			return up > UINT32_MAX ? asked / cpus * cpus : (uint32_t)up;
		return asked;
	default:
		return asked;
	}
}

/* The flags that the kernel reports for a map that is created with @flags. */
static uint32_t flags_made(enum bpf_map_type type, uint32_t flags)
{
	/* kernel/bpf/devmap.c: programs may not change the device numbers that they look up. */
	if (type == BPF_MAP_TYPE_DEVMAP || type == BPF_MAP_TYPE_DEVMAP_HASH)
		return flags | BPF_F_RDONLY_PROG;
	return flags;
}

uint32_t el_shape_flags(enum bpf_map_type type, uint32_t made)
{
	return made & ~flags_made(type, 0);
}

bool el_shape_same(struct el_context *context, const struct el_shape *new,
		   const struct el_typed_map *old)
{
	const struct el_types types = el_types_of(new->object, new->map);
	enum bpf_map_type type = bpf_map__type(new->map);
	uint32_t flags = bpf_map__map_flags(new->map);
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(old->fd, &info, &size))
		return false;
	el_map_see_table(old, &info);
	if (info.type != type || info.key_size != bpf_map__key_size(new->map) ||
	    info.value_size != bpf_map__value_size(new->map) ||
	    info.max_entries != el_shape_room(type, flags, new->entries) ||
	    info.map_flags != flags_made(type, flags))
		return false;
	return same_types(context, &types, &old->types);
}
