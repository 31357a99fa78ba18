// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Load a file of entries into a map: lines of KEY VALUE, or the JSON of map dump -j. The whole file
 * is read and checked, then the room in the map, and only then are entries written, in batches.
 * Entries are sorted before writing: neighbours in a prefix trie share the cache lines of its nodes
 * (a million prefixes into an LPM trie take 0.8 s sorted and 1.9 s in random order). If a key
 * occurs several times, its last entry counts.
 */
#include <ctype.h>

#include <bpf/bpf.h>

#include "map/load.h"
#include "map/reference.h"
#include "base/reason.h"

/* ---------------------------------------------------------------- reading */

static int add_record(struct el_map_load *load, uint8_t **record)
{
	struct records *records = &load->records;

	if (records->count == records->room) {
		size_t room = records->room ? records->room * 2 : 1024;
		uint8_t *bytes = reallocarray(records->bytes, room, records->stride);

		if (!bytes)
			return el_fail_memory(load->context);
		records->bytes = bytes;
		records->room = room;
	}
	*record = records->bytes + records->count * records->stride;
	memset(*record, 0, records->stride);
	if (load->variables)
		memcpy(*record + load->map->info.key_size, load->variables,
		       load->map->info.value_size);
	return 0;
}

/* Check that the program of a devmap or cpumap entry exists. write_program() opens it. */
static int check_program(const struct el_map_load *load, const char *what, const uint8_t *value)
{
	_cleanup_free_ uint8_t *copy =
		el_map_takes_references(load->map) ? malloc(load->map->info.value_size) : NULL;
	_cleanup_fd_ int fd = -1;

	if (!copy)
		return el_map_takes_references(load->map) ? el_fail_memory(load->context) : 0;
	memcpy(copy, value, load->map->info.value_size);
	return el_map_entry_program(load->map, what, copy, &fd);
}

static int parse_entry(const struct el_map_load *load, const struct el_value_text *key,
		       const struct el_value_text *value, uint8_t *record)
{
	int err = el_map_parse_key(load->map, key, record);

	if (!err)
		err = el_map_check_key(load->map, key, record);
	if (err || !*value->text)
		return err;
	err = el_map_parse_value(load->map, value, record + load->map->info.key_size);
	return err ? err : check_program(load, value->name, record + load->map->info.key_size);
}

/* Parse the entry again for an error message with the line number: formatting the names for every
 * valid line would take longer than parsing it. */
static int fail_entry(const struct el_map_load *load, const char *key, const char *value,
		      uint8_t *record)
{
	_cleanup_free_ char *what_key =
		el_format("%s:%zu: %s", load->file, load->line, load->map->what_key);
	_cleanup_free_ char *what_value =
		el_format("%s:%zu: %s", load->file, load->line, load->map->what_value);

	if (!what_key || !what_value)
		return el_fail_memory(load->context);
	return parse_entry(load, &(struct el_value_text){what_key, key},
			   &(struct el_value_text){what_value, value}, record);
}

static int add_entry(struct el_map_load *load, const char *key, const char *value)
{
	const struct el_map *map = load->map;
	uint8_t *record = NULL;
	int err = add_record(load, &record);

	if (err)
		return err;
	if (parse_entry(load, &(struct el_value_text){map->what_key, key},
			&(struct el_value_text){map->what_value, value}, record))
		return fail_entry(load, key, value, record);
	memcpy(record + load->records.stride - sizeof(load->line), &load->line, sizeof(load->line));
	load->records.count++;
	return 0;
}

/* ---------------------------------------------------------------- JSON */

static int fail_json(const struct el_map_load *load, const char *what)
{
	return el_fail(load->context, EL_USAGE, EINVAL,
		       "write a list of {\"key\":KEY,\"value\":VALUE}, as map dump -j does",
		       "%s:%zu: %s", load->file, load->line, what);
}

static int add_json(void *data, char *text)
{
	struct el_map_load *load = data;
	struct el_map_entry_text entry;

	if (!el_map_entry_split(text, &entry))
		return fail_json(load, "the element is not a map entry");
	return add_entry(load, entry.key, el_map_entry_value(load->map, &entry));
}

static int load_json(struct el_map_load *load, const char *line)
{
	int err = el_map_json_line(&load->json, line, add_json, load);

	if (err == -EBADMSG)
		return fail_json(load, "unexpected text between two entries of the list");
	return err == -ENOMEM ? el_fail_memory(load->context) : err;
}

/* Whether @line, which begins like an entry, is a key of a type with such field names: a value is
 * behind it, or it has other members than an entry. */
