// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A buffer of entries to write into a map: in batches if the kernel supports them for the kind of
 * map, otherwise singly.
 */
#include <bpf/bpf.h>

#include "map/map.h"

int el_map_writer_open(const struct el_map *map, struct el_map_writer *writer)
{
	*writer =
		(struct el_map_writer){.map = map, .size = el_map_chunk(map), .single = map->table};
	writer->keys = calloc(writer->size, map->info.key_size + 1);
	writer->values = calloc(writer->size, map->value_room + 1);
	if (writer->keys && writer->values)
		return 0;
	el_map_writer_free(writer);
	return el_fail_memory(map->context);
}

void el_map_writer_free(struct el_map_writer *writer)
{
	free(writer->keys);
	free(writer->values);
	writer->keys = writer->values = NULL;
}

bool el_map_writer_next(struct el_map_writer *writer, uint8_t **key, uint8_t **value)
{
	const struct el_map *map = writer->map;

	if (writer->count == writer->size)
		return false;
	*key = writer->keys + (size_t)writer->count * map->info.key_size;
	*value = writer->values + (size_t)writer->count * map->value_room;
	writer->count++;
	return true;
}

static int write_single(struct el_map_writer *writer, uint32_t *done)
{
	const struct el_map *map = writer->map;

	for (*done = 0; *done < writer->count; ++*done) {
		if (!el_map_update(map, writer->keys + (size_t)*done * map->info.key_size,
				   writer->values + (size_t)*done * map->value_room, BPF_ANY))
			continue;
		if (errno != EXFULL || !writer->lenient)
			return errno;
		writer->left_out++;
	}
	return 0;
}

int el_map_writer_flush(struct el_map_writer *writer)
{
	uint32_t done = writer->count;
	int error = 0;

	if (!writer->count)
		return 0;
	if (!writer->single)
		error = bpf_map_update_batch(writer->map->fd, writer->keys, writer->values, &done,
					     NULL)
				? errno
				: 0;
	if (el_map_no_batch(error))
		writer->single = true;
	if (writer->single)
		error = write_single(writer, &done);
	writer->written += done;
	writer->count = 0;
	return error;
}
