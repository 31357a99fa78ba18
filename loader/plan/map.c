// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The maps of a manifest: convert them to specs for a chain, and compare their content with the
 * running maps. For the comparison, both maps are read completely, sorted by key, and merged.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "map/shape.h"
#include "state/inherit.h"
#include "map/map.h"
#include "plan/plan.h"
#include "base/reason.h"
#include "map/types.h"

/* ---------------------------------------------------------------- specs */

/* Allocate the arrays of the step. */
static int make_room(const struct el_plan *plan, struct step *step)
{
	const struct el_manifest_chain *wanted = step->wanted;
	size_t maps = 0, entries = 0;

	for (size_t i = 0; i < wanted->instances_count; i++) {
		const struct el_manifest_instance *instance = &wanted->instances[i];

		maps += instance->maps_count;
		for (size_t j = 0; j < instance->maps_count; j++)
			entries += instance->maps[j].entries_count;
	}
	step->instances = calloc(wanted->instances_count + 1, sizeof(*step->instances));
	step->maps = calloc(maps + 1, sizeof(*step->maps));
	step->entries = calloc(entries + 1, sizeof(*step->entries));
	return step->instances && step->maps && step->entries ? 0 : el_fail_memory(plan->context);
}

/* @entries: room for the entries of the map. */
static struct el_map_spec spec_of(const struct el_plan *plan, const struct el_manifest_map *map,
				  struct el_assignment *entries)
{
	struct el_map_spec spec = {
		.name = map->name,
		.max_entries = map->size,
		.file = map->file,
		.entries = entries,
		.entries_count = map->entries_count,
		.replace = map->file || map->entries,
		.shared = map->shared,
		.optional = map->optional,
	};

	for (size_t i = 0; i < map->entries_count; i++)
		entries[i] = (struct el_assignment){map->entries[i].key, map->entries[i].value};
	if (map->shared && !map->size)
		spec.max_entries = el_plan_shared_size(plan, map->shared);
	return spec;
}

int el_plan_instances(const struct el_plan *plan, struct step *step)
{
	const struct el_manifest_chain *wanted = step->wanted;
	int error = make_room(plan, step);
	struct el_assignment *entries = step->entries;
	struct el_map_spec *maps = step->maps;

	if (error)
		return error;
	step->instances_count = wanted->instances_count;
	for (size_t i = 0; i < wanted->instances_count; i++) {
		const struct el_manifest_instance *instance = &wanted->instances[i];

		step->instances[i] = wanted->specs[i];
		step->instances[i].maps = maps;
		step->instances[i].maps_count = instance->maps_count;
		for (size_t j = 0; j < instance->maps_count; j++) {
			*maps++ = spec_of(plan, &instance->maps[j], entries);
			entries += instance->maps[j].entries_count;
		}
	}
	return 0;
}

/* ---------------------------------------------------------------- content */

struct difference {
	uint32_t room;	/* max_entries of the running map */
	uint32_t asked; /* max_entries of the manifest, after rounding; 0: not declared */
	size_t added, removed, changed;
};

/* A running map. */
struct subject {
	int fd;
	struct el_types types;
	const char *path; /* for errors */
	struct bpf_map_info info;
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

static int open_side(struct el_context *context, const struct subject *subject, int fd,
		     struct side *side)
{
	struct el_typed_map copy = {.fd = fd};
	int error = el_types_copy(context, &subject->types, &copy.types);

