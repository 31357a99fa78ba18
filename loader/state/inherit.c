// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Inheritance: the maps of a new generation take over the map of the running generation if the
 * shape is equal, otherwise its converted entries, or nothing if that was requested. A loss of
 * entries is refused here, because a swap that lost entries could not be undone.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "map/shape.h"
#include "pin/pin.h"
#include "state/convert.h"
#include "state/holder.h"
#include "state/inherit.h"
#include "state/nested.h"
#include "state/shared_map.h"
#include "map/types.h"
#include "base/reason.h"

/* ---------------------------------------------------------------- requests */

const struct el_map_spec *el_inherit_spec(const struct el_chain *chain, size_t instance,
					  const char *name)
{
	for (size_t i = instance; i < chain->instances_count; i++) {
		const struct el_instance *of = &chain->instances[i];

		for (size_t j = 0; of->owner == instance && j < of->maps_count; j++)
			if (!strcmp(of->maps[j].name, name))
				return &of->maps[j];
	}
	return NULL;
}

static bool is_replaced(const struct el_map_spec *spec)
{
	return spec && (spec->replace || spec->file || spec->entries_count);
}

static bool starts_empty(const struct el_chain *chain, const char *instance, const char *name)
{
	size_t length = strlen(instance);

	for (const char *const *word = chain->asked.start_empty; word && *word; word++) {
		if (!strcmp(*word, "all") || !strcmp(*word, instance))
			return true;
		if (!strncmp(*word, instance, length) && (*word)[length] == '/' &&
		    !strcmp(*word + length + 1, name))
			return true;
	}
	return false;
}

/* A request may name any instance that has the map. */
static bool any_starts_empty(const struct el_chain *chain, const struct el_chain_map *map)
{
	for (size_t i = map->instance; i < chain->instances_count; i++)
		if (chain->instances[i].owner == map->instance &&
		    starts_empty(chain, chain->instances[i].name, map->name))
			return true;
	return false;
}

/* ---------------------------------------------------------------- keeping */

const struct el_chain_map *el_inherit_find(const struct el_chain *chain, const char *instance,
					   const char *name)
{
	for (size_t i = 0; chain && i < chain->maps_count; i++)
		if (!strcmp(chain->instances[chain->maps[i].instance].name, instance) &&
		    !strcmp(chain->maps[i].name, name))
			return &chain->maps[i];
	return NULL;
}

const struct el_chain_map *el_inherit_old(const struct el_chain *chain,
					  const struct el_chain *previous, size_t instance,
					  const char *name)
{
	const struct el_chain_map *old = NULL;

	for (size_t i = instance; !old && i < chain->instances_count; i++)
		if (chain->instances[i].owner == instance)
			old = el_inherit_find(previous, chain->instances[i].name, name);
	return old;
}

/* Whether another instance already kept the map: if two instances no longer share a map, the
 * second instance gets a copy. */
static bool is_taken(const struct el_chain *chain, uint32_t id)
{
	for (size_t i = 0; i < chain->maps_count; i++)
		if (chain->maps[i].id == id)
			return true;
	return false;
}

static const struct el_instance *owner(const struct el_chain *chain, const struct el_chain_map *map)
{
	return &chain->instances[map->instance];
}

/* The folder of pins of a chain that was read from the kernel. malloc'ed. */
static char *folder_of(const struct el_context *context, const struct el_chain *chain)
{
	return el_pin_path(context, &chain->at.site, EL_GENERATION(chain->metadata->generation),
			   NULL);
}

/* Fail: a map is kept only if its types are known. */
static int cannot_read(struct el_context *context, const struct el_chain *chain,
		       const struct el_chain_map *map, int error)
{
	return el_fail(context, error == -EACCES ? EL_PRIVILEGE : EL_FAILED, -error, NULL,
		       "can't read the types of map %s/%s of the chain on %s %s: %s",
		       owner(chain, map)->name, map->name, chain->at.site.device,
		       el_hook_name(chain->at.site.hook), el_reason(EL_OP_MAP_READ, -error));
}