static bool is_key(const struct el_map_load *load, const char *line)
{
	const struct el_value_type *key = load ? load->map->key : NULL;
	struct el_map_entry_text entry;
	struct el_value_scan scan = {0};
	_cleanup_free_ char *copy = NULL;

	if (!key || !el_map_entry_begins(line) ||
	    (!el_value_type_has_field(key, "key") && !el_value_type_has_field(key, "value") &&
	     !el_value_type_has_field(key, "cpus")))
		return false;
	copy = strdup(line);
	for (line += strspn(line, " \t"); *line; line++) {
		el_value_scan_next(&scan, *line);
		if (!scan.depth)
			break;
	}
	line += *line == '}';
	return !scan.depth &&
	       (line[strspn(line, " \t\r\n")] || (copy && !el_map_entry_split(copy, &entry)));
}

bool el_map_load_is_json(const struct el_map_load *load, const char *line)
{
	if (load && el_map_json_is_open(&load->json))
		return true;
	return (!load || !load->records.count || load->json.begun) && el_map_json_begins(line) &&
	       !is_key(load, line);
}

/* ---------------------------------------------------------------- lines */

static int load_line(struct el_map_load *load, char *line, size_t length)
{
	char *key = line, *value;

	if (strlen(line) != length)
		return el_fail(load->context, EL_USAGE, EINVAL, "give a text file",
			       "%s:%zu: the line contains a NUL byte", load->file, load->line);
	if (el_map_load_is_json(load, line))
		return load_json(load, line);
	while (length && isspace((unsigned char)line[length - 1]))
		line[--length] = '\0';
	while (isspace((unsigned char)*key))
		key++;
	if (!*key || *key == '#')
		return 0;
	value = el_value_text_end(key, ' ', NULL);
	if (*value)
		*value++ = '\0';
	while (isspace((unsigned char)*value))
		value++;
	return add_entry(load, key, value);
}

/* getline() returns -1 at the end of the file, but also if the stream fails or memory is short. */
int el_map_load_end(struct el_context *context, FILE *stream, const char *file)
{
	int error = errno;

	if (feof(stream))
		return 0;
	return el_fail(context, EL_FAILED, error ? error : EIO, NULL, "can't read %s: %s", file,
		       el_reason(EL_OP_SYSTEM, error));
}

static int read_lines(struct el_map_load *load, FILE *stream)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	ssize_t length;
	int err = 0;

	while (!err && (length = getline(&line, &room, stream)) >= 0) {
		load->line++;
		err = load_line(load, line, (size_t)length);
	}
	return err ? err : el_map_load_end(load->context, stream, load->file);
}

static int read_file(struct el_map_load *load)
{
	_cleanup_file_ FILE *file = NULL;
	int error;

	if (!strcmp(load->file, "-")) {
		load->file = "standard input";
		return read_lines(load, stdin);
	}
	file = fopen(load->file, "re");
	if (file)
		return read_lines(load, file);
	error = errno;
	return el_fail(load->context,
		       error == ENOENT	 ? EL_NOT_FOUND
		       : error == EACCES ? EL_PRIVILEGE
					 : EL_FAILED,
		       error, NULL, "can't read %s: %s", load->file,
		       el_reason(EL_OP_SYSTEM, error));
}

/* ---------------------------------------------------------------- writing */

/* el_map_load_check_room() found room, so only a program or another command that adds entries now can cause
 * this. */
static int fail_write(struct el_map_load *load, int error, size_t written)
{
	char reason[sizeof(load->context->error.what)];

	el_map_fail_update(load->map, error);
	snprintf(reason, sizeof(reason), "%s", load->context->error.what);
	return el_fail(load->context, load->context->error.kind, error,
		       !written ? NULL
		       : el_map_is_full(load->map, error)
			       ? "the map now has a part of the entries; load the file again when "
				 "the map has room"
			       : "the map now has a part of the entries",
		       "%.400s, after %zu of %zu entries", reason, written, load->records.count);
}

/* Write an entry with a program immediately, because the descriptor is closed on return. Return: 0,
 * with the kernel's error or 0 in @error; -EINVAL the program is gone. */
static int write_program(struct el_map_load *load, struct el_map_writer *writer, uint8_t *value,
			 int *error)
{
	_cleanup_fd_ int fd = -1;
	int err = el_map_entry_program(load->map, load->map->what_value, value, &fd);

	*error = !err && fd >= 0 ? el_map_writer_flush(writer) : 0;
	return err;
}

static int write_records(struct el_map_load *load)
{
	const struct el_map *map = load->map;
	_cleanup_(el_map_writer_free) struct el_map_writer writer = {0};
	int err = el_map_writer_open(map, &writer), error = 0;

	if (err)
		return err;
	for (size_t i = 0; !error && i < load->records.count; i++) {
		const uint8_t *record = record_at(load, i);
		uint8_t *key, *value;

		if (!el_map_writer_next(&writer, &key, &value)) {
			error = el_map_writer_flush(&writer);
			el_map_writer_next(&writer, &key, &value);
		}
		memcpy(key, record, map->info.key_size);
		memcpy(value, record + map->info.key_size, map->value_room);
		err = error ? 0 : write_program(load, &writer, value, &error);
		if (err)
			return err;
	}
	if (!error)
		error = el_map_writer_flush(&writer);
	return error ? fail_write(load, error, writer.written) : 0;
}

