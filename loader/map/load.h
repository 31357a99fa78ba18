/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_MAP_LOAD_H
#define EL_MAP_LOAD_H
/*
 * The state of a load of entries: load.c reads and writes them, load_sort.c sorts and counts them.
 */
#include "map/map.h"

/* One entry of the file: its key, its value (for a per-CPU map: of all CPUs), and its line
 * number. */
struct records {
	uint8_t *bytes;
	size_t count, room, stride;
};

struct el_map_load {
	struct el_context *context;
	const struct el_map *map;
	const char *file;
	struct el_map_json json;
	struct records records;
	uint8_t *variables; /* the current variables of a program; a line may omit some */
	size_t line;
	size_t held, known; /* entries in the map; entries in both the map and the file */
};

static inline uint8_t *record_at(const struct el_map_load *load, size_t i)
{
	return load->records.bytes + i * load->records.stride;
}

/* Sort the records, and keep the last record of each key. */
void el_map_load_sort(struct el_map_load *load);
/* Check that the map has room for the sorted records. */
int el_map_load_check_room(struct el_map_load *load);
/* For el_map_walk(): count an entry of the map whose key is among the sorted records. */
int el_map_load_find(void *load, const void *key, const void *value);

#endif
