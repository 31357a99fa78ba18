// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What a manifest says of maps: as it is asked of a chain, and whether a running map has it in it
 * already. For that both are read whole, sorted by key, and gone through side by side.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "inherit.h"
#include "map.h"
#include "plan.h"
#include "types.h"

/* ---------------------------------------------------------------- what is said of them */

static int refuse_shared(const struct el_plan *plan, const struct el_manifest_map *map)
{
	int error = el_fail(plan->context, EL_UNSUPPORTED, EOPNOTSUPP,
			    "give each instance a map of its own",
			    "this edge-load has no maps that instances share");

	return el_manifest_blame(plan->context, plan->manifest, map->shared_at, error);
}

static int copy_map(const struct el_plan *plan, const struct el_manifest_map *map,
		    struct el_map_spec *spec)
{
	struct el_assignment *entries = calloc(map->entries_count + 1, sizeof(*entries));

	if (!entries)
		return el_fail_memory(plan->context);
	for (size_t i = 0; i < map->entries_count; i++)
		entries[i] = (struct el_assignment){map->entries[i].key, map->entries[i].value};
	*spec = (struct el_map_spec){
		.name = map->name,
		.max_entries = map->size,
		.file = map->file,
		.entries = entries,
		.entries_count = map->entries_count,
		.replace = map->file || map->entries,
	};
	return map->shared ? refuse_shared(plan, map) : 0;
}

int el_plan_instances(const struct el_plan *plan, struct step *step)
{
	const struct el_manifest_chain *wanted = step->wanted;
	int error = 0;

	step->instances = calloc(wanted->instances_count + 1, sizeof(*step->instances));
	if (!step->instances)
		return el_fail_memory(plan->context);
	step->instances_count = wanted->instances_count;
	for (size_t i = 0; !error && i < wanted->instances_count; i++) {
		const struct el_manifest_instance *instance = &wanted->instances[i];
		struct el_map_spec *maps = calloc(instance->maps_count + 1, sizeof(*maps));

		step->instances[i] = wanted->specs[i];
		step->instances[i].maps = maps;
		if (!maps)
			return el_fail_memory(plan->context);
		for (size_t j = 0; !error && j < instance->maps_count; j++) {
			step->instances[i].maps_count = j + 1;
			error = copy_map(plan, &instance->maps[j], &maps[j]);
		}
	}
	return error;
}

void el_plan_instances_free(const struct step *step)
{
	for (size_t i = 0; i < step->instances_count; i++) {
		const struct el_instance_spec *instance = &step->instances[i];

		for (size_t j = 0; j < instance->maps_count; j++)
			free((void *)instance->maps[j].entries);
		free((void *)instance->maps);
	}
	free(step->instances);
}

/* ---------------------------------------------------------------- what is in them */

struct difference {
	bool missing;  /* no such map runs */
	uint32_t room; /* max_entries of the one that runs */
	size_t added, removed, changed;
};

struct side {
	struct el_map *map;
	uint8_t *bytes;
	size_t count, room, stride;
};

static void cleanup_side(struct side *side)
{
	el_map_free(side->map);
	free(side->bytes);
}

static int open_side(struct el_context *context, const struct el_chain *previous,
		     const char *instance, const char *name, int fd, struct side *side)
{
	_cleanup_free_ char *below = el_format("%s/%s", instance, name);
	_cleanup_free_ char *pin =
		below ? el_pin_path(context, previous->device, previous->hook, NULL, below) : NULL;
	_cleanup_free_ char *path = el_format("%s/%s/%s/%s", previous->device,
					      el_hook_name(previous->hook), instance, name);
	struct el_types types;
	int error;

	if (!pin || !path)
		return el_fail_memory(context);
	error = el_types_open_pin(pin, fd, &types);
	if (error)
		return el_fail(context, EL_FAILED, -error, NULL, "can't read the types of map %s",
			       path);
	error = el_map_of_fd(context, fd, path, &types, &side->map);
	if (error)
		btf__free(types.btf);
	else
		side->stride = side->map->info.key_size + side->map->value_room;
	return error;
}

/* A map like the running one, that nobody sees. */
static int make_like(struct el_context *context, const struct bpf_map_info *info, uint32_t room)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = info->map_flags,
		    .map_extra = info->map_extra);
	int fd = bpf_map_create(info->type, "plan", info->key_size, info->value_size,
				room ? room : info->max_entries, &options);

	return fd >= 0 ? fd
		       : el_fail(context, EL_FAILED, errno, NULL,
				 "can't make a map to compare with: %s", strerror(errno));
}

static int fill(struct el_context *context, const struct el_map_spec *content, struct el_map *map)
{
	size_t loaded;
	int error = content->file ? el_map_load(context, map, content->file, &loaded) : 0;

	for (size_t i = 0; !error && i < content->entries_count; i++)
		error = el_map_set(context, map, content->entries[i].name,
				   content->entries[i].value);
	return error;
}