int el_map_load_open(const struct el_map *map, const char *file, struct el_map_load **out)
{
	struct el_map_load *load = calloc(1, sizeof(*load));
	uint32_t zero = 0;

	if (!load)
		return el_fail_memory(map->context);
	*load = (struct el_map_load){.context = map->context, .map = map, .file = file};
	load->records.stride = map->info.key_size + map->value_room + sizeof(load->line);
	if (el_value_type_is_section(map->value)) {
		load->variables = calloc(1, map->value_room + 1);
		if (!load->variables || bpf_map_lookup_elem(map->fd, &zero, load->variables)) {
			el_map_load_free(load);
			return el_fail(map->context, EL_FAILED, errno, NULL,
				       "can't read map %s: %s", map->path,
				       el_reason(EL_OP_MAP_READ, errno));
		}
	}
	*out = load;
	return 0;
}

int el_map_load_line(struct el_map_load *load, size_t number, char *line, size_t length)
{
	load->line = number;
	return load_line(load, line, length);
}

int el_map_load_check(struct el_map_load *load)
{
	if (el_map_json_is_open(&load->json))
		return fail_json(load, "the list of entries has no end");
	el_map_load_sort(load);
	load->held = load->known = 0;
	return el_map_load_check_room(load);
}

/* Loads into one map take turns; otherwise, two loads would both count on the same free room. The
 * file was parsed for the types of @load->map, so a replaced map is an error. */
static int hold(const struct el_map_load *load, int *lock_fd)
{
	int err = el_map_hold(load->map, true, lock_fd);

	return err == -ESTALE ? el_fail(load->context, EL_CONFLICT, EBUSY, "try again",
					"the map %s was replaced while %s was being read",
					load->map->path, load->file)
			      : err;
}

/* An LRU map evicts entries before it is full, so some of the written entries may already be
 * gone. */
static int count_held(struct el_map_load *load, size_t *loaded)
{
	int err;

	load->known = 0;
	err = el_map_walk(load->map, el_map_load_find, load);
	if (err)
		return err;
	*loaded = load->known;
	if (load->known < load->records.count)
		el_warn(load->context,
			"map %s holds %zu of the %zu entries of %s: an LRU map evicts entries "
			"before it is full; give it more room than entries",
			load->map->path, load->known, load->records.count, load->file);
	return 0;
}

int el_map_load_write(struct el_map_load *load, size_t *loaded)
{
	_cleanup_fd_ int lock = -1;
	int err = hold(load, &lock);

	if (err)
		return err;
	err = el_map_load_check(load);
	if (!err)
		err = el_check_memory(load->context);
	if (!err)
		err = write_records(load);
	*loaded = load->records.count;
	if (!err && el_map_is_lru(load->map))
		err = count_held(load, loaded);
	return err;
}

void el_map_load_free(struct el_map_load *load)
{
	if (!load)
		return;
	free(load->records.bytes);
	free(load->variables);
	free(load->json.text);
	free(load);
}

int el_map_load_read(struct el_map *map, const char *file, struct el_map_load **out)
{
	_cleanup_(el_map_load_cleanup) struct el_map_load *load = NULL;
	int err = el_map_check_writable(map);

	if (!err && el_value_type_is_section(map->value))
		return el_fail(
			map->context, EL_USAGE, EINVAL,
			"set variables by name: edge-load map set PATH 0 '{NAME=VALUE}'",
			"map %s holds the program's variables and can't be loaded from a file",
			map->path);
	if (!err)
		err = el_map_load_open(map, file, &load);
	if (!err)
		err = read_file(load);
	if (!err)
		*out = TAKE_PTR(load);
	return err;
}

int el_map_load_file(struct el_map *map, const char *file, size_t *loaded)
{
	_cleanup_(el_map_load_cleanup) struct el_map_load *load = NULL;
	int err = el_map_load_read(map, file, &load);

	return err ? err : el_map_load_write(load, loaded);
}

int el_map_load_fill(struct el_map_load *load, const struct el_map *map)
{
	const struct el_map *own = load->map;
	size_t loaded;
	int err;

	load->map = map;
	el_map_set_live(map, false);
	err = el_map_load_write(load, &loaded);
	el_map_set_live(map, true);
	load->map = own;
	return err;
}

size_t el_map_load_count(const struct el_map_load *load)
{
	return load->records.count;
}

int el_map_load_each(const struct el_map_load *load,
		     int (*visit)(void *data, const void *key, const void *value), void *data)
{
	int err = 0;

	for (size_t i = 0; !err && i < load->records.count; i++)
		err = visit(data, record_at(load, i),
			    record_at(load, i) + load->map->info.key_size);
	return err;
}
