// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Which maps are tables of the SDK. A table is laid out for the entries that it will have, and its
 * layout is folded into the program, so the entries are counted before the program is made:
 *
 *   - a table of the running chain is kept, unless it must grow
 *   - a map that takes over the entries of the running chain's map has those, and the entries of the
 *     load for which it grows
 *   - a map whose content is asked for has the entries of the file, which is read here
 *
 * A map with fewer than EL_TABLE_MIN entries stays a map of the kernel: it is found in the cache, and
 * costs little memory.
 */
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "base/reason.h"
#include "load/tables.h"
#include "map/map.h"
#include "map/types.h"
#include "state/shared_map.h"
#include "table/table.h"

/* A map for which a choice is made. */
struct candidate {
	const struct el_making *making;
	size_t owner;
	const struct el_map_info *info;
	uint32_t room;			/* max_entries */
	const struct el_map_spec *spec; /* or NULL */
};

const struct el_fuse_table *el_tables_find(const struct el_generation *chain, size_t owner,
					   const char *name)
{
	for (size_t i = 0; i < chain->tables_count; i++)
		if (chain->tables[i].owner == owner && !strcmp(chain->tables[i].map, name))
			return &chain->tables[i];
	return NULL;
}

bool el_tables_keeps(int fd, const struct el_fuse_table *table)
{
	struct el_prefix_table *open;
	bool keeps;

	if (el_prefix_open(fd, true, &open))
		return !table;
	keeps = table && !memcmp(&table->space, el_prefix_space(open), sizeof(table->space));
	el_prefix_free(open);
	return keeps;
}

bool el_tables_drop(struct el_generation *chain, size_t owner)
{
	bool had = false;

	for (size_t i = 0; i < chain->tables_count;) {
		if (chain->tables[i].owner != owner) {
			i++;
			continue;
		}
		had = true;
		chain->tables_count--;
		chain->tables[i] = chain->tables[chain->tables_count];
	}
	return had;
}

static int add(const struct candidate *candidate, const struct edge_prefix_space *space)
{
	struct el_generation *chain = candidate->making->chain;
	struct el_fuse_table *tables =
		reallocarray(chain->tables, chain->tables_count + 1, sizeof(*tables));

	if (!tables)
		return el_fail_memory(candidate->making->context);
	chain->tables = tables;
	chain->tables[chain->tables_count++] = (struct el_fuse_table){
		.owner = candidate->owner, .map = candidate->info->name, .space = *space};
	return 0;
}

/* ---------------------------------------------------------------- entries, counted and laid out */

/* The entries of a map, by their lengths. */
struct counting {
	struct el_prefix_counts counts;
	uint64_t total;
};

static int count_entry(void *data, const void *key, const void *value)
{
	struct counting *counting = data;

	(void)value;
	el_prefix_counts_add(&counting->counts, key);
	counting->total++;
	return 0;
}

/* The entries that a map will have: those of another map, and those of a load. Either may be NULL. */
struct entries {
	const struct el_map *from;
	const struct el_map_load *load;
};

static int each(const struct entries *entries,
		int (*visit)(void *data, const void *key, const void *value), void *data)
{
	int error = entries->from ? el_map_walk(entries->from, visit, data) : 0;

	return !error && entries->load ? el_map_load_each(entries->load, visit, data) : error;
}

/* End the walk when there are enough: a walk over a million entries takes a second. */
static int enough(void *data, const void *key, const void *value)
{
	struct counting *counting = data;

	(void)key, (void)value;
	return ++counting->total >= EL_TABLE_MIN;
}

static int stage_entry(void *data, const void *key, const void *value)
{
	struct el_prefix_table *table = data;
	int error = el_prefix_set(table, key, value, BPF_ANY);

	return error == -EINVAL ? 0 : error; /* bytes that are no prefix match no packet */
}

static int lay_out(const struct candidate *candidate, const struct entries *entries,
		   const struct el_prefix_counts *counts)
{
	struct el_context *context = candidate->making->context;
	struct edge_prefix_space space;
	struct el_prefix_table *table;
	int error =
		el_prefix_build_open(counts, candidate->info->value_size, candidate->room, &table);

	if (error == -E2BIG)
		return 0; /* the kernel's kind of map may hold them */
	if (error)
		return el_fail_memory(context);
	error = each(entries, stage_entry, table);
	if (!error) {
		el_prefix_fit(table, &space);
		error = add(candidate, &space);
	} else if (error == -EXFULL || error == -ENOSPC) {
		error = 0; /* the map's own way of being full reports it */
	}
	el_prefix_free(table);
	return error;
}

/* Choose a table if there are enough entries. */
static int choose_for(const struct candidate *candidate, const struct entries *entries)
{
	_cleanup_free_ struct counting *counting = calloc(1, sizeof(*counting));
	int error;

	if (!counting)
		return el_fail_memory(candidate->making->context);
	error = each(entries, enough, counting);
	if (error <= 0)
		return error;
	counting->total = 0;
	error = each(entries, count_entry, counting);
	return error ? error : lay_out(candidate, entries, &counting->counts);
}

/* ---------------------------------------------------------------- one map */

/* Whether all programs that use the maps of an instance are fused. Those in the slots of a program
 * array are not. */
static bool is_fused(const struct el_generation *chain, size_t owner)
{
	for (size_t i = owner; i < chain->instances_count; i++) {
		const struct el_instance *instance = &chain->instances[i];

		if (instance->owner == owner &&
		    (!instance->fusable || instance->plain || instance->object->slots_count))
			return false;
	}
	return true;
}

