// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Sorts the entries of a load by their keys, and counts the entries that the map has room for.
 * load.c tells why they are sorted.
 */
#include "map/load.h"

/* Compare keys of a trie by address, then by prefix length; other keys as bytes. */
static int compare_keys(const struct el_map_load *load, const void *a, const void *b)
{
	size_t skip = load->map->type == BPF_MAP_TYPE_LPM_TRIE ? sizeof(uint32_t) : 0;
	int order = memcmp((const uint8_t *)a + skip, (const uint8_t *)b + skip,
			   load->map->info.key_size - skip);

	return order || !skip ? order : memcmp(a, b, skip);
}

static int compare_records(const void *a, const void *b, void *data)
{
	const struct el_map_load *load = data;
	size_t tail = load->records.stride - sizeof(size_t), line_a, line_b;
	int order = compare_keys(load, a, b);

	if (order)
		return order;
	memcpy(&line_a, (const uint8_t *)a + tail, sizeof(line_a));
	memcpy(&line_b, (const uint8_t *)b + tail, sizeof(line_b));
	return line_a < line_b ? -1 : line_a > line_b;
}

void el_map_load_sort(struct el_map_load *load)
{
	struct records *records = &load->records;
	size_t kept = 0;

	if (!records->count)
		return;
	qsort_r(records->bytes, records->count, records->stride, compare_records, load);
	for (size_t i = 0; i < records->count; i++) {
		if (i + 1 < records->count &&
		    !compare_keys(load, record_at(load, i), record_at(load, i + 1)))
			continue;
		if (kept != i)
			memcpy(record_at(load, kept), record_at(load, i), records->stride);
		kept++;
	}
	records->count = kept;
}

static int count_entry(void *data, const void *key, const void *value)
{
	struct el_map_load *load = data;

	(void)key;
	(void)value;
	load->held++;
	return 0;
}

int el_map_load_find(void *data, const void *key, const void *value)
{
	struct el_map_load *load = data;
	size_t low = 0, high = load->records.count;

	(void)value;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_keys(load, key, record_at(load, middle));

		if (!order) {
			load->known++;
			return 0;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return 0;
}

static int fail_room(struct el_map_load *load)
{
	return el_fail(load->context, EL_FAILED, ENOSPC,
		       "nothing was changed; give the map more max_entries in the source",
		       "map %s has room for %u entries: it holds %zu, and %s has %zu more",
		       load->map->path, load->map->info.max_entries, load->held, load->file,
		       load->records.count - load->known);
}

int el_map_load_check_room(struct el_map_load *load)
{
	const struct el_map *map = load->map;
	size_t room = map->info.max_entries;
	int err = 0;

	if (el_map_is_array(map))
		return 0;
	if (!el_map_is_lru(map))
		err = el_map_walk(map, count_entry, load);
	if (!err && load->records.count <= room && load->held + load->records.count > room)
		err = el_map_walk(map, el_map_load_find, load);
	if (!err && load->held + load->records.count - load->known > room)
		return fail_room(load);
	return err;
}
