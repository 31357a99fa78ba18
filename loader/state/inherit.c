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

const struct el_map_spec *el_inherit_spec(const struct el_making *making, size_t instance,
					  const char *name)
{
	const struct el_chain_spec *spec = making->asked.spec;

	for (size_t i = instance; spec && i < spec->instances_count; i++) {
		const struct el_instance_spec *of = &spec->instances[i];

		if (making->chain->instances[i].owner != instance)
			continue;
		for (size_t j = 0; j < of->maps_count; j++)
			if (!strcmp(of->maps[j].name, name))
				return &of->maps[j];
	}
	return NULL;
}

const struct el_growth *el_inherit_growth(const struct el_making *making, size_t instance,
					  const char *name)
{
	const struct el_growth *growth = making->asked.growth;
	const struct el_generation *chain = making->chain;

	if (!growth || strcmp(growth->map, name) != 0)
		return NULL;
	for (size_t i = instance; i < chain->instances_count; i++)
		if (chain->instances[i].owner == instance &&
		    !strcmp(chain->instances[i].name, growth->instance))
			return growth;
	return NULL;
}

static bool is_replaced(const struct el_map_spec *spec)
{
	return spec && (spec->replace || spec->file || spec->entries_count);
}

static bool starts_empty(const struct el_chain_spec *spec, const char *instance, const char *name)
{
	size_t length = strlen(instance);

	for (const char *const *word = spec->start_empty; word && *word; word++) {
		if (!strcmp(*word, "all") || !strcmp(*word, instance))
			return true;
		if (!strncmp(*word, instance, length) && (*word)[length] == '/' &&
		    !strcmp(*word + length + 1, name))
			return true;
	}
	return false;
}

/* A request may name any instance that has the map. */
static bool any_starts_empty(const struct el_making *making, const struct el_chain_map *map)
{
	const struct el_chain_spec *spec = making->asked.spec;
	const struct el_generation *chain = making->chain;

	for (size_t i = map->instance; spec && i < chain->instances_count; i++)
		if (chain->instances[i].owner == map->instance &&
		    starts_empty(spec, chain->instances[i].name, map->name))
			return true;
	return false;
}

/* ---------------------------------------------------------------- keeping */

const struct el_chain_map *el_inherit_find(const struct el_generation *chain, const char *instance,
					   const char *name)
{
	for (size_t i = 0; chain && i < chain->maps_count; i++)
		if (!strcmp(chain->instances[chain->maps[i].instance].name, instance) &&
		    !strcmp(chain->maps[i].name, name))
			return &chain->maps[i];
	return NULL;
}

const struct el_chain_map *el_inherit_old(const struct el_making *making, size_t instance,
					  const char *name)
{
	const struct el_generation *chain = making->chain;
	const struct el_chain_map *old = NULL;

	for (size_t i = instance; !old && i < chain->instances_count; i++)
		if (chain->instances[i].owner == instance)
			old = el_inherit_find(making->previous, chain->instances[i].name, name);
	return old;
}

/* The map that instance @instance uses, whose owner may be another instance. */
static const struct el_chain_map *find_used(const struct el_generation *chain, const char *instance,
					    const char *name)
{
	for (size_t i = 0; i < chain->instances_count; i++)
		if (!strcmp(chain->instances[i].name, instance))
			return el_inherit_find(
				chain, chain->instances[chain->instances[i].owner].name, name);
	return NULL;
}

const struct el_chain_map *el_inherit_counterpart(const struct el_generation *from,
						  const struct el_generation *to, uint32_t id)
{
	const struct el_chain_map *found = NULL;

	for (size_t i = 0; i < to->maps_count; i++)
		if (to->maps[i].id == id)
			return &to->maps[i];
	for (size_t i = 0; !found && i < from->maps_count; i++)
		if (from->maps[i].id == id)
			found = find_used(to, from->instances[from->maps[i].instance].name,
					  from->maps[i].name);
	return found;
}

/* Whether another instance already kept the map: if two instances no longer share a map, the
 * second instance gets a copy. */
static bool is_taken(const struct el_generation *chain, uint32_t id)
{
	for (size_t i = 0; i < chain->maps_count; i++)
		if (chain->maps[i].id == id)
			return true;
	return false;
}

static const struct el_instance *owner(const struct el_generation *chain,
				       const struct el_chain_map *map)
{
	return &chain->instances[map->instance];
}

/* The folder of pins of a chain that was read from the kernel. malloc'ed. */
static char *folder_of(const struct el_context *context, const struct el_generation *chain)
{
	return el_pin_path(context, &chain->at.site, EL_GENERATION(chain->metadata->generation),
			   NULL);
}