static bool is_candidate(const struct el_map_info *info)
{
	return !strcmp(info->kind, "lpm_trie") && !strcmp(info->key, "struct edge_prefix_key") &&
	       info->key_size == sizeof(struct edge_prefix_key) && info->value_size &&
	       info->value_size <= 1024;
}

/* A map of the kernel with the types of the one to come, for which its content is read. */
static int open_like(const struct candidate *candidate, struct el_map **out)
{
	struct el_context *context = candidate->making->context;
	const struct el_instance *instance = &candidate->making->chain->instances[candidate->owner];
	const struct el_object *object = instance->object;
	const struct el_object_types *ids = &object->map_types[candidate->info - object->info.maps];
	_cleanup_free_ char *path = el_format("%s/%s", instance->name, candidate->info->name);
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);
	_cleanup_fd_ int fd =
		bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "like", candidate->info->key_size,
			       candidate->info->value_size, candidate->room, &options);
	struct el_typed_map like = {.fd = fd};
	int error;

	if (fd < 0)
		return el_fail(context, EL_FAILED, errno, NULL, "map %s: %s", path,
			       el_reason(EL_OP_MAP_CREATE, errno));
	error = path ? el_types_copy(context, &(struct el_types){object->btf, ids->key, ids->value},
				     &like.types)
		     : el_fail_memory(context);
	if (!error)
		error = el_map_of_fd(context, &like, path, out);
	if (error)
		btf__free(like.types.btf);
	return error;
}

/* Read the content that was asked for, and choose by it. */
static int choose_by_content(const struct candidate *candidate)
{
	struct el_context *context = candidate->making->context;
	struct el_generation *chain = candidate->making->chain;
	struct el_staged staged = {.owner = candidate->owner, .map = candidate->info->name}, *all;
	int error;

	if (!candidate->spec->file)
		return 0;
	error = el_file_check_kind(context, candidate->spec->file);
	if (error)
		return error;
	all = reallocarray(chain->staged, chain->staged_count + 1, sizeof(*all));
	if (!all)
		return el_fail_memory(context);
	chain->staged = all;
	error = open_like(candidate, &staged.like);
	if (!error)
		error = el_map_load_read(staged.like, candidate->spec->file, &staged.load);
	if (error) {
		el_map_free(staged.like);
		return error;
	}
	all[chain->staged_count++] = staged;
	return choose_for(candidate, &(struct entries){.load = staged.load});
}

/* Choose for a map that takes over the entries of the running chain's map. */
static int choose_by_old(const struct candidate *candidate, const struct el_chain_map *old)
{
	const struct el_making *making = candidate->making;
	const struct el_growth *growth =
		el_inherit_growth(making, candidate->owner, candidate->info->name);
	_cleanup_map_ struct el_map *map = NULL;
	struct el_typed_map open = {.fd = old->fd};
	int error = el_inherit_types(making->context, making->previous, old, &open.types);

	if (error)
		return error;
	error = el_map_of_fd(making->context, &open, candidate->info->name, &map);
	if (error) {
		btf__free(open.types.btf);
		return error;
	}
	if (map->type != BPF_MAP_TYPE_LPM_TRIE)
		return 0;
	/* Kept, unless its function's types have changed. */
	if (map->table && !growth && map->info.value_size == candidate->info->value_size &&
	    map->info.max_entries == candidate->room)
		return add(candidate, el_prefix_space(map->table));
	return choose_for(candidate, &(struct entries){map, growth ? growth->coming : NULL});
}

static int choose(const struct candidate *candidate)
{
	const struct el_making *making = candidate->making;
	const struct el_chain_map *old =
		el_inherit_old(making, candidate->owner, candidate->info->name);
	const struct el_map_spec *spec = candidate->spec;
	int shared;

	if (spec && spec->shared)
		return 0;
	if (spec && (spec->replace || spec->file || spec->entries_count))
		return choose_by_content(candidate);
	shared = old ? el_shared_is(making->context, old->id) : 0;
	if (shared)
		return shared < 0 ? shared : 0;
	return old ? choose_by_old(candidate, old) : 0;
}

int el_tables_choose(const struct el_making *making)
{
	const struct el_generation *chain = making->chain;
	int error = 0;

	for (size_t i = 0; i < chain->instances_count; i++) {
		const struct el_instance *instance = &chain->instances[i];
		const struct el_object_info *info = &instance->object->info;

		for (size_t j = 0; !error && instance->owner == i && j < info->maps_count; j++) {
			uint32_t room = el_inherit_size(instance, info->maps[j].name);
			const struct candidate candidate = {
				making, i, &info->maps[j], room ? room : info->maps[j].max_entries,
				el_inherit_spec(making, i, info->maps[j].name)};

			if (is_candidate(&info->maps[j]) && is_fused(chain, i))
				error = choose(&candidate);
		}
	}
	return error;
}

/* ---------------------------------------------------------------- making */

int el_tables_make(const struct el_loading *loading, const struct el_definition *definition,
		   const struct el_fuse_table *table)
{
	struct el_context *context = loading->making->context;
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, definition->name, sizeof(uint32_t),
				table->space.size, 1, &options);
	int error = fd < 0 ? -errno : el_prefix_format(fd, &table->space, definition->entries);

	if (!error)
		return fd;
	if (fd >= 0)
		close(fd);
	return el_fail(context, error == -EPERM ? EL_PRIVILEGE : EL_FAILED, -error,
		       "a limit of memory may be reached: see memory.max of the control group",
		       "the kernel refuses to make map %s as a table of %u MB: %s",
		       definition->name, table->space.size >> 20,
		       el_reason(EL_OP_MAP_CREATE, -error));
}