int el_inherit_types(struct el_context *context, const struct el_chain *chain,
		     const struct el_chain_map *map, struct el_types *out)
{
	_cleanup_free_ char *folder = folder_of(context, chain);
	int err;

	*out = (struct el_types){0};
	if (!folder)
		return el_fail_memory(context);
	err = el_types_open(context, folder, owner(chain, map)->name, map->name, map->fd, out);
	return err && err != -EPERM ? cannot_read(context, chain, map, err) : 0;
}

int el_inherit_origin(struct el_context *context, const struct el_chain *chain,
		      const struct el_chain_map *map, uint32_t *origin)
{
	_cleanup_free_ char *folder = folder_of(context, chain);
	int err;

	if (!folder)
		return el_fail_memory(context);
	err = el_types_origin(context, folder, owner(chain, map)->name, map->name, origin);
	if (!*origin)
		*origin = map->id;
	return err ? cannot_read(context, chain, map, err) : 0;
}

/* Whether the old map was shared, and belongs to the instance alone in the manifest. */
static bool is_parted(const struct el_chain *chain, const struct el_chain_map *old)
{
	return chain->asked.shared && el_shared_find(chain->asked.shared, old->id);
}

int el_inherit_keep(const struct el_making *making, const struct el_definition *definition,
		    const struct el_chain_map **out)
{
	const struct el_chain *chain = making->chain;
	const struct el_chain_map *old =
		el_inherit_old(chain, making->previous, definition->instance, definition->name);
	struct el_types old_types;
	int err;

	*out = NULL;
	if (!old || is_replaced(el_inherit_spec(chain, definition->instance, definition->name)) ||
	    is_parted(chain, old) || is_taken(chain, old->id))
		return 0;
	err = el_inherit_types(making->context, making->previous, old, &old_types);
	if (err)
		return err;
	if (el_shape_same(making->context, bpf_object__btf(definition->object), definition->map,
			  definition->entries, old->fd, &old_types) &&
	    (chain->asked.slot || el_holder_takes(chain, old->fd)))
		*out = old;
	btf__free(old_types.btf);
	return 0;
}

/* ---------------------------------------------------------------- converting */

static int set_why(struct el_context *context, struct el_chain_map *map, enum el_map_change change,
		   const char *why)
{
	map->change = change;
	free(map->why);
	map->why = strdup(why);
	return map->why ? 0 : el_fail_memory(context);
}

static int fail_convert(struct el_context *context, const char *path, const char *why)
{
	_cleanup_free_ char *hint = el_format("nothing was changed; give the new map another name, "
					      "or empty the map: --start-empty %s",
					      path);

	return el_fail(context, EL_CONFLICT, EEXIST, hint,
		       "the definition of map %s has changed, and its entries would be lost: %s",
		       path, why);
}

struct el_types el_definition_types(const struct el_definition *definition)
{
	return (struct el_types){.btf = bpf_object__btf(definition->object),
				 .key = bpf_map__btf_key_type_id(definition->map),
				 .value = bpf_map__btf_value_type_id(definition->map)};
}

bool el_inherit_holds_nothing(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &size) &&
	       (info.type == BPF_MAP_TYPE_RINGBUF || info.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY);
}

static int open_convert(const struct el_making *making, struct el_chain_map *map, const char *path,
			const struct el_chain_map *old, const struct el_types *types)
{
	struct el_context *context = making->context;
	struct el_types old_types;
	char why[400] = "";
	int err;

	err = el_inherit_types(context, making->previous, old, &old_types);
	if (err)
		return err;
	err = el_convert_open(context, path, old->fd, &old_types, map->fd, types, &map->convert,
			      why, sizeof(why));
	if (err)
		btf__free(old_types.btf);
	if (err == -EINVAL)
		return fail_convert(context, path, why);
	if (err)
		return err;
	map->change = el_convert_changes(map->convert) ? EL_MAP_CONVERTED : EL_MAP_RESIZED;
	return is_parted(making->chain, old)
		       ? 0
		       : el_inherit_origin(context, making->previous, old, &map->origin);
}

