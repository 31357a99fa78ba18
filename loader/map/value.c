// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Parse the value of an entry. For a per-CPU map, the text is a list of the values of all CPUs, as
 * entry.c writes it, or a single value. In a single value, counts (edge_counter) are the sum over
 * all CPUs and go to the first CPU; all other fields are stored for every CPU. So the output of a
 * read can be written back and has the same meaning.
 */
#include <ctype.h>

#include "map/map.h"

static char *skip_spaces(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return (char *)(uintptr_t)text;
}

/* ---------------------------------------------------------------- every CPU's value */

/* Parse [A,B,...], a value for each CPU; values that are omitted are zero. */
static int parse_cpus(const struct el_map *map, const struct el_value_text *text, uint8_t *room)
{
	_cleanup_free_ char *copy = strdup(skip_spaces(text->text));
	size_t length = copy ? strlen(copy) : 0;
	char *at = copy + 1;
	int err = 0;

	if (!copy)
		return el_fail_memory(map->context);
	while (length && isspace((unsigned char)copy[length - 1]))
		copy[--length] = '\0';
	if (length < 2 || copy[0] != '[' || copy[length - 1] != ']')
		return el_fail(map->context, EL_USAGE, EINVAL, "[A,B,...], as map dump writes it",
			       "%s: \"%.60s\" is not a list of every CPU's value", text->name,
			       skip_spaces(text->text));
	copy[length - 1] = '\0';
	memset(room, 0, map->value_room);
	for (uint32_t cpu = 0; !err && *skip_spaces(at); cpu++) {
		char *end = el_value_text_end(at, ',', NULL);
		bool more = *end;

		*end = '\0';
		if (cpu == map->cpus)
			return el_fail(map->context, EL_USAGE, EINVAL,
				       "remove the values of CPUs that this machine lacks",
				       "%s: there are more values than the %u CPUs of this machine",
				       text->name, map->cpus);
		err = el_value_type_parse(map->context, map->value,
					  &(struct el_value_text){text->name, at},
					  room + (size_t)cpu * EL_MAP_STRIDE(map->info.value_size));
		at = end + more;
	}
	return err;
}

/* Store a single value for all CPUs. A count is the sum over all CPUs, so the first CPU gets all of
 * it. */
static int spread(const struct el_map *map, const uint8_t *value, uint8_t *room)
{
	_cleanup_free_ struct el_value_leaf *leaves = NULL;
	size_t count = 0;
	int err = el_value_type_leaves(map->context, map->value, &leaves, &count);

	for (uint32_t cpu = 0; !err && cpu < map->cpus; cpu++) {
		uint8_t *of_cpu = room + (size_t)cpu * EL_MAP_STRIDE(map->info.value_size);

		memcpy(of_cpu, value, map->info.value_size);
		for (size_t i = 0; cpu && i < count; i++)
			if (leaves[i].sums)
				memset(of_cpu + leaves[i].offset, 0, leaves[i].size);
	}
	return err;
}

/* Whether @text is a list of the CPUs' values rather than a single value, which may be an array. */
static bool is_cpu_list(const struct el_map *map, const char *text)
{
	uint32_t depth = el_value_type_depth(map->value), brackets = 0;

	for (text = skip_spaces(text); *text == '['; text = skip_spaces(text + 1))
		brackets++;
	return brackets > depth;
}

int el_map_parse_value(const struct el_map *map, const struct el_value_text *text, uint8_t *room)
{
	_cleanup_free_ uint8_t *value = NULL;
	int err;

	if (!map->cpus)
		return el_value_type_parse(map->context, map->value, text, room);
	if (is_cpu_list(map, text->text))
		return parse_cpus(map, text, room);
	value = calloc(1, map->info.value_size + 1);
	if (!value)
		return el_fail_memory(map->context);
	err = el_value_type_parse(map->context, map->value, text, value);
	return err ? err : spread(map, value, room);
}
