// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Read, delete and show one entry of a map. For a per-CPU map, the kernel copies one value for each
 * possible CPU, each 8-byte aligned.
 */
#include <bpf/bpf.h>

#include "map/map.h"
#include "base/reason.h"

bool el_map_is_full(const struct el_map *map, int error)
{
	/* kernel/bpf: hashtab.c says E2BIG, lpm_trie.c ENOSPC. */
	return error == ENOSPC || (error == E2BIG && !el_map_is_array(map));
}

/* BPF_MAP_FREEZE is permanent, and only the fdinfo file in /proc reports it. */
static bool is_frozen(const struct el_map *map)
{
	_cleanup_free_ char *path = el_format("/proc/self/fdinfo/%d", map->fd);
	_cleanup_file_ FILE *file = path ? fopen(path, "re") : NULL;
	char line[128];
	int frozen = 0;

	while (file && !frozen && fgets(line, sizeof(line), file))
		sscanf(line, "frozen: %d", &frozen);
	return frozen;
}

static int fail_frozen(const struct el_map *map)
{
	return el_fail(map->context, EL_USAGE, EPERM, "only programs can change the map now",
		       "map %s is frozen (BPF_MAP_FREEZE): user space can't change it", map->path);
}

int el_map_fail_update(const struct el_map *map, int error)
{
	if (el_map_is_full(map, error))
		return el_fail(map->context, EL_FAILED, ENOSPC,
			       "delete entries, or give the map more max_entries in the source",
			       "map %s is full (%u entries)", map->path, map->info.max_entries);
	if (error == EPERM && (map->info.flags & BPF_F_RDONLY_PROG))
		return el_fail(map->context, EL_USAGE, EPERM,
			       "to change parameters, use edge-load param set",
			       "map %s is read-only data, frozen when the program was loaded",
			       map->path);
	if (error == EPERM && is_frozen(map))
		return fail_frozen(map);
	if (error == EPERM || error == EACCES)
		return el_fail(map->context, EL_PRIVILEGE, error, "run as root (CAP_BPF)",
			       "no permission to change map %s", map->path);
	return el_fail(map->context, EL_FAILED, error, NULL, "can't change map %s: %s", map->path,
		       el_reason(EL_OP_MAP_UPDATE, error));
}

static const uint8_t *value_of(const struct el_map *map, const void *room, uint32_t cpu)
{
	return (const uint8_t *)room + (size_t)cpu * EL_MAP_STRIDE(map->info.value_size);
}

static void write_sum(const struct el_map *map, const void *room, enum el_format format,
		      FILE *stream)
{
	_cleanup_free_ void *sum = calloc(1, map->info.value_size + 1);

	for (uint32_t cpu = 0; sum && cpu < map->cpus; cpu++)
		el_value_type_add(map->value, sum, value_of(map, room, cpu));
	if (sum)
		el_value_type_write(map->value, sum, format, stream);
}

void el_map_write_cpus(const struct el_map *map, const void *room, enum el_format format,
		       FILE *stream)
{
	fputc('[', stream);
	for (uint32_t cpu = 0; cpu < map->cpus; cpu++) {
		if (cpu)
			fputc(',', stream);
		el_value_type_write(map->value, value_of(map, room, cpu), format, stream);
	}
	fputc(']', stream);
}

static void write_text(const struct el_map *map, const void *value, FILE *stream)
{
	if (!map->cpus)
		el_value_type_write(map->value, value, EL_TEXT, stream);
	else if (el_value_type_counts(map->value))
		write_sum(map, value, EL_TEXT, stream);
	else
		el_map_write_cpus(map, value, EL_TEXT, stream);
}

void el_map_write_entry(const struct el_map *map, const struct el_map_entry *entry,
			enum el_format format, FILE *stream)
{
	const void *value = entry->value;

	if (format == EL_TEXT) {
		write_text(map, value, stream);
		return;
	}
	fputs("{\"key\":", stream);
	el_value_type_write(map->key, entry->key, EL_JSON, stream);
	if (!map->cpus) {
		fputs(",\"value\":", stream);
		el_value_type_write(map->value, value, EL_JSON, stream);
	} else {
		if (el_value_type_sums(map->value)) { /* for people; a load reads "cpus" */
			fputs(",\"value\":", stream);
			write_sum(map, value, EL_JSON, stream);
		}
		fputs(",\"cpus\":", stream);
		el_map_write_cpus(map, value, EL_JSON, stream);
	}
	fputc('}', stream);
}

static int format_entry(const struct el_map *map, const struct el_map_entry *entry,
			enum el_format format, char **out)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	if (!stream)
		return el_fail_memory(map->context);
	el_map_write_entry(map, entry, format, stream);
	if (el_stream_end(stream, &text))
		return el_fail_memory(map->context);
	*out = TAKE_PTR(text);
	return 0;
}

