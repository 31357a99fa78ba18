// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A map as a whole: show or delete all entries. Entries are read in batches if the kernel supports
 * them for the kind of map (hash 5.6, array 5.5, LPM trie 5.16, per-CPU array 5.13), otherwise key
 * by key.
 */
#include <bpf/bpf.h>

#include "map/map.h"
#include "base/reason.h"

#define CHUNK_ENTRIES 8192
#define CHUNK_BYTES   (8u << 20)
#define ENOTSUPP      524 /* internal to the kernel, include/linux/errno.h */

uint32_t el_map_chunk(const struct el_map *map)
{
	uint32_t entry = map->info.key_size + map->value_room + 1;
	uint32_t entries = CHUNK_BYTES / entry + 1;

	return entries < CHUNK_ENTRIES ? entries : CHUNK_ENTRIES;
}

bool el_map_no_batch(int error)
{
	return error == ENOTSUPP || error == EOPNOTSUPP || error == EINVAL;
}

struct walk {
	const struct el_map *map;
	int (*visit)(void *data, const void *key, const void *value);
	void *data;
	size_t left; /* limit of visits, against endless restarts */
};

static int fail_walk(const struct walk *walk, int error)
{
	if (error == EPERM || error == EACCES)
		return el_fail(walk->map->context, EL_PRIVILEGE, error, "run as root (CAP_BPF)",
			       "no permission to read map %s", walk->map->path);
	return el_fail(walk->map->context, EL_FAILED, error, NULL, "can't read map %s: %s",
		       walk->map->path, el_reason(EL_OP_MAP_READ, error));
}

/*
 * If the current key is deleted, some kinds of map restart the walk at the first key. Under
 * constant deletion, only this limit ends the walk.
 */
static int visit_entry(struct walk *walk, const void *key, const void *value)
{
	if (!walk->left--)
		return el_fail(walk->map->context, EL_CONFLICT, EBUSY, "try again",
			       "map %s changes faster than it can be read", walk->map->path);
	return walk->visit(walk->data, key, value);
}

static int walk_keys(struct walk *walk)
{
	const struct el_map *map = walk->map;
	_cleanup_free_ void *keys = calloc(2, map->info.key_size);
	_cleanup_free_ void *value = calloc(1, map->value_room + 1);
	void *key = keys, *previous = NULL;
	int err = 0;

	if (!keys || !value)
		return el_fail_memory(walk->map->context);
	while (!err && !bpf_map_get_next_key(map->fd, previous, key)) {
		/* ENOENT: the entry was deleted meanwhile, or a slot of a program array is empty */
		if (!bpf_map_lookup_elem(map->fd, key, value))
			err = visit_entry(walk, key, value);
		else if (errno != ENOENT)
			err = fail_walk(walk, errno);
		previous = key;
		key = key == keys ? (uint8_t *)keys + map->info.key_size : keys;
	}
	return err || errno == ENOENT ? err : fail_walk(walk, errno);
}

/* Buffers of one batch, and the kernel's two tokens: for its start and for its end. */
struct batch {
	uint32_t size, count;
	uint8_t *keys, *values, *tokens;
	bool begun;
};

static void cleanup_batch(struct batch *batch)
{
	free(batch->keys);
	free(batch->values);
	free(batch->tokens);
}

static int batch_resize(const struct walk *walk, struct batch *batch, uint32_t size)
{
	const struct el_map *map = walk->map;
	uint8_t *keys = reallocarray(batch->keys, size, map->info.key_size);
	uint8_t *values = reallocarray(batch->values, size, map->value_room + 1);

	batch->keys = keys ? keys : batch->keys;
	batch->values = values ? values : batch->values;
	batch->size = size;
	return keys && values ? 0 : el_fail_memory(walk->map->context);
}

/* One system call. Return: 0, or the errno; ENOENT comes with the last entries. */
static int batch_read(const struct walk *walk, struct batch *batch, size_t token)
{
	int err;

	batch->count = batch->size;
	err = bpf_map_lookup_batch(walk->map->fd, batch->begun ? batch->tokens : NULL,
				   batch->tokens + token, batch->keys, batch->values, &batch->count,
				   NULL);
	return err ? errno : 0;
}

static int batch_visit(struct walk *walk, const struct batch *batch)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < batch->count; i++)
		err = visit_entry(walk, batch->keys + (size_t)i * walk->map->info.key_size,
				  batch->values + (size_t)i * walk->map->value_room);
	return err;
}

static int walk_batches(struct walk *walk, bool *unsupported)
{
	_cleanup_(cleanup_batch) struct batch batch = {0};
	/* A token is a hash's bucket, an array's index, or a key. */
	size_t token = walk->map->info.key_size > 8 ? walk->map->info.key_size : 8;
	int error = 0, err = batch_resize(walk, &batch, el_map_chunk(walk->map));

	batch.tokens = calloc(2, token);
	if (!batch.tokens)
		return el_fail_memory(walk->map->context);
	while (!err && error != ENOENT) {
		error = batch_read(walk, &batch, token);
		if (error == ENOSPC) { /* a bucket has more entries than the batch */
			err = batch_resize(walk, &batch, batch.size * 2);
			continue;
		}
		if (!batch.begun && el_map_no_batch(error)) {
			*unsupported = true;
			return 0;
		}
		/* EINTR: the kernel lost its position between two entries; go on from the token */
		if (error && error != ENOENT && error != EINTR)
			return fail_walk(walk, error);
		err = batch_visit(walk, &batch);
		memcpy(batch.tokens, batch.tokens + token, token);
		batch.begun = true;
	}
	return err;
}

