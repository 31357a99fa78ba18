// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Report the changes of a chain's maps, for `attach`, `plan` and `rollback`.
 */
#include <bpf/bpf.h>

#include "state/convert.h"
#include "state/inherit.h"
#include "table/table.h"

static const char *instance_of(const struct el_generation *chain, const struct el_chain_map *map)
{
	return chain->instances[map->instance].name;
}

static uint32_t entries_of(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);
	struct el_prefix_table *table;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return 0;
	if (!el_prefix_open(fd, true, &table)) {
		info.max_entries = el_prefix_room(table);
		el_prefix_free(table);
	}
	return info.max_entries;
}

static struct el_map_report report_one(const struct el_making *making,
				       const struct el_chain_map *map)
{
	const char *instance = instance_of(making->chain, map);
	const struct el_chain_map *old = el_inherit_find(making->previous, instance, map->name);
	struct el_map_report report;

	if (!old)
		old = el_inherit_counterpart(making->chain, making->previous, map->id);
	report = (struct el_map_report){
		.instance = strdup(instance),
		.name = strdup(map->name),
		.change = map->kept ? EL_MAP_KEPT : map->change,
		.max_entries_before = old ? entries_of(old->fd) : 0,
		.max_entries = entries_of(map->fd),
		.why = map->why ? map->why : "",
		.entries = map->entries,
	};

	if (map->convert) {
		report.entries = map->convert->entries;
		report.fields = map->convert->fields;
		report.fields_count = map->convert->fields_count;
	}
	return report;
}

/* Report a map that the new generation has under no name. */
static struct el_map_report report_dropped(const struct el_generation *previous,
					   const struct el_chain_map *map)
{
	return (struct el_map_report){
		.instance = strdup(instance_of(previous, map)),
		.name = strdup(map->name),
		.change = EL_MAP_DROPPED,
		.max_entries_before = entries_of(map->fd),
		.why = "",
	};
}

int el_inherit_report(const struct el_making *making, struct el_map_report **out, size_t *count)
{
	const struct el_generation *chain = making->chain, *previous = making->previous;
	struct el_map_report *list;
	size_t found = 0;
	bool named = true;

	*out = NULL;
	*count = 0;
	if (!previous)
		return 0;
	list = calloc(chain->maps_count + previous->maps_count + 1, sizeof(*list));
	if (!list)
		return el_fail_memory(making->context);
	for (size_t i = 0; i < chain->maps_count; i++)
		list[found++] = report_one(making, &chain->maps[i]);
	for (size_t i = 0; i < previous->maps_count; i++)
		if (!el_inherit_counterpart(previous, chain, previous->maps[i].id))
			list[found++] = report_dropped(previous, &previous->maps[i]);
	for (size_t i = 0; i < found; i++)
		named &= list[i].instance && list[i].name;
	*out = list;
	*count = found;
	return named ? 0 : el_fail_memory(making->context);
}

void el_map_reports_free(struct el_map_report *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(list[i].instance);
		free(list[i].name);
	}
	free(list);
}

const char *el_map_change_name(enum el_map_change change)
{
	static const char *const names[] = {
		[EL_MAP_NEW] = "new",		[EL_MAP_KEPT] = "kept",
		[EL_MAP_RESIZED] = "resized",	[EL_MAP_CONVERTED] = "converted",
		[EL_MAP_REPLACED] = "replaced", [EL_MAP_EMPTIED] = "starts empty",
		[EL_MAP_DROPPED] = "dropped",	[EL_MAP_RETURNED] = "as it was left",
		[EL_MAP_SHARED] = "shared",
	};

	return names[change];
}

const char *el_field_change_name(enum el_field_change change)
{
	static const char *const names[] = {
		[EL_FIELD_SAME] = "same",	  [EL_FIELD_WIDENED] = "widened",
		[EL_FIELD_NARROWED] = "narrowed", [EL_FIELD_CHANGED] = "converted",
		[EL_FIELD_NEW] = "new",		  [EL_FIELD_LOST] = "lost",
	};

	return names[change];
}
