// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Entries by their keys: in a map of the kernel by a system call, in a table of the SDK through its
 * memory (table/table.h).
 */
#include <errno.h>

#include <bpf/bpf.h>

#include <bpf/btf.h>

#include "map/map.h"
#include "map/types.h"
#include "table/table.h"

/* The result of a function of table/, as a system call gives it. */
static int as_call(int error)
{
	errno = -error;
	return error ? -1 : 0;
}

int el_map_lookup(const struct el_map *map, const void *key, void *value)
{
	const char *found;

	if (!map->table)
		return bpf_map_lookup_elem(map->fd, key, value);
	found = el_prefix_match(map->table, key);
	if (found)
		memcpy(value, found, map->info.value_size);
	return as_call(found ? 0 : -ENOENT);
}

int el_map_update(const struct el_map *map, const void *key, const void *value, uint64_t flags)
{
	if (!map->table)
		return bpf_map_update_elem(map->fd, key, value, flags);
	return as_call(el_prefix_set(map->table, key, value, flags));
}

int el_map_delete(const struct el_map *map, const void *key)
{
	if (!map->table)
		return bpf_map_delete_elem(map->fd, key);
	return as_call(el_prefix_delete(map->table, key));
}

void el_map_set_live(const struct el_map *map, bool live)
{
	if (map->table)
		el_prefix_set_live(map->table, live);
}

char *el_map_place(const struct el_map *map, const void *key)
{
	return map->table ? el_prefix_get(map->table, key) : NULL;
}

int el_map_walk_table(const struct el_map *map,
		      int (*visit)(void *data, const void *key, const void *value), void *data)
{
	struct edge_prefix_key key;
	const char *value;
	uint64_t cursor = 0;
	int err = 0;

	while (!err && el_prefix_next(map->table, &cursor, &key, &value))
		err = visit(data, &key, value);
	return err;
}

/* ---------------------------------------------------------------- opening */

/* The key's size tells a table from an array, whose keys have 4 bytes. */
bool el_map_is_table(const struct bpf_map_info *info, const struct el_types *types)
{
	return info->type == BPF_MAP_TYPE_ARRAY && info->max_entries == 1 &&
	       info->map_flags & BPF_F_MMAPABLE && types->btf && types->key &&
	       btf__resolve_size(types->btf, types->key) == sizeof(struct edge_prefix_key);
}

void el_map_describe_table(const struct el_prefix_table *table, struct bpf_map_info *info)
{
	info->type = BPF_MAP_TYPE_LPM_TRIE;
	info->key_size = sizeof(struct edge_prefix_key);
	info->value_size = el_prefix_value_size(table);
	info->max_entries = el_prefix_room(table);
	info->map_flags = BPF_F_NO_PREALLOC;
}

void el_map_see_table(const struct el_typed_map *map, struct bpf_map_info *info)
{
	struct el_prefix_table *table;

	if (!el_map_is_table(info, &map->types) || el_prefix_open(map->fd, true, &table))
		return;
	el_map_describe_table(table, info);
	el_prefix_free(table);
}