int el_map_walk(const struct el_map *map,
		int (*visit)(void *data, const void *key, const void *value), void *data)
{
	struct walk walk = {.map = map, .visit = visit, .data = data};
	bool unsupported = false;
	int err = el_map_check_readable(map);

	walk.left = (size_t)map->info.max_entries * 3 + 1000;
	if (!err && map->table)
		return el_map_walk_table(map, visit, data);
	if (!err)
		err = walk_batches(&walk, &unsupported);
	return unsupported ? walk_keys(&walk) : err;
}

/* ---------------------------------------------------------------- showing */

/* One stream and one buffer for all entries: opening a stream takes longer than writing an
 * entry. */
struct dump {
	const struct el_map *map;
	enum el_format format;
	int (*entry)(void *data, const char *key, const char *value);
	void *data;
	FILE *stream;
	char *text;
	size_t length;
};

static int dump_entry(void *data, const void *key, const void *value)
{
	struct dump *dump = data;
	long middle;

	rewind(dump->stream);
	el_value_type_write(dump->map->key, key, dump->format, dump->stream);
	fputc('\0', dump->stream);
	middle = ftell(dump->stream);
	el_map_write_entry(dump->map, &(struct el_map_entry){key, value}, dump->format,
			   dump->stream);
	fputc('\0', dump->stream);
	if (fflush(dump->stream) || middle < 0)
		return el_fail_memory(dump->map->context);
	return dump->entry(dump->data, dump->text, dump->text + middle);
}

int el_map_dump(struct el_map *map, enum el_format format,
		int (*entry)(void *data, const char *key, const char *value), void *data)
{
	struct dump dump = {.map = map, .format = format, .entry = entry, .data = data};
	_cleanup_fd_ int lock = -1;
	int err;

	dump.stream = open_memstream(&dump.text, &dump.length);
	if (!dump.stream)
		return el_fail_memory(map->context);
	el_map_hold_reading(map, &lock);
	err = el_map_walk(map, dump_entry, &dump);
	fclose(dump.stream);
	free(dump.text);
	return err;
}

/* ---------------------------------------------------------------- emptying */

struct keys {
	const struct el_map *map;
	uint8_t *bytes;
	size_t count, room;
};

static void cleanup_keys(struct keys *keys)
{
	free(keys->bytes);
}

static int collect_key(void *data, const void *key, const void *value)
{
	struct keys *keys = data;
	uint32_t size = keys->map->info.key_size;

	(void)value;
	if (keys->count == keys->room) {
		size_t room = keys->room ? keys->room * 2 : 1024;
		uint8_t *bytes = reallocarray(keys->bytes, room, size);

		if (!bytes)
			return el_fail_memory(keys->map->context);
		keys->bytes = bytes;
		keys->room = room;
	}
	memcpy(keys->bytes + keys->count++ * size, key, size);
	return 0;
}

/* Delete keys from @at on. An entry that another process deleted first counts as deleted. */
static int delete_some(const struct keys *keys, size_t *at)
{
	const struct el_map *map = keys->map;
	size_t left = keys->count - *at;
	uint32_t count = left < CHUNK_ENTRIES ? (uint32_t)left : CHUNK_ENTRIES;
	uint8_t *first = keys->bytes + *at * map->info.key_size;
	int error = EOPNOTSUPP;

	if (!map->table)
		error = bpf_map_delete_batch(map->fd, first, &count, NULL) ? errno : 0;

	if (el_map_no_batch(error)) {
		count = 1;
		error = el_map_delete(map, first) ? errno : 0;
		if (error == ENOENT)
			error = 0;
	}
	if (error == ENOENT) {
		count++;
		error = 0;
	}
	*at += count;
	return error ? el_map_fail_update(map, error) : 0;
}

/* The entries of an array cannot be deleted, so set them to zero. */
static int zero_array(const struct el_map *map)
{
	_cleanup_free_ void *value = calloc(1, map->value_room + 1);
	int err = value ? el_check_memory(map->context) : el_fail_memory(map->context);

	if (err)
		return err;
	for (uint32_t i = 0; i < map->info.max_entries; i++)
		if (bpf_map_update_elem(map->fd, &i, value, BPF_ANY))
			return el_map_fail_update(map, errno);
	return 0;
}

static int flush(struct el_map *map, size_t *deleted)
{
	_cleanup_(cleanup_keys) struct keys keys = {.map = map};
	int err = el_map_check_writable(map);
	size_t at = 0;

	if (!err && el_value_type_is_section(map->value))
		return el_fail(map->context, EL_USAGE, EINVAL,
			       "set variables by name: edge-load map set PATH 0 '{NAME=VALUE}'",
			       "map %s holds the program's variables and can't be emptied",
			       map->path);
	if (!err && el_map_is_array(map)) {
		err = zero_array(map);
		at = map->info.max_entries;
	} else if (!err) {
		err = el_map_walk(map, collect_key, &keys);
	}
	if (!err)
		err = el_check_memory(map->context);
	while (!err && at < keys.count)
		err = delete_some(&keys, &at);
	if (!err)
		*deleted = at;
	return err;
}

int el_map_flush(struct el_map *map, size_t *deleted)
{
	_cleanup_fd_ int lock = -1;
	int err = el_map_hold_anew(map, &lock);

	return err ? err : flush(map, deleted);
}
