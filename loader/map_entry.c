// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * One entry of a map: read, set, deleted, and shown. Of a per-CPU map the kernel copies one value
 * for each CPU that may ever be there, each 8-byte aligned.
 */
#include <bpf/bpf.h>

#include "map.h"
#include "map_reference.h"
#include "reason.h"

void el_map_spread_value(const struct el_map *map, const void *value, void *room)
{
	uint32_t stride = EL_MAP_STRIDE(map->info.value_size);

	if (!map->cpus)
		memcpy(room, value, map->info.value_size);
	for (uint32_t cpu = 0; cpu < map->cpus; cpu++)
		memcpy((uint8_t *)room + (size_t)cpu * stride, value, map->info.value_size);
}

static bool is_full(const struct el_map *map, int error)
{
	/* kernel/bpf: hashtab.c says E2BIG, lpm_trie.c ENOSPC. */
	return error == ENOSPC || (error == E2BIG && !el_map_is_array(map));
}

/* BPF_MAP_FREEZE is for ever, and only the descriptor's file in /proc tells of it. */
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

static int fail_frozen(struct el_context *context, const struct el_map *map)
{
	return el_fail(context, EL_USAGE, EPERM, "only a program can change it now",
		       "map %s is frozen (BPF_MAP_FREEZE): user space can't change it", map->path);
}

int el_map_fail_update(struct el_context *context, const struct el_map *map, int error)
{
	if (is_full(map, error))
		return el_fail(context, EL_FAILED, ENOSPC,
			       "delete some, or give the map more max_entries in the source",
			       "map %s is full (%u entries)", map->path, map->info.max_entries);
	if (error == EPERM && (map->info.flags & BPF_F_RDONLY_PROG))
		return el_fail(
			context, EL_USAGE, EPERM, "parameters are changed by edge-load param set",
			"map %s is read-only data, frozen when the program was loaded", map->path);
	if (error == EPERM && is_frozen(map))
		return fail_frozen(context, map);
	if (error == EPERM || error == EACCES)
		return el_fail(context, EL_PRIVILEGE, error, "run as root (CAP_BPF)",
			       "no permission to change map %s", map->path);
	return el_fail(context, EL_FAILED, error, NULL, "can't change map %s: %s", map->path,
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
	else if (el_value_type_sums(map->value))
		write_sum(map, value, EL_TEXT, stream);
	else
		el_map_write_cpus(map, value, EL_TEXT, stream);
}

void el_map_write_entry(const struct el_map *map, const void *key, const void *value,
			enum el_format format, FILE *stream)
{
	if (format == EL_TEXT) {
		write_text(map, value, stream);
		return;
	}
	fputs("{\"key\":", stream);
	el_value_type_write(map->key, key, EL_JSON, stream);
	if (!map->cpus) {
		fputs(",\"value\":", stream);
		el_value_type_write(map->value, value, EL_JSON, stream);
	} else {
		if (el_value_type_sums(map->value)) {
			fputs(",\"value\":", stream);
			write_sum(map, value, EL_JSON, stream);
		}
		fputs(",\"cpus\":", stream);
		el_map_write_cpus(map, value, EL_JSON, stream);
	}
	fputc('}', stream);
}

static int format_entry(struct el_context *context, const struct el_map *map, const void *key,
			const void *value, enum el_format format, char **out)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	if (!stream)
		return el_fail_memory(context);
	el_map_write_entry(map, key, value, format, stream);
	if (fclose(stream))
		return el_fail_memory(context);
	*out = TAKE_PTR(text);
	return 0;
}

/* @operation: EL_OP_MAP_READ or EL_OP_MAP_DELETE. */
static int fail_entry(struct el_context *context, const struct el_map *map, const char *key,
		      enum el_operation operation)
{
	int error = errno;

	if (error == ENOENT)
		return el_fail(context, EL_NOT_FOUND, ENOENT, NULL, "map %s has no entry %s",
			       map->path, key);
	if (error == EPERM && operation == EL_OP_MAP_DELETE && is_frozen(map))
		return fail_frozen(context, map);
	if (error == EPERM || error == EACCES)
		return el_fail(context, EL_PRIVILEGE, error, "run as root (CAP_BPF)",
			       "no permission for map %s", map->path);
	return el_fail(context, EL_FAILED, error, NULL, "entry %s of map %s: %s", key, map->path,
		       el_reason(operation, error));
}

int el_map_get(struct el_context *context, struct el_map *map, const char *key,
	       enum el_format format, char **out)
{
	_cleanup_free_ void *key_bytes = calloc(1, map->info.key_size + 1);
	_cleanup_free_ void *room = calloc(1, map->value_room + 1);
	int err = el_map_check_readable(context, map);

	if (!key_bytes || !room)
		return el_fail_memory(context);
	if (!err)
		err = el_map_parse_key(context, map, map->what_key, key, key_bytes);
	if (err)
		return err;
	if (bpf_map_lookup_elem(map->fd, key_bytes, room))
		return fail_entry(context, map, key, EL_OP_MAP_READ);
	return format_entry(context, map, key_bytes, room, format, out);
}

