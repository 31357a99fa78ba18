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

static const struct el_instance *find_instance(const struct el_generation *chain, const char *name)
{
	for (size_t i = 0; chain && i < chain->instances_count; i++)
		if (!strcmp(chain->instances[i].name, name))
			return &chain->instances[i];
	return NULL;
}

int el_inherit_sizes(const struct el_making *making)
{
	struct el_generation *chain = making->chain;
	int err = 0;

	for (size_t i = 0; !err && i < chain->instances_count; i++) {
		struct el_instance *instance = &chain->instances[i];
		const struct el_object_info *info = &instance->object->info;
		const struct el_instance *old = find_instance(making->previous, instance->name);

		if (instance->owner != i)
			continue;
		for (size_t j = 0; !err && j < info->maps_count; j++) {
			const char *name = info->maps[j].name;
			const struct el_map_spec *spec = el_inherit_spec(making, i, name);
			uint32_t entries = spec ? spec->max_entries : 0;

			if (!entries && old)
				entries = el_inherit_size(old, name);
			if (entries && entries != info->maps[j].max_entries)
				err = add_size(making->context, instance, name, entries);
		}
	}
	return err;
}
