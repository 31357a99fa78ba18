// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The sizes of maps that differ from the functions' own: requested sizes, then the sizes of the
 * running generation. An instance has them in a list like "blocked/2000,flows/500".
 */
#include "state/inherit.h"

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

/* The size of the map that the new map takes over. Only its owner has the size, which may be
 * another instance than before. */
static uint32_t old_size(const struct el_making *making, size_t instance, const char *name)
{
	const struct el_generation *previous = making->previous;
	const struct el_chain_map *old = el_inherit_old(making, instance, name);
	uint32_t entries = 0;

	for (size_t i = 0; old && !entries && i < previous->maps_count; i++)
		if (previous->maps[i].id == old->id)
			entries = el_inherit_size(&previous->instances[previous->maps[i].instance],
						  previous->maps[i].name);
	return entries;
}

int el_inherit_sizes(const struct el_making *making)
{
	struct el_generation *chain = making->chain;
	int err = 0;

	for (size_t i = 0; !err && i < chain->instances_count; i++) {
		struct el_instance *instance = &chain->instances[i];
		const struct el_object_info *info = &instance->object->info;

		if (instance->owner != i)
			continue;
		for (size_t j = 0; !err && j < info->maps_count; j++) {
			const char *name = info->maps[j].name;
			const struct el_map_spec *spec = el_inherit_spec(making, i, name);
			uint32_t entries = spec ? spec->max_entries : 0;

			if (!entries)
				entries = old_size(making, i, name);
			if (entries && entries != info->maps[j].max_entries)
				err = add_size(making->context, instance, name, entries);
		}
	}
	return err;
}