/* A map whose values are descriptors takes a reference alone. */
static int parse_holder(struct el_context *context, const struct el_map *map, const char *value,
			const struct el_references *references, void *bytes)
{
	bool program = map->type == BPF_MAP_TYPE_PROG_ARRAY;

	if (references->count != 1 || strncmp(value, program ? "prog:" : "map:", program ? 5 : 4))
		return el_fail(
			context, EL_USAGE, EINVAL,
			program ? "write prog:OBJECT#PROGRAM, or prog: and the path of a pin"
				: "write map: and the path of a map, as 'edge-load map list' shows "
				  "it, or of a pin",
			"%s: %s is not a %s", map->what_value, value ? value : "",
			program ? "program" : "map");
	memcpy(bytes, &references->fds[0], sizeof(references->fds[0]));
	return 0;
}

/* From the text of a value, with what it refers to, to bytes. */
static int parse_value(struct el_context *context, const struct el_map *map, const char *value,
		       struct el_references *references, void *bytes)
{
	_cleanup_free_ char *resolved = NULL;
	int err = 0;

	if (el_map_takes_references(map))
		err = el_map_resolve(context, map, value, references, &resolved);
	if (err)
		return err;
	if (el_map_is_holder(map))
		return parse_holder(context, map, value, references, bytes);
	return el_value_type_parse(context, map->value, map->what_value,
				   resolved ? resolved : value, bytes);
}

static int fail_reference(struct el_context *context, const struct el_map *map, const char *value)
{
	bool maps =
		map->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || map->type == BPF_MAP_TYPE_HASH_OF_MAPS;

	return el_fail(
		context, EL_USAGE, EINVAL,
		maps ? "all inner maps have one kind, one size and the same flags"
		     : "a program array takes programs of its chain's hook, a devmap those of "
		       "a section xdp/devmap, a cpumap those of xdp/cpumap",
		"the kernel does not take %s into map %s, a %s", value, map->path, map->info.kind);
}

static int update(struct el_context *context, const struct el_map *map, const void *key,
		  const char *value, void *bytes, bool frags)
{
	_cleanup_(el_references_close) struct el_references references = {.frags = frags};
	_cleanup_free_ void *room = calloc(1, map->value_room + 1);
	int err = room ? 0 : el_fail_memory(context);

	if (!err && value)
		err = parse_value(context, map, value, &references, bytes);
	if (err)
		return err;
	el_map_spread_value(map, bytes, room);
	if (!bpf_map_update_elem(map->fd, key, room, BPF_ANY))
		return 0;
	/* The map's programs agree on whether they take frames in fragments (kernel 5.18). */
	if (errno == EINVAL && references.loaded && !frags)
		return update(context, map, key, value, bytes, true);
	if (errno == EINVAL && references.count)
		return fail_reference(context, map, value);
	return el_map_fail_update(context, map, errno);
}

static int set(struct el_context *context, struct el_map *map, const char *key, const char *value)
{
	_cleanup_free_ void *key_bytes = calloc(1, map->info.key_size + 1);
	_cleanup_free_ void *bytes = calloc(1, map->info.value_size + 1);
	int err = el_map_check_settable(context, map);

	if (!key_bytes || !bytes)
		return el_fail_memory(context);
	if (!err)
		err = el_map_parse_key(context, map, map->what_key, key, key_bytes);
	if (!err)
		err = el_map_check_key(context, map, map->what_key, key, key_bytes);
	if (err)
		return err;
	/* Variables that the text leaves out keep their values. */
	if (el_value_type_is_section(map->value) && bpf_map_lookup_elem(map->fd, key_bytes, bytes))
		return fail_entry(context, map, key, EL_OP_MAP_READ);
	if (!value && el_map_is_holder(map))
		return parse_holder(context, map, "", &(struct el_references){0}, bytes);
	return update(context, map, key_bytes, value, bytes, false);
}

int el_map_set(struct el_context *context, struct el_map *map, const char *key, const char *value)
{
	_cleanup_fd_ int lock = -1;
	int err = el_map_hold_anew(context, map, &lock);

	return err ? err : set(context, map, key, value);
}

static int del(struct el_context *context, struct el_map *map, const char *key)
{
	_cleanup_free_ void *key_bytes = calloc(1, map->info.key_size + 1);
	int err = el_map_check_settable(context, map);

	if (!key_bytes)
		return el_fail_memory(context);
	if (!err && el_map_is_array(map))
		return el_fail(context, EL_USAGE, EINVAL,
			       "set it to zero: edge-load map set PATH KEY",
			       "map %s is an array, whose entries can't be deleted", map->path);
	if (!err)
		err = el_map_parse_key(context, map, map->what_key, key, key_bytes);
	if (err)
		return err;
	if (bpf_map_delete_elem(map->fd, key_bytes))
		return fail_entry(context, map, key, EL_OP_MAP_DELETE);
	return 0;
}

int el_map_del(struct el_context *context, struct el_map *map, const char *key)
{
	_cleanup_fd_ int lock = -1;
	int err = el_map_hold_anew(context, map, &lock);

	return err ? err : del(context, map, key);
}
