// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Read the maps of an instance: their content, their sizes, their shared names. Keys and values
 * stay text, since only the types of the map can show whether they are valid.
 */
#include <ctype.h>

#include "chain/chain.h"
#include "manifest/read.h"

/* ---------------------------------------------------------------- entries */

static int read_entry(struct manifest_reader *reader, const struct manifest_node *key,
		      const struct manifest_node *value, struct el_manifest_entry *entry)
{
	int err =
		el_manifest_read_value(reader, (struct manifest_field){"a key", key}, &entry->key);

	entry->at = key->at;
	if (!err && !entry->key)
		err = el_manifest_refuse(reader, key->at, NULL, "a key is missing");
	if (!err && value)
		err = el_manifest_read_value(reader, (struct manifest_field){entry->key, value},
					     &entry->value);
	return err;
}

/* Whether the item of a list is an entry as map dump -j writes it, {key: K, value: V, cpus: [V]},
 * and not a key. The list of all CPUs' values counts, if there is one. */
static bool is_entry(const struct manifest_node *item, const struct manifest_node **key,
		     const struct manifest_node **value)
{
	const struct manifest_node *single = NULL, *cpus = NULL;

	*key = NULL;
	for (size_t i = 0; item->kind == MANIFEST_MAPPING && i < item->count; i++) {
		const struct manifest_node *node = manifest_value(item, i);
		const char *name = manifest_key(item, i)->text;

		if (name && !strcmp(name, "key") && !*key)
			*key = node;
		else if (name && !strcmp(name, "value") && !single)
			single = node;
		else if (name && !strcmp(name, "cpus") && !cpus)
			cpus = node;
		else
			return false;
	}
	*value = cpus ? cpus : single;
	return *key && *value;
}

static int read_item(struct manifest_reader *reader, const struct manifest_node *item,
		     struct el_manifest_entry *entry)
{
	const struct manifest_node *key, *value;

	return is_entry(item, &key, &value) ? read_entry(reader, key, value, entry)
					    : read_entry(reader, item, NULL, entry);
}

static int check_entries_twice(struct manifest_reader *reader, const struct el_manifest_map *map)
{
	struct manifest_word *words =
		el_manifest_alloc(reader, map->entries_count + 1, sizeof(*words));
	const struct manifest_word *twice;

	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < map->entries_count; i++) {
		words[i].text = map->entries[i].key;
		words[i].at = map->entries[i].at;
	}
	twice = el_manifest_find_twice(words, map->entries_count);
	if (!twice)
		return 0;
	return el_manifest_refuse(reader, twice->at, "keep only one of them",
				  "key %s is given twice; the first is in line %u",
				  el_manifest_shown(twice->text).text, twice[-1].at.line);
}

/* A mapping of keys to values, or a list of keys or of entries. */
static int read_entries(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct el_manifest_map *map = out;
	struct el_manifest_entry *entries;
	int err = 0;

	if (field.node->kind == MANIFEST_SCALAR)
		return el_manifest_refuse(reader, field.node->at,
					  "write {key: value, key: value}, [key, key] where values "
					  "are zero, or {} for an empty map",
					  "%s is neither a mapping nor a list", field.name);
	entries = el_manifest_alloc(reader, field.node->count + 1, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; !err && i < field.node->count; i++)
		err = field.node->kind == MANIFEST_LIST
			      ? read_item(reader, field.node->items[i], &entries[i])
			      : read_entry(reader, manifest_key(field.node, i),
					   manifest_value(field.node, i), &entries[i]);
	if (err)
		return err;
	map->entries = entries;
	map->entries_count = field.node->count;
	return check_entries_twice(reader, map);
}

/* ---------------------------------------------------------------- the other keys */

static int read_file(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct el_manifest_map *map = out;

	map->file_at = field.node->at;
	return el_manifest_read_path(reader, field, &map->file);
}

static int read_size(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct el_manifest_map *map = out;

	map->size_at = field.node->at;
	return el_manifest_read_number(reader, field, UINT32_MAX, &map->size);
}

/* The name becomes a file name in the bpffs, which accepts no dots. */
static int read_shared(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct el_manifest_map *map = out;
	int err = el_manifest_read_text(reader, field, &map->shared);

	map->shared_at = field.node->at;
	if (err || el_instance_name_valid(map->shared))
		return err;
	return el_manifest_refuse(
		reader, field.node->at, "a name has up to 31 letters, digits, - and _",
		"%s is not a valid name of a shared map", el_manifest_shown(map->shared).text);
}

/* ---------------------------------------------------------------- the whole map */

/* An identifier of C, as map names in sources are. */
static bool is_map_name(const char *text)
{
	if (isdigit((unsigned char)*text))
		return false;
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_')
			return false;
	return *text && strlen(text) < 128;
}