/* Open a map that a file or a manifest fills. */
static int open_replaced(struct el_context *context, struct el_chain_map *map, const char *path,
			 const struct el_types *types)
{
	struct el_types copy;
	int err = el_types_copy(context, types, &copy);

	if (err)
		return err;
	map->change = EL_MAP_REPLACED;
	err = el_map_of_fd(context, map->fd, path, &copy, &map->filled);
	if (err)
		btf__free(copy.btf);
	return err;
}

static int fail_shared(struct el_context *context, const char *path)
{
	_cleanup_free_ char *hint = el_format("change the map for all of them in a manifest, or "
					      "empty the shared map: --start-empty %s",
					      path);

	return el_fail(context, EL_CONFLICT, EEXIST, hint,
		       "map %s is shared with other instances, which would keep the old map", path);
}

int el_inherit_open(const struct el_making *making, const struct el_definition *definition,
		    struct el_chain_map *map)
{
	struct el_context *context = making->context;
	const struct el_chain *chain = making->chain, *previous = making->previous;
	const char *instance = owner(chain, map)->name;
	const struct el_chain_map *old = el_inherit_old(chain, previous, map->instance, map->name);
	struct el_types types = el_definition_types(definition);
	_cleanup_free_ char *path = el_format("%s/%s", instance, map->name);
	int shared = 0;

	if (!path)
		return el_fail_memory(context);
	el_types_noted(chain->types, instance, map->name, &types);
	map->change = EL_MAP_NEW;
	map->origin = map->id;
	if (old && any_starts_empty(chain, map))
		return set_why(context, map, EL_MAP_EMPTIED, "it was asked for");
	if (old && !chain->asked.shared)
		shared = el_shared_is(context, old->id);
	if (shared)
		return shared < 0 ? shared : fail_shared(context, path);
	if (is_replaced(el_inherit_spec(chain, map->instance, map->name)))
		return open_replaced(context, map, path, &types);
	if (!old)
		return 0;
	if (el_nested_is_fd(map->fd) && el_nested_is_fd(old->fd)) {
		map->nested = true;
		map->change = EL_MAP_CONVERTED;
		return el_inherit_origin(context, previous, old, &map->origin);
	}
	if (el_holder_same(map->fd, old->fd)) {
		map->holder = true;
		map->change = EL_MAP_RESIZED;
		return el_inherit_origin(context, previous, old, &map->origin);
	}
	if (el_inherit_holds_nothing(map->fd) && el_inherit_holds_nothing(old->fd))
		return set_why(context, map, EL_MAP_EMPTIED, "its records can be read only once");
	return open_convert(making, map, path, old, &types);
}

void el_inherit_free(struct el_chain_map *map)
{
	el_convert_free(map->convert);
	el_map_free(map->filled);
	free(map->why);
	map->convert = NULL;
	map->filled = NULL;
	map->why = NULL;
}

/* ---------------------------------------------------------------- filling */

int el_inherit_fill_content(struct el_context *context, const struct el_map_spec *spec,
			    struct el_map *map)
{
	size_t loaded;
	int err = 0;

	/* Opening a FIFO would wait for a writer, with all chains of the manifest locked. */
	if (spec->file)
		err = el_file_check_kind(context, spec->file);
	if (!err && spec->file)
		err = el_map_load(context, map, spec->file, &loaded);
	for (size_t i = 0; !err && i < spec->entries_count; i++)
		err = el_map_set(context, map, spec->entries[i].name, spec->entries[i].value);
	return err;
}

bool el_inherit_converts(const struct el_chain *chain)
{
	for (size_t i = 0; i < chain->maps_count; i++)
		if (chain->maps[i].convert || chain->maps[i].nested || chain->maps[i].holder)
			return true;
	return false;
}