	if (!error)
		error = el_map_of_fd(context, &copy, subject->path, &side->map);
	if (error)
		btf__free(copy.types.btf);
	else
		side->stride = side->map->info.key_size + side->map->value_room;
	return error;
}

/* Make a temporary map like the running map. */
static int make_like(struct el_context *context, const struct subject *subject, uint32_t room)
{
	const struct bpf_map_info *info = &subject->info;
	LIBBPF_OPTS(bpf_map_create_opts, options,
		    .map_flags = el_shape_flags(info->type, info->map_flags),
		    .map_extra = info->map_extra);
	int fd = bpf_map_create(info->type, "plan", info->key_size, info->value_size,
				room ? room : info->max_entries, &options);

	return fd >= 0 ? fd
		       : el_fail(context, EL_FAILED, errno, NULL,
				 "can't make a map to compare with: %s",
				 el_reason(EL_OP_MAP_CREATE, errno));
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
	int error = el_map_walk(side->map, add_entry, side);

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

static int compare_content(struct el_context *context, const struct subject *subject,
			   const struct el_map_spec *content, struct difference *out)
{
	_cleanup_(cleanup_side) struct side have = {0}, want = {0};
	_cleanup_fd_ int like = make_like(context, subject, content->max_entries);
	int error = like < 0 ? like : 0;

	if (!error)
		error = open_side(context, subject, subject->fd, &have);
	if (!error)
		error = open_side(context, subject, like, &want);
	if (!error)
		error = el_inherit_fill_content(context, content, want.map);
	if (!error)
		error = read_side(context, &have);
	if (!error)
		error = read_side(context, &want);
	if (!error)
		compare_sides(&have, &want, out);
	return error;
}

static int compare_with(struct el_context *context, struct subject *subject,
			const struct el_map_spec *content, struct difference *out)
{
	const struct bpf_map_info *info = &subject->info;
	uint32_t size = sizeof(*info);

	*out = (struct difference){0};
	if (bpf_obj_get_info_by_fd(subject->fd, &subject->info, &size))
		return el_fail(context, EL_FAILED, errno, NULL, "map %s: %s", subject->path,
			       el_reason(EL_OP_INFO, errno));
	el_map_see_table(&(struct el_typed_map){subject->fd, subject->types}, &subject->info);
	out->room = info->max_entries;
	if (content->max_entries)
		out->asked = el_shape_room(info->type, info->map_flags, content->max_entries);
	return content->replace ? compare_content(context, subject, content, out) : 0;
}

/* ---------------------------------------------------------------- differences */

static bool is_other_room(const struct difference *difference)
{
	return difference->asked && difference->asked != difference->room;
}

static int add_map_change(const struct el_plan_map *map, const struct difference *difference)
{
	_cleanup_free_ char *from = NULL, *to = NULL;

	if (is_other_room(difference)) {
		from = el_format("%s: max_entries %u", map->name, difference->room);
		to = el_format("%u", map->spec->max_entries);
	} else {
		from = el_format("%s", map->name);
		to = el_format("%zu entries added, %zu removed, %zu changed", difference->added,
			       difference->removed, difference->changed);
	}
	if (!from || !to)
		return el_fail_memory(map->plan->context);
	return el_differences_add(
		map->plan->context, map->step->changes,
		(struct el_difference_words){EL_DIFFERENCE_MAP, map->instance, from, to});
}

static bool is_other_content(const struct difference *difference)
{
	return difference->added || difference->removed || difference->changed;
}

int el_plan_content(const struct el_plan_map *map, const struct el_shared_map *shared,
		    bool *differs)
{
	struct subject subject = {
		.fd = shared->now.fd, .types = shared->now.types, .path = shared->name};
	struct difference difference;
	int error = compare_with(map->plan->context, &subject, map->spec, &difference);

	if (error)
		return error;
	*differs = is_other_content(&difference) || is_other_room(&difference);
	return *differs ? add_map_change(map, &difference) : 0;
}

/* A map that already has the declared content is kept, with the counts in it. */
static int compare_map(const struct el_plan_map *map)
{
	struct el_context *context = map->plan->context;
	const struct step *step = map->step;
	const struct el_generation *previous = step->change.previous;
	const struct el_chain_map *running = map->running;
	_cleanup_free_ char *path =
		el_format("%s/%s/%s/%s", step->device, el_hook_name(step->site.hook), map->instance,
			  map->name);
	struct subject subject = {.path = path};
	struct difference difference;
	int error;

	if (!running)
		return 0;
	if (!path)
		return el_fail_memory(context);
	subject.fd = running->fd;
	error = el_inherit_types(context, previous, running, &subject.types);
	if (error)
		return error;
	error = compare_with(context, &subject, map->spec, &difference);
	btf__free(subject.types.btf);
	if (error)
		return error;
	if (!is_other_content(&difference)) {
		map->spec->replace = false;
		map->spec->file = NULL;
		map->spec->entries_count = 0;
	}
	return is_other_content(&difference) || is_other_room(&difference)
		       ? add_map_change(map, &difference)
		       : 0;
}

int el_plan_maps(const struct el_plan *plan, struct step *step)
{
	const struct el_generation *next = step->change.next;
	const struct el_making making = {.context = plan->context,
					 .chain = step->change.next,
					 .previous = step->change.previous};
	struct el_map_spec *map = step->maps;

	for (size_t i = 0; i < step->instances_count; i++) {
		for (size_t j = 0; j < step->instances[i].maps_count; j++, map++) {
			const struct el_plan_map declared = {
				.plan = plan,
				.step = step,
				.instance = next->instances[i].name,
				.name = map->name,
				.spec = map,
				.running = el_inherit_old(&making, next->instances[i].owner,
							  map->name)};
			int error;

			if (!el_object_has_map(next->instances[i].object, map->name))
				continue;
			error = map->shared ? el_plan_shared_map(&declared)
					    : compare_map(&declared);

			if (error)
				return el_manifest_blame(plan->context, plan->manifest,
							 step->wanted->instances[i].maps[j].at,
							 error);
		}
	}
	return el_plan_shared_parted(plan, step);
}