/* Fail: a map is kept only if its types are known. */
static int cannot_read(struct el_context *context, const struct el_generation *chain,
		       const struct el_chain_map *map, int error)
{
	return el_fail(context, error == -EACCES ? EL_PRIVILEGE : EL_FAILED, -error, NULL,
		       "can't read the types of map %s/%s of the chain on %s %s: %s",
		       owner(chain, map)->name, map->name, chain->at.site.device,
		       el_hook_name(chain->at.site.hook), el_reason(EL_OP_MAP_READ, -error));
}

int el_inherit_types(struct el_context *context, const struct el_generation *chain,
		     const struct el_chain_map *map, struct el_types *out)
{
	const struct el_map_name name = {owner(chain, map)->name, map->name};
	struct el_typed_map open = {.fd = map->fd};
	_cleanup_free_ char *folder = folder_of(context, chain);
	int err;

	*out = (struct el_types){0};
	if (!folder)
		return el_fail_memory(context);
	err = el_types_open(context, folder, &name, &open);
	*out = open.types;
	return err && err != -EPERM ? cannot_read(context, chain, map, err) : 0;
}

int el_inherit_origin(struct el_context *context, const struct el_generation *chain,
		      const struct el_chain_map *map, uint32_t *origin)
{
	const struct el_map_name name = {owner(chain, map)->name, map->name};
	_cleanup_free_ char *folder = folder_of(context, chain);
	int err;

	if (!folder)
		return el_fail_memory(context);
	err = el_types_origin(context, folder, &name, origin);
	if (!*origin)
		*origin = map->id;
	return err ? cannot_read(context, chain, map, err) : 0;
}

/* Whether the old map was shared, and belongs to the instance alone in the manifest. */
static bool is_parted(const struct el_making *making, const struct el_chain_map *old)
{
	return making->asked.shared && el_shared_find(making->asked.shared, old->id);
}

int el_inherit_keep(const struct el_making *making, const struct el_definition *definition,
		    const struct el_chain_map **out)
{
	const struct el_generation *chain = making->chain;
	const struct el_chain_map *old =
		el_inherit_old(making, definition->instance, definition->name);
	const struct el_shape shape = {definition->object, definition->map, definition->entries};
	struct el_typed_map open;
	int err;

	*out = NULL;
	if (!old || is_replaced(el_inherit_spec(making, definition->instance, definition->name)) ||
	    is_parted(making, old) || is_taken(chain, old->id))
		return 0;
	open.fd = old->fd;
	err = el_inherit_types(making->context, making->previous, old, &open.types);
	if (err)
		return err;
	if (el_shape_same(making->context, &shape, &open) &&
	    (making->asked.slot || el_holder_takes(chain, old->fd)))
		*out = old;
	btf__free(open.types.btf);
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
	return el_types_of(definition->object, definition->map);
}

bool el_inherit_holds_nothing(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &size) &&
	       (info.type == BPF_MAP_TYPE_RINGBUF || info.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY);
}

/* Convert the entries of the previous chain's map. */
static int open_convert(const struct el_inheritance *of, const char *path,
			const struct el_types *types)
{
	struct el_context *context = of->making->context;
	struct el_convert_maps maps = {
		.path = path, .from.fd = of->from->fd, .to = {of->map->fd, *types}};
	char why[EL_CONVERT_WHY] = "";
	int err;

	err = el_inherit_types(context, of->making->previous, of->from, &maps.from.types);
	if (err)
		return err;
	err = el_convert_open(context, &maps, &of->map->convert, why);
	if (err)
		btf__free(maps.from.types.btf);
	if (err == -EINVAL)
		return fail_convert(context, path, why);
	if (err)
		return err;
	of->map->change = el_convert_changes(of->map->convert) ? EL_MAP_CONVERTED : EL_MAP_RESIZED;
	return is_parted(of->making, of->from) ? 0
					       : el_inherit_origin(context, of->making->previous,
								   of->from, &of->map->origin);
}