/* Fill a map of maps from the previous chain's map. */
static int fill_nested(struct el_context *context, const struct el_chain *chain,
		       struct el_chain_map *map, const struct el_chain *previous)
{
	const char *instance = owner(chain, map)->name;
	const struct el_chain_map *old = el_inherit_find(previous, instance, map->name);
	_cleanup_free_ char *path = el_format("%s/%s", instance, map->name);

	if (!path)
		return el_fail_memory(context);
	return old ? el_nested_fill(context, path, previous, old->fd, chain, map->fd, &map->entries)
		   : 0;
}

/* Fill a map of programs from the previous chain's map. */
static int fill_holder(struct el_context *context, const struct el_chain *chain,
		       struct el_chain_map *map, const struct el_chain *previous)
{
	const struct el_chain_map *old = el_inherit_old(chain, previous, map->instance, map->name);

	return old ? el_holder_fill(context, chain, map, old, &map->entries) : 0;
}

int el_inherit_fill(struct el_context *context, struct el_chain *chain,
		    const struct el_chain *previous)
{
	int err = 0;

	for (size_t i = 0; !err && i < chain->maps_count; i++) {
		struct el_chain_map *map = &chain->maps[i];

		if (map->nested)
			err = fill_nested(context, chain, map, previous);
		else if (map->holder)
			err = fill_holder(context, chain, map, previous);
		else if (map->convert)
			err = el_convert_fill(context, map->convert);
		else if (map->filled)
			err = el_inherit_fill_content(
				context, el_inherit_spec(chain, map->instance, map->name),
				map->filled);
	}
	return err;
}

void el_inherit_merge(struct el_context *context, struct el_chain *chain)
{
	for (size_t i = 0; i < chain->maps_count; i++)
		if (chain->maps[i].convert)
			el_convert_merge(context, chain->maps[i].convert);
}

void el_inherit_undo(struct el_context *context, struct el_chain *chain)
{
	for (size_t i = 0; i < chain->maps_count; i++)
		if (chain->maps[i].convert)
			el_convert_undo(context, chain->maps[i].convert);
}

/* ---------------------------------------------------------------- sizes */

/* The number of @name in a list like "blocked/2000,flows/500", or 0. */
uint32_t el_inherit_size(const struct el_instance *instance, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = instance->sizes; at && *at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, name, length) && at[length] == '/')
			return (uint32_t)strtoul(at + length + 1, NULL, 10);
	}
	return 0;
}

static int add_size(struct el_context *context, struct el_instance *instance, const char *name,
		    uint32_t entries)
{
	char *sizes = el_format("%s%s%s/%u", instance->sizes ? instance->sizes : "",
				instance->sizes && *instance->sizes ? "," : "", name, entries);

	if (!sizes)
		return el_fail_memory(context);
	free(instance->sizes);
	instance->sizes = sizes;
	return 0;
}

static const struct el_instance *find_instance(const struct el_chain *chain, const char *name)
{
	for (size_t i = 0; chain && i < chain->instances_count; i++)
		if (!strcmp(chain->instances[i].name, name))
			return &chain->instances[i];
	return NULL;
}

int el_inherit_sizes(struct el_context *context, struct el_chain *chain,
		     const struct el_chain *previous)
{
	int err = 0;

	for (size_t i = 0; !err && i < chain->instances_count; i++) {
		struct el_instance *instance = &chain->instances[i];
		const struct el_object_info *info = &instance->object->info;
		const struct el_instance *old = find_instance(previous, instance->name);

		if (instance->owner != i)
			continue;
		for (size_t j = 0; !err && j < info->maps_count; j++) {
			const char *name = info->maps[j].name;
			const struct el_map_spec *spec = el_inherit_spec(chain, i, name);
			uint32_t entries = spec ? spec->max_entries : 0;

			if (!entries && old)
				entries = el_inherit_size(old, name);
			if (entries && entries != info->maps[j].max_entries)
				err = add_size(context, instance, name, entries);
		}
	}
	return err;
}
