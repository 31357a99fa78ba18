// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * One entry of a map is set: from the text of a value, from an entry in JSON, or from a reference
 * to a program or another map.
 */
#include <bpf/bpf.h>

#include "map/map.h"
#include "map/reference.h"

/* The request, as the user gave it. */
struct setting {
	const char *key, *value;
	const void *key_bytes;
	bool frags; /* programs are loaded for frames in fragments */
};

/* A value may be a whole entry in JSON, but its key must be the given key. */
static int split_entry(const struct el_map *map, const struct setting *setting, char *text,
		       const char **value)
{
	_cleanup_free_ void *own = calloc(1, map->info.key_size + 1);
	struct el_map_entry_text entry;
	int err;

	if (!own)
		return el_fail_memory(map->context);
	if (!el_map_entry_split(text, &entry))
		return el_fail(map->context, EL_USAGE, EINVAL,
			       "give a value, or an entry as map get -j shows it",
			       "%s: an entry in JSON has \"key\", and \"value\" or \"cpus\"",
			       map->what_value);
	err = el_map_parse_key(map, &(struct el_value_text){map->what_key, entry.key}, own);
	if (!err && memcmp(own, setting->key_bytes, map->info.key_size))
		return el_fail(map->context, EL_USAGE, EINVAL,
			       "give the entry's own key, or its value",
			       "%s: the entry has the key %s, not %s", map->what_value, entry.key,
			       setting->key);
	*value = el_map_entry_value(map, &entry);
	return err;
}

/* Whether @text is an entry rather than a value of a type with such field names. */
static bool is_entry(const struct el_map *map, const char *text)
{
	return el_map_entry_begins(text) && !el_value_type_has_field(map->value, "key") &&
	       !el_value_type_has_field(map->value, "value") &&
	       !el_value_type_has_field(map->value, "cpus");
}

/* A map whose values are descriptors accepts a reference, or the number that an entry shows. */
static int parse_holder(const struct el_map *map, const char *value,
			struct el_references *references, void *bytes)
{
	bool program = map->type == BPF_MAP_TYPE_PROG_ARRAY;
	bool number = !references->count;
	int err = number ? el_map_holder_number(map, value, references) : 0;

	if (err)
		return err;
	if (references->count != 1 ||
	    (!number &&
	     strncmp(value + strspn(value, "\"'"), program ? "prog:" : "map:", program ? 5 : 4)))
		return el_fail(
			map->context, EL_USAGE, EINVAL,
			program ? "write prog:OBJECT#PROGRAM, or prog: and the path of a pin"
				: "write map: and the path of a map, as 'edge-load map list' shows "
				  "it, or of a pin",
			"%s: %s is not a %s", map->what_value, value, program ? "program" : "map");
	memcpy(bytes, &references->fds[0], sizeof(references->fds[0]));
	return 0;
}

/* Parse the text of a value, including its references, into bytes. */
static int parse_text(const struct el_map *map, const char *text, struct el_references *references,
		      uint8_t *room)
{
	_cleanup_free_ char *resolved = NULL;
	int err = 0;

	if (el_map_takes_references(map))
		err = el_map_resolve(map, text, references, &resolved);
	if (err)
		return err;
	if (el_map_is_holder(map))
		return parse_holder(map, text, references, room);
	err = el_map_parse_value(
		map, &(struct el_value_text){map->what_value, resolved ? resolved : text}, room);
	if (err || references->count)
		return err;
	err = el_map_entry_program(map, map->what_value, room, &references->fds[0]);
	references->count = references->fds[0] >= 0;
	return err;
}

static int parse_value(const struct el_map *map, const struct setting *setting,
		       struct el_references *references, uint8_t *room)
{
	_cleanup_free_ char *copy = NULL;
	const char *text = setting->value;
	int err = 0;

	if (is_entry(map, text)) {
		copy = strdup(text);
		err = copy ? split_entry(map, setting, copy, &text) : el_fail_memory(map->context);
	}
	return err ? err : parse_text(map, text, references, room);
}

static int update(const struct el_map *map, struct setting setting, uint8_t *room)
{
	_cleanup_(el_references_close) struct el_references references = {.frags = setting.frags};
	int err = setting.value ? parse_value(map, &setting, &references, room) : 0;

	if (!err)
		err = el_check_memory(map->context);
	if (err)
		return err;
	if (!el_map_update(map, setting.key_bytes, room, BPF_ANY))
		return 0;
	/* All programs of the map must agree on support for XDP fragments (kernel 5.18). */
	if (errno == EINVAL && references.loaded && !setting.frags) {
		setting.frags = true;
		if (!update(map, setting, room))
			return 0;
		return el_map_fail_reference(map, setting.value, NULL);
	}
	/* For any unsuitable program, a cpumap returns ENOMEM (kernel/bpf/cpumap.c). */
	if ((errno == EINVAL || (errno == ENOMEM && map->type == BPF_MAP_TYPE_CPUMAP)) &&
	    references.count)
		return el_map_fail_reference(map, setting.value, NULL);
	return el_map_fail_update(map, errno);
}

static int set(struct el_map *map, const char *key, const char *value)
{
	_cleanup_free_ void *key_bytes = calloc(1, map->info.key_size + 1);
	_cleanup_free_ uint8_t *room = calloc(1, map->value_room + 1);
	const struct setting setting = {.key = key, .value = value, .key_bytes = key_bytes};
	const struct el_value_text key_text = {map->what_key, key};
	int err = el_map_check_settable(map);

	if (!key_bytes || !room)
		return el_fail_memory(map->context);
	if (!err)
		err = el_map_parse_key(map, &key_text, key_bytes);
	if (!err)
		err = el_map_check_key(map, &key_text, key_bytes);
	if (err)
		return err;
	/* Variables that the text omits keep their values. */
	if (el_value_type_is_section(map->value) && bpf_map_lookup_elem(map->fd, key_bytes, room))
		return el_map_fail_update(map, errno);
	if (!value && el_map_is_holder(map))
		return parse_holder(map, "", &(struct el_references){0}, room);
	return update(map, setting, room);
}

int el_map_set_here(struct el_map *map, const char *key, const char *value)
{
	_cleanup_fd_ int lock = -1;
	int err = el_map_hold_anew(map, &lock);

	return err ? err : set(map, key, value);
}
