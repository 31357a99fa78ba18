// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Replace a map by a new map, with the entries of a file or with another size. The new map is
 * filled before any packet uses it, and becomes active with the chain's next generation. So a
 * packet sees either the whole old table or the whole new table, at no cost for the lookup.
 */
#include "chain/chain.h"
#include "load/tables.h"
#include "map/map.h"

/* A map that is replaced by another. */
struct swap {
	const char *path;
	struct el_map_spec spec;    /* swap_map() sets the name */
	bool grows;		    /* a table is laid out anew */
	struct el_map_load *coming; /* with these entries, or NULL */
};

static int swap_map(struct el_context *context, struct swap *swap, struct el_chain **out)
{
	_cleanup_free_ char *copy = strdup(swap->path), *pin = NULL;
	const char *parts[4];
	struct el_anew anew = {.with = {.maps = &swap->spec, .maps_count = 1}};
	struct el_site site = {0};
	char *at = copy;
	int err = copy ? el_map_path_find(context, swap->path, &pin) : el_fail_memory(context);

	if (err)
		return err;
	for (int i = 0; i < 4; i++) /* el_map_path_find() has checked the number of parts */
		parts[i] = strsep(&at, "/");
	if (el_hook_parse(parts[1], &site.hook))
		return el_fail(context, EL_USAGE, EINVAL, NULL, "%s is not a hook", parts[1]);
	anew.with.name = parts[2];
	swap->spec.name = strrchr(pin, '/') + 1; /* from the pin: the path may use another name */
	if (swap->grows)
		anew.growth = (struct el_growth){parts[2], swap->spec.name, swap->coming};
	site.device = parts[0];
	return el_chain_anew(context, &site, &anew, out);
}

int el_map_replace(struct el_context *context, const char *path, const char *file,
		   struct el_chain **out)
{
	struct swap swap = {.path = path, .spec = {.file = file, .replace = true}};

	return swap_map(context, &swap, out);
}

/* ---------------------------------------------------------------- tables */

/* Whether the map of a chain, with the entries of a load in it, may be a table. */
static bool may_be_table(const struct el_map *map, const struct el_map_load *load)
{
	const char *slash = strchr(map->path, '/');

	return slash && strchr(slash + 1, '/') && map->type == BPF_MAP_TYPE_LPM_TRIE &&
	       map->info.key_size == sizeof(struct edge_prefix_key) &&
	       el_map_load_count(load) >= EL_TABLE_MIN;
}

/* Make the chain's next generation, in which the map has room for the entries to come. */
static int lay_out_anew(struct el_map *map, struct el_map_load *coming)
{
	struct swap swap = {.path = map->path, .grows = true, .coming = coming};
	_cleanup_chain_ struct el_chain *chain = NULL;
	_cleanup_map_ struct el_map *now = NULL;
	int err = swap_map(map->context, &swap, &chain);

	if (!err)
		err = el_map_open(map->context, map->path, &now);
	if (!err)
		el_map_exchange(map, now);
	return err;
}

/* Make a table of the kernel's map, if many entries will be in it. *@has: whether it is one, with
 * the entries, which it got before packets saw it. */
static int become_table(struct el_map *map, struct el_map_load *load, bool *has)
{
	int err;

	*has = false;
	if (map->table || !may_be_table(map, load))
		return 0;
	err = el_map_load_check(load);
	if (err)
		return err;
	if (lay_out_anew(map, load))
		el_warn(map->context,
			"map %s stays a map of the kernel, which is slow with so many entries: %s",
			map->path, map->context->error.what);
	*has = map->table;
	return 0;
}

int el_map_load(struct el_map *map, const char *file, size_t *loaded)
{
	_cleanup_(el_map_load_cleanup) struct el_map_load *load = NULL;
	int err = el_map_load_read(map, file, &load);
	bool has = false;

	if (!err)
		err = become_table(map, load, &has);
	if (err)
		return err;
	*loaded = el_map_load_count(load);
	if (has)
		return 0;
	err = el_map_load_write(load, loaded);
	return err == -EXFULL ? lay_out_anew(map, load) : err;
}

int el_map_set(struct el_map *map, const char *key, const char *value)
{
	int err = el_map_set_here(map, key, value);

	if (err != -EXFULL)
		return err;
	err = lay_out_anew(map, NULL);
	return err ? err : el_map_set_here(map, key, value);
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
	struct swap swap = {.path = path, .spec = {.max_entries = entries}};
	int err;

	if (!entries)
		return el_fail(context, EL_USAGE, EINVAL, NULL,
			       "a map needs room for at least 1 entry");
	err = check_entries(context, path);
	return err ? err : swap_map(context, &swap, out);
}
