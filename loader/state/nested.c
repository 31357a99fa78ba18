// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Maps of maps: the inner maps that an outer map holds, and copying them to another outer map. An
 * entry reads as the number of the inner map, and is written as a descriptor of the inner map.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "state/nested.h"
#include "base/rights.h"
#include "base/reason.h"

bool el_nested_is(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static bool get_info(int fd, struct bpf_map_info *info)
{
	uint32_t size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return !bpf_obj_get_info_by_fd(fd, info, &size);
}

bool el_nested_is_fd(int fd)
{
	struct bpf_map_info info;

	return get_info(fd, &info) && el_nested_is(info.type);
}

static int cannot_read(struct el_context *context, int error)
{
	return el_fail(context, error == EPERM || error == EACCES ? EL_PRIVILEGE : EL_FAILED, error,
		       NULL, "can't read which maps a map of maps holds: %s",
		       el_reason(EL_OP_MAP_READ, error));
}

/* Call @visit for each entry. A result other than 0 ends the walk. */
static int walk(struct el_context *context, int fd,
		int (*visit)(void *data, const void *key, uint32_t id), void *data)
{
	_cleanup_free_ uint8_t *key = NULL, *next = NULL;
	struct bpf_map_info info;
	bool first = true;
	uint32_t id;
	int result = 0;

	if (!get_info(fd, &info))
		return cannot_read(context, errno);
	key = calloc(1, info.key_size + 1);
	next = calloc(1, info.key_size + 1);
	if (!key || !next)
		return el_fail_memory(context);
	while (!result && !bpf_map_get_next_key(fd, first ? NULL : key, next)) {
		first = false;
		memcpy(key, next, info.key_size);
		if (!bpf_map_lookup_elem(fd, key, &id))
			result = visit(data, key, id);
		else if (errno != ENOENT) /* ENOENT: an empty slot of an array */
			return cannot_read(context, errno);
	}
	return result;
}

/* ---------------------------------------------------------------- stale */

struct sides {
	struct el_context *context;
	const struct el_generation *from, *to;
	const char *path;
	const struct bpf_map *outer; /* el_nested_check() */
	int to_fd;		     /* el_nested_fill() */
	size_t count;
};

static int is_replaced(void *data, const void *key, uint32_t id)
{
	const struct sides *sides = data;
	const struct el_chain_map *now = el_inherit_counterpart(sides->from, sides->to, id);

	(void)key;
	return now && now->id != id;
}

int el_nested_stale(const struct el_making *making, int old_fd)
{
	struct sides sides = {.from = making->previous, .to = making->chain};

	return making->previous ? walk(making->context, old_fd, is_replaced, &sides) : 0;
}

/* ---------------------------------------------------------------- check */

static int fail_size(const struct sides *sides, const struct el_chain_map *inner, uint32_t has,
		     uint32_t takes)
{
	return el_fail(sides->context, EL_CONFLICT, EINVAL,
		       "nothing was changed; give the arrays the flag BPF_F_INNER_MAP (kernel "
		       "5.10) or another max_entries in the source",
		       "map %s is a map of maps that accepts only arrays of %u entries, but its "
		       "inner map %s would have %u",
		       sides->path, takes, inner->name, has);
}

static int is_taken(void *data, const void *key, uint32_t id)
{
	const struct sides *sides = data;
	const struct el_chain_map *inner = el_inherit_counterpart(sides->from, sides->to, id);
	const struct bpf_map *model = bpf_map__inner_map((struct bpf_map *)(uintptr_t)sides->outer);
	struct bpf_map_info info;

	(void)key;
	if (!inner || !model || !get_info(inner->fd, &info))
		return 0;
	if (info.type != bpf_map__type(model) || info.key_size != bpf_map__key_size(model) ||
	    info.value_size != bpf_map__value_size(model) ||
	    info.map_flags != bpf_map__map_flags(model))
		return el_fail(
			sides->context, EL_CONFLICT, EINVAL,
			"nothing was changed; the inner maps must match the outer map's definition",
			"map %s is a map of maps, and does not accept its inner map %s, which has "
			"another kind, key size, value size or flags",
			sides->path, inner->name);
	if (info.type == BPF_MAP_TYPE_ARRAY && !(info.map_flags & BPF_F_INNER_MAP) &&
	    info.max_entries != bpf_map__max_entries(model))
		return fail_size(sides, inner, info.max_entries, bpf_map__max_entries(model));
	return 0;
}

int el_nested_check(const struct el_making *making, const char *path, const struct bpf_map *outer,
		    int old_fd)
{
	struct sides sides = {.context = making->context,
			      .from = making->previous,
			      .to = making->chain,
			      .path = path,
			      .outer = outer};

	return walk(making->context, old_fd, is_taken, &sides);
}

/* ---------------------------------------------------------------- fill */

static int fail_put(const struct sides *sides, const struct el_chain_map *inner, uint32_t id,
		    int error)
{
	_cleanup_free_ char *name = inner ? el_format("%s", inner->name) : el_format("%u", id);

	if (error == E2BIG || error == ENOSPC)
		return el_fail(sides->context, EL_CONFLICT, ENOSPC, "nothing was changed",
			       "map %s has not enough room for the maps that it holds",
			       sides->path);
	return el_fail(sides->context, EL_CONFLICT, error,
		       "nothing was changed; to continue, empty the outer map: --start-empty",
		       "map %s is a map of maps, and can no longer hold map %s: %s", sides->path,
		       name ? name : "", el_reason(EL_OP_MAP_UPDATE, error));
}

static int put(void *data, const void *key, uint32_t id)
{
	struct sides *sides = data;
	const struct el_chain_map *inner = el_inherit_counterpart(sides->from, sides->to, id);
	_cleanup_fd_ int other = inner ? -1 : el_rights_map(id);
	int fd = inner ? inner->fd : other;
	uint32_t value = (uint32_t)fd;

	if (fd < 0 && errno == ENOENT) /* the map disappeared meanwhile */
		return 0;
	if (fd < 0 || bpf_map_update_elem(sides->to_fd, key, &value, BPF_ANY))
		return fail_put(sides, inner, id, errno);
	sides->count++;
	return 0;
}

static int take_out(void *data, const void *key, uint32_t id)
{
	const struct sides *sides = data;

	(void)id;
	if (!bpf_map_delete_elem(sides->to_fd, key) || errno == ENOENT)
		return 0;
	return el_fail(sides->context, EL_FAILED, errno, "nothing was changed",
		       "can't empty map %s, a map of maps: %s", sides->path,
		       el_reason(EL_OP_MAP_DELETE, errno));
}

int el_nested_fill(const struct el_inheritance *of)
{
	const struct el_making *making = of->making;
	_cleanup_free_ char *path =
		el_format("%s/%s", making->chain->instances[of->map->instance].name, of->map->name);
	struct sides sides = {.context = making->context,
			      .from = making->previous,
			      .to = making->chain,
			      .path = path,
			      .to_fd = of->map->fd};
	struct bpf_map_info from, to;
	int err;

	if (!path)
		return el_fail_memory(making->context);
	if (!get_info(of->from->fd, &from) || !get_info(of->map->fd, &to))
		return cannot_read(making->context, errno);
	if (from.key_size != to.key_size)
		return el_fail(
			making->context, EL_CONFLICT, EINVAL,
			"nothing was changed; to continue, empty the outer map: --start-empty",
			"map %s is a map of maps, and its key has %u bytes, not %u as before", path,
			to.key_size, from.key_size);
	err = walk(making->context, of->map->fd, take_out, &sides);
	if (!err)
		err = walk(making->context, of->from->fd, put, &sides);
	of->map->entries = sides.count;
	return err;
}
