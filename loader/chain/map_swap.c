// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Replace a map by a new map, with the entries of a file or with another size. The new map is
 * filled before any packet uses it, and becomes active with the chain's next generation. So a
 * packet sees either the whole old table or the whole new table, at no cost for the lookup.
 */
#include "chain/chain.h"
#include "map/map.h"

static int swap_map(struct el_context *context, const char *path, struct el_map_spec *spec,
		    struct el_chain **out)
{
	_cleanup_free_ char *copy = strdup(path), *pin = NULL;
	const char *parts[4];
	struct el_instance_spec with = {.maps = spec, .maps_count = 1};
	struct el_site site = {0};
	char *at = copy;
	int err = copy ? el_map_path_find(context, path, &pin) : el_fail_memory(context);

	if (err)
		return err;
	for (int i = 0; i < 4; i++) /* el_map_path_find() has checked the number of parts */
		parts[i] = strsep(&at, "/");
	if (el_hook_parse(parts[1], &site.hook))
		return el_fail(context, EL_USAGE, EINVAL, NULL, "%s is not a hook", parts[1]);
	with.name = parts[2];
	spec->name = strrchr(pin, '/') + 1; /* from the pin: the path may use another name */
	site.device = parts[0];
	return el_chain_anew(context, &site, &with, out);
}

int el_map_replace(struct el_context *context, const char *path, const char *file,
		   struct el_chain **out)
{
	struct el_map_spec spec = {.file = file, .replace = true};

	return swap_map(context, path, &spec, out);
}

/* Sections of variables can't be resized: their types give the number of entries. */
static int check_entries(struct el_context *context, const char *path)
{
	_cleanup_map_ struct el_map *map = NULL;
	int err = el_map_open(context, path, &map);

	if (err)
		return err;
	if (el_value_type_is_section(map->value))
		err = el_fail(context, EL_USAGE, EINVAL, "change the variables in the source",
			      "map %s holds the program's variables, so its size can't be changed",
			      map->path);
	return err;
}

int el_map_resize(struct el_context *context, const char *path, uint32_t entries,
		  struct el_chain **out)
{
	struct el_map_spec spec = {.max_entries = entries};
	int err;

	if (!entries)
		return el_fail(context, EL_USAGE, EINVAL, NULL,
			       "a map needs room for at least 1 entry");
	err = check_entries(context, path);
	return err ? err : swap_map(context, path, &spec, out);
}