static int add_entry(void *data, const void *key, const void *value)
{
	struct side *side = data;
	size_t key_size = side->map->info.key_size;
	uint8_t *at;

	if (side->count == side->room) {
		size_t room = side->room ? side->room * 2 : 256;
		uint8_t *bytes = reallocarray(side->bytes, room, side->stride);

		if (!bytes)
			return -ENOMEM;
		side->bytes = bytes;
		side->room = room;
	}
	at = side->bytes + side->count++ * side->stride;
	memcpy(at, key, key_size);
	memcpy(at + key_size, value, side->stride - key_size);
	return 0;
}

static int compare_keys(const void *a, const void *b, void *size)
{
	return memcmp(a, b, *(const size_t *)size);
}

static int read_side(struct el_context *context, struct side *side)
{
	size_t key_size = side->map->info.key_size;
	int error = el_map_walk(context, side->map, add_entry, side);

	if (error == -ENOMEM)
		return el_fail_memory(context);
	if (!error && side->count)
		qsort_r(side->bytes, side->count, side->stride, compare_keys, &key_size);
	return error;
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
	while (size--)
		if (*bytes++)
			return false;
	return true;
}

static void compare_sides(const struct side *have, const struct side *want, struct difference *out)
{
	size_t key_size = want->map->info.key_size, i = 0, j = 0;

	while (i < have->count || j < want->count) {
		const uint8_t *mine = have->bytes + i * have->stride;
		const uint8_t *theirs = want->bytes + j * want->stride;
		int order = i == have->count   ? 1
			    : j == want->count ? -1
					       : memcmp(mine, theirs, key_size);

		out->removed += order < 0;
		out->added += order > 0;
		if (!order && !all_zero(theirs + key_size, want->stride - key_size))
			out->changed += memcmp(mine, theirs, want->stride) != 0;
		i += order <= 0;
		j += order >= 0;
	}
}

static int compare_content(struct el_context *context, const struct el_chain *previous,
			   const char *instance, const struct el_map_spec *content, int fd,
			   const struct bpf_map_info *info, struct difference *out)
{
	_cleanup_(cleanup_side) struct side have = {0}, want = {0};
	_cleanup_fd_ int like = make_like(context, info, content->max_entries);
	int error = like < 0 ? like : 0;

	if (!error)
		error = open_side(context, previous, instance, content->name, fd, &have);
	if (!error)
		error = open_side(context, previous, instance, content->name, like, &want);
	if (!error)
		error = fill(context, content, want.map);
	if (!error)
		error = read_side(context, &have);
	if (!error)
		error = read_side(context, &want);
	if (!error)
		compare_sides(&have, &want, out);
	return error;
}

static int compare_with(struct el_context *context, const struct el_chain *previous,
			const char *instance, const struct el_map_spec *content,
			struct difference *out)
{
	const struct el_chain_map *map =
		previous ? el_inherit_find(previous, instance, content->name) : NULL;
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	*out = (struct difference){.missing = !map};
	if (!map)
		return 0;
	if (bpf_obj_get_info_by_fd(map->fd, &info, &size))
		return el_fail(context, EL_FAILED, errno, NULL, "map %s of %s: %s", content->name,
			       instance, strerror(errno));
	out->room = info.max_entries;
	if (!content->replace)
		return 0;
	return compare_content(context, previous, instance, content, map->fd, &info, out);
}

/* ---------------------------------------------------------------- what differs */

static int add_map_change(const struct el_plan *plan, struct step *step, const char *instance,
			  const struct el_map_spec *map, const struct difference *difference)
{
	_cleanup_free_ char *from = NULL, *to = NULL;

	if (map->max_entries && map->max_entries != difference->room) {
		from = el_format("%s: room for %u", map->name, difference->room);
		to = el_format("%u", map->max_entries);
	} else {
		from = el_format("%s", map->name);
		to = el_format("%zu entries added, %zu removed, %zu changed", difference->added,
			       difference->removed, difference->changed);
	}
	if (!from || !to)
		return el_fail_memory(plan->context);
	return el_changes_add(plan->context, step->changes,
			      (struct el_change){EL_CHANGE_MAP, instance, from, to});
}

/* A map that has in it what it shall is kept, with what packets counted there. */
static int compare_map(const struct el_plan *plan, struct step *step, const char *instance,
		       struct el_map_spec *map)
{
	struct difference difference;
	int error = compare_with(plan->context, step->previous, instance, map, &difference);
	bool content, room;

	if (error || difference.missing)
		return error;
	content = difference.added || difference.removed || difference.changed;
	room = map->max_entries && map->max_entries != difference.room;
	if (!content) {
		map->replace = false;
		map->file = NULL;
		map->entries_count = 0;
	}
	return content || room ? add_map_change(plan, step, instance, map, &difference) : 0;
}

int el_plan_maps(const struct el_plan *plan, struct step *step)
{
	for (size_t i = 0; i < step->instances_count; i++) {
		const struct el_instance_spec *instance = &step->instances[i];

		for (size_t j = 0; j < instance->maps_count; j++) {
			int error = compare_map(plan, step, step->chain->instances[i].name,
						(struct el_map_spec *)&instance->maps[j]);

			if (error)
				return el_manifest_blame(plan->context, plan->manifest,
							 step->wanted->instances[i].maps[j].at,
							 error);
		}
	}
	return 0;
}