static int read_map(struct manifest_reader *reader, const struct manifest_node *key,
		    const struct manifest_node *value, struct el_manifest_map *map)
{
	static const struct manifest_want wants[] = {{"file", false, read_file},
						     {"entries", false, read_entries},
						     {"size", false, read_size},
						     {"shared", false, read_shared},
						     {0}};
	int err = el_manifest_read_text(reader, (struct manifest_field){"a map name", key},
					&map->name);

	map->at = key->at;
	if (!err && !is_map_name(map->name))
		err = el_manifest_refuse(
			reader, key->at, "give the map's name in the source, an identifier",
			"%s is not a valid map name", el_manifest_shown(map->name).text);
	if (!err)
		err = el_manifest_read_mapping(reader, (struct manifest_field){"a map", value},
					       wants, map);
	if (!err && map->file && map->entries)
		err = el_manifest_refuse(reader, map->file_at, "keep only one of them",
					 "map %s has both file and entries", map->name);
	return err;
}

static int check_maps_twice(struct manifest_reader *reader, const struct el_manifest_map *maps,
			    size_t count)
{
	struct manifest_word *words = el_manifest_alloc(reader, count + 1, sizeof(*words));
	const struct manifest_word *twice;

	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		words[i].text = maps[i].name;
		words[i].at = maps[i].at;
	}
	twice = el_manifest_find_twice(words, count);
	if (!twice)
		return 0;
	return el_manifest_refuse(reader, twice->at, "keep only one of them",
				  "map %s is given twice; the first is in line %u", twice->text,
				  twice[-1].at.line);
}

int el_manifest_read_maps(struct manifest_reader *reader, struct manifest_field field,
			  struct el_manifest_instance *instance)
{
	struct el_manifest_map *maps;
	int err = el_manifest_want(reader, field, MANIFEST_MAPPING);

	if (err)
		return err;
	maps = el_manifest_alloc(reader, field.node->count + 1, sizeof(*maps));
	if (!maps)
		return -ENOMEM;
	for (size_t i = 0; !err && i < field.node->count; i++)
		err = read_map(reader, manifest_key(field.node, i), manifest_value(field.node, i),
			       &maps[i]);
	if (err)
		return err;
	instance->maps = maps;
	instance->maps_count = field.node->count;
	return check_maps_twice(reader, maps, field.node->count);
}

/* ---------------------------------------------------------------- shared maps */

static int compare_shared(const void *a, const void *b)
{
	const struct el_manifest_map *left = *(const struct el_manifest_map *const *)a;
	const struct el_manifest_map *right = *(const struct el_manifest_map *const *)b;
	int order = strcmp(left->shared, right->shared);

	if (order)
		return order;
	return left->at.line < right->at.line ? -1 : left->at.line > right->at.line;
}

static bool is_same_place(struct el_position a, struct el_position b)
{
	return a.line == b.line && a.column == b.column;
}

static bool is_filled(const struct el_manifest_map *map)
{
	return map->file || map->entries;
}

/* Check that @second does not contradict @first, the last earlier declaration of the size or the
 * content of a shared map. An alias repeats one place of the file, and so is no contradiction. */
static int check_pair(struct manifest_reader *reader, const struct el_manifest_map *first,
		      const struct el_manifest_map *second, bool sizes)
{
	if (is_same_place(first->at, second->at))
		return 0;
	if (sizes && first->size != second->size)
		return el_manifest_refuse(
			reader, second->size_at,
			"all instances that share a map have the same size for it",
			"shared map %s has the size %u here, and %u in line %u", second->shared,
			second->size, first->size, first->size_at.line);
	if (!sizes)
		return el_manifest_refuse(reader, second->at, "fill a shared map in one place",
					  "shared map %s is filled here, and in line %u",
					  second->shared, first->at.line);
	return 0;
}

static int check_sorted(struct manifest_reader *reader, const struct el_manifest_map *const *maps,
			size_t count)
{
	const struct el_manifest_map *sized = NULL, *filled = NULL;
	int err = 0;

	for (size_t i = 0; !err && i < count; i++) {
		if (i && strcmp(maps[i]->shared, maps[i - 1]->shared))
			sized = filled = NULL;
		if (maps[i]->size && sized)
			err = check_pair(reader, sized, maps[i], true);
		if (!err && is_filled(maps[i]) && filled)
			err = check_pair(reader, filled, maps[i], false);
		if (maps[i]->size)
			sized = maps[i];
		if (is_filled(maps[i]))
			filled = maps[i];
	}
	return err;
}

/* Collect the shared maps of @manifest in @out, unless it is NULL. Return: their number. */
static size_t gather_shared(const struct el_manifest *manifest, const struct el_manifest_map **out)
{
	size_t count = 0;

	for (size_t i = 0; i < manifest->chains_count; i++) {
		const struct el_manifest_chain *chain = &manifest->chains[i];

		for (size_t j = 0; j < chain->instances_count; j++) {
			const struct el_manifest_instance *instance = &chain->instances[j];

			for (size_t k = 0; k < instance->maps_count; k++) {
				if (!instance->maps[k].shared)
					continue;
				if (out)
					out[count] = &instance->maps[k];
				count++;
			}
		}
	}
	return count;
}

int el_manifest_check_shared(struct manifest_reader *reader, const struct el_manifest *manifest)
{
	size_t count = gather_shared(manifest, NULL);
	const struct el_manifest_map **maps = el_manifest_alloc(reader, count + 1, sizeof(*maps));

	if (!maps)
		return -ENOMEM;
	gather_shared(manifest, maps);
	qsort(maps, count, sizeof(*maps), compare_shared);
	return check_sorted(reader, maps, count);
}