/* @operation: EL_OP_MAP_READ or EL_OP_MAP_DELETE. */
static int fail_entry(const struct el_map *map, const char *key, enum el_operation operation)
{
	int error = errno;

	if (error == ENOENT)
		return el_fail(map->context, EL_NOT_FOUND, ENOENT, NULL, "map %s has no entry %s",
			       map->path, key);
	if (error == EPERM && operation == EL_OP_MAP_DELETE && is_frozen(map))
		return fail_frozen(map);
	if (error == EPERM || error == EACCES)
		return el_fail(map->context, EL_PRIVILEGE, error, "run as root (CAP_BPF)",
			       "no permission for map %s", map->path);
	return el_fail(map->context, EL_FAILED, error, NULL, "entry %s of map %s: %s", key,
		       map->path, el_reason(operation, error));
}

struct sought {
	const struct el_map *map;
	const uint8_t *key;
	uint8_t *shorter; /* the longest shorter prefix so far that contains the key */
	bool found;
};

static uint32_t prefix_length(const void *key)
{
	uint32_t length;

	memcpy(&length, key, sizeof(length));
	return length;
}

/* Whether the prefix @holder of an LPM trie contains the prefix @key. */
static bool holds(const uint8_t *holder, const uint8_t *key)
{
	uint32_t bits = prefix_length(holder), whole = bits / 8, rest = bits % 8;

	holder += sizeof(uint32_t);
	return bits <= prefix_length(key) && !memcmp(holder, key + sizeof(uint32_t), whole) &&
	       (!rest || !((holder[whole] ^ key[sizeof(uint32_t) + whole]) >> (8 - rest)));
}

static int compare_prefix(void *data, const void *key, const void *value)
{
	struct sought *sought = data;

	(void)value;
	if (!holds(key, sought->key))
		return 0;
	if (prefix_length(key) == prefix_length(sought->key))
		sought->found = true;
	else if (prefix_length(key) >= prefix_length(sought->shorter))
		memcpy(sought->shorter, key, sought->map->info.key_size);
	return sought->found;
}

static int fail_prefix(const struct el_map *map, const char *key, const uint8_t *shorter)
{
	_cleanup_free_ char *text = el_value_type_text(map->key, shorter), *hint = NULL;

	if (!text)
		return el_fail_memory(map->context);
	hint = el_format("the longest prefix in the map that contains it is %s", text);
	return el_fail(map->context, EL_NOT_FOUND, ENOENT, hint, "map %s has no entry %s",
		       map->path, key);
}

/* A lookup in a prefix table also finds a shorter prefix, which is another entry, and the kernel
 * does not report which prefix it found. Return: 0; -ENOENT the table has only a shorter prefix. */
static int check_prefix(const struct el_map *map, const char *key, const uint8_t *key_bytes)
{
	_cleanup_free_ uint8_t *shorter = calloc(1, map->info.key_size + 1);
	struct sought sought = {map, key_bytes, shorter, false};
	int err =
		shorter ? el_map_walk(map, compare_prefix, &sought) : el_fail_memory(map->context);

	if (err < 0 || sought.found)
		return err < 0 ? err : 0;
	return fail_prefix(map, key, shorter);
}

int el_map_get(struct el_map *map, const char *key, enum el_format format, char **out)
{
	_cleanup_free_ void *key_bytes = calloc(1, map->info.key_size + 1);
	_cleanup_free_ void *room = calloc(1, map->value_room + 1);
	_cleanup_fd_ int lock = -1;
	int err = el_map_check_readable(map);

	if (!key_bytes || !room)
		return el_fail_memory(map->context);
	if (!err)
		err = el_map_parse_key(map, &(struct el_value_text){map->what_key, key}, key_bytes);
	if (err)
		return err;
	el_map_hold_reading(map, &lock);
	if (el_map_lookup(map, key_bytes, room))
		return fail_entry(map, key, EL_OP_MAP_READ);
	if (map->type == BPF_MAP_TYPE_LPM_TRIE && !el_map_place(map, key_bytes))
		err = check_prefix(map, key, key_bytes);
	return err ? err : format_entry(map, &(struct el_map_entry){key_bytes, room}, format, out);
}

static int del(struct el_map *map, const char *key)
{
	_cleanup_free_ void *key_bytes = calloc(1, map->info.key_size + 1);
	int err = el_map_check_settable(map);

	if (!key_bytes)
		return el_fail_memory(map->context);
	if (!err && el_map_is_array(map))
		return el_fail(map->context, EL_USAGE, EINVAL,
			       "set the entry to zero: edge-load map set PATH KEY",
			       "map %s is an array, whose entries can't be deleted", map->path);
	if (!err)
		err = el_map_parse_key(map, &(struct el_value_text){map->what_key, key}, key_bytes);
	if (!err)
		err = el_check_memory(map->context);
	if (err)
		return err;
	if (el_map_delete(map, key_bytes))
		return fail_entry(map, key, EL_OP_MAP_DELETE);
	return 0;
}

int el_map_del(struct el_map *map, const char *key)
{
	_cleanup_fd_ int lock = -1;
	int err = el_map_hold_anew(map, &lock);

	return err ? err : del(map, key);
}