/* Open a map that a file or a manifest fills. */
static int open_replaced(struct el_context *context, struct el_chain_map *map, const char *path,
			 const struct el_types *types)
{
	struct el_typed_map copy = {.fd = map->fd};
	int err = el_types_copy(context, types, &copy.types);

	if (err)
		return err;
	map->change = EL_MAP_REPLACED;
	err = el_map_of_fd(context, &copy, path, &map->filled);
	if (err)
		btf__free(copy.types.btf);
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

/* Choose the way in which a map takes over the entries of the map of the running chain. */
static int open_from(const struct el_inheritance *of, const char *path,
		     const struct el_types *types)
{
	struct el_context *context = of->making->context;
	const struct el_chain_map *from = of->from;
	struct el_chain_map *map = of->map;

	if (el_nested_is_fd(map->fd) && el_nested_is_fd(from->fd)) {
		map->nested = true;
		map->change = EL_MAP_CONVERTED;
		return el_inherit_origin(context, of->making->previous, from, &map->origin);
	}
	if (el_holder_same(map->fd, from->fd)) {
		map->holder = true;
		map->change = EL_MAP_RESIZED;
		return el_inherit_origin(context, of->making->previous, from, &map->origin);
	}
	if (el_inherit_holds_nothing(map->fd) && el_inherit_holds_nothing(from->fd))
		return set_why(context, map, EL_MAP_EMPTIED, "its records can be read only once");
	return open_convert(of, path, types);
}

int el_inherit_open(const struct el_making *making, const struct el_definition *definition,
		    struct el_chain_map *map)
{
	struct el_context *context = making->context;
	const char *instance = owner(making->chain, map)->name;
	const struct el_inheritance of = {making, map,
					  el_inherit_old(making, map->instance, map->name)};
	struct el_types types = el_definition_types(definition);
	_cleanup_free_ char *path = el_format("%s/%s", instance, map->name);
	int shared = 0;

	if (!path)
		return el_fail_memory(context);
	el_types_noted(making->chain->types, &(struct el_map_name){instance, map->name}, &types);
	map->change = EL_MAP_NEW;
	map->origin = map->id;
	if (of.from && any_starts_empty(making, map))
		return set_why(context, map, EL_MAP_EMPTIED, "it was asked for");
	if (of.from && !making->asked.shared)
		shared = el_shared_is(context, of.from->id);
	if (shared)
		return shared < 0 ? shared : fail_shared(context, path);
	if (is_replaced(el_inherit_spec(making, map->instance, map->name)))
		return open_replaced(context, map, path, &types);
	return of.from ? open_from(&of, path, &types) : 0;
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
		err = el_map_load_file(map, spec->file, &loaded);
	for (size_t i = 0; !err && i < spec->entries_count; i++)
		err = el_map_set_here(map, spec->entries[i].name, spec->entries[i].value);
	return err;
}

bool el_inherit_converts(const struct el_generation *chain)
{
	for (size_t i = 0; i < chain->maps_count; i++)
		if (chain->maps[i].convert || chain->maps[i].nested || chain->maps[i].holder)
			return true;
	return false;
}

/* Fill a table from the running chain's map, and with the entries of the load that it was laid out
 * for: before the swap, a change needs no grace period. */
static int fill_converted(const struct el_making *making, struct el_chain_map *map)
{
	const struct el_growth *growth = el_inherit_growth(making, map->instance, map->name);
	int err = el_convert_fill(making->context, map->convert);

	if (err || !growth || !growth->coming || !map->convert->to->table)
		return err;
	return el_map_load_fill(growth->coming, map->convert->to);
}

/* Fill a map from a file that was read before the map was made, or is read now. */
static int fill_content(const struct el_making *making, struct el_chain_map *map)
{
	const struct el_map_spec *asked = el_inherit_spec(making, map->instance, map->name);
	struct el_map_spec spec = {0};
	const struct el_generation *chain = making->chain;
	int err = 0;

	if (asked)
		spec = *asked;
	for (size_t i = 0; i < chain->staged_count; i++) {
		if (chain->staged[i].owner != map->instance ||
		    strcmp(chain->staged[i].map, map->name) != 0)
			continue;
		err = el_map_load_fill(chain->staged[i].load, map->filled);
		spec.file = NULL;
	}
	return err ? err : el_inherit_fill_content(making->context, &spec, map->filled);
}

static int fill_one(const struct el_making *making, struct el_chain_map *map)
{
	const struct el_inheritance of = {making, map,
					  el_inherit_old(making, map->instance, map->name)};

	if (map->nested)
		return of.from ? el_nested_fill(&of) : 0;
	if (map->holder)
		return of.from ? el_holder_fill(&of) : 0;
	if (map->convert)
		return fill_converted(making, map);
	if (map->filled)
		return fill_content(making, map);
	return 0;
}

int el_inherit_fill(const struct el_making *making)
{
	int err = 0;

	for (size_t i = 0; !err && i < making->chain->maps_count; i++)
		err = fill_one(making, &making->chain->maps[i]);
	return err;
}

void el_inherit_merge(struct el_context *context, struct el_generation *chain)
{
	for (size_t i = 0; i < chain->maps_count; i++)
		if (chain->maps[i].convert)
			el_convert_merge(context, chain->maps[i].convert);
}

void el_inherit_undo(struct el_context *context, struct el_generation *chain)
{
	for (size_t i = 0; i < chain->maps_count; i++)
		if (chain->maps[i].convert)
			el_convert_undo(context, chain->maps[i].convert);
}
