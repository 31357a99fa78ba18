// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Reads the types of maps, and the origin of their entries, from a `types` pin (types_file.h).
 * Other users may have made the pin, so its bytes are checked first. If the pin has no types for a
 * map, the kernel is asked.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "object/object.h"
#include "kernel/bpffs.h"
#include "kernel/descriptor.h"
#include "base/rights.h"
#include "map/map.h"
#include "map/types_file.h"

enum { ENTRY_MAX = 64 << 20 };

/* Whether a name is NUL-terminated within @room bytes, and has no slash. */
static bool is_name(const char *name, size_t room)
{
	return memchr(name, '\0', room) && !strchr(name, '/');
}

bool el_types_are_sound(const char *bytes, size_t size)
{
	const struct types_header *header = (const struct types_header *)bytes;
	const struct types_record *records = (const struct types_record *)(bytes + sizeof(*header));
	const struct types_part *parts;

	if (size < sizeof(*header) || header->magic != TYPES_MAGIC ||
	    sizeof(*header) + (uint64_t)header->records * sizeof(*records) +
			    (uint64_t)header->parts * sizeof(*parts) >
		    size)
		return false;
	parts = (const struct types_part *)(records + header->records);
	for (uint32_t i = 0; i < header->parts; i++)
		if ((uint64_t)parts[i].offset + parts[i].size > size)
			return false;
	for (uint32_t i = 0; i < header->records; i++)
		if (!is_name(records[i].instance, sizeof(records[i].instance)) ||
		    !is_name(records[i].map, sizeof(records[i].map)) ||
		    (records[i].part != NO_PART && records[i].part >= header->parts))
			return false;
	return true;
}

/* Read the whole entry and check it. malloc'ed. Return: 0, with *@out NULL if there is no sound
 * entry; otherwise -errno, but never -EPERM, which means that only root may read the types. */
static int read_entry(const struct el_context *context, const char *path, char **out,
		      uint32_t *size)
{
	_cleanup_fd_ int fd = el_bpffs_get(context->bpffs, path);
	uint32_t length, zero = 0;
	int err;
	_cleanup_free_ char *bytes = NULL;

	*out = NULL;
	if (fd == -ENOENT)
		return 0;
	err = fd < 0 ? fd : el_descriptor_check_one(fd, ENTRY_MAX, &length);
	if (err)
		return err == -EMEDIUMTYPE ? 0 : err == -EPERM ? -EACCES : err;
	if (length < sizeof(struct types_header))
		return 0;
	bytes = malloc(((size_t)length + 7) & ~(size_t)7);
	if (!bytes)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &zero, bytes))
		return errno == EPERM ? -EACCES : -errno;
	*size = length;
	if (el_types_are_sound(bytes, length))
		*out = TAKE_PTR(bytes);
	return 0;
}

static const struct types_record *records_of(const char *bytes)
{
	return (const struct types_record *)(bytes + sizeof(struct types_header));
}

static uint32_t count_of(const char *bytes)
{
	return ((const struct types_header *)bytes)->records;
}

/* The record of a map, or NULL. */
static const struct types_record *find_in(const char *bytes, const struct el_map_name *name)
{
	size_t found = el_types_find(records_of(bytes), count_of(bytes), name);

	return found < count_of(bytes) ? records_of(bytes) + found : NULL;
}

void el_types_unpack(const char *bytes, const struct el_map_name *name, struct el_types *out)
{
	const struct types_record *record = find_in(bytes, name);
	const struct types_part *parts =
		(const struct types_part *)(records_of(bytes) + count_of(bytes));

	*out = (struct el_types){0};
	if (!record || record->part == NO_PART)
		return;
	out->key = record->key;
	out->value = record->value;
	out->btf = el_object_btf(bytes + parts[record->part].offset, parts[record->part].size);
}

static bool has_size(const struct btf *btf, uint32_t type, uint32_t size)
{
	return !type || btf__resolve_size(btf, type) == (int64_t)size;
}

/* Whether the noted types have the sizes that the kernel reports. A map of maps has a type for its
 * key only. */
static bool fits(const struct el_types *types, const struct bpf_map_info *info)
{
	return el_map_is_table(info, types) ||
	       (has_size(types->btf, types->value, info->value_size) &&
		has_size(types->btf, types->key, info->key_size));
}

/* @path is the pin of the types. */
static int open_at(const struct el_context *context, const char *path,
		   const struct el_map_name *name, struct el_typed_map *map)
{
	struct el_types *types = &map->types;
	_cleanup_free_ char *bytes = NULL;
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info), size;
	int err;

	*types = (struct el_types){0};
	if (bpf_obj_get_info_by_fd(map->fd, &info, &length))
		return errno == EPERM ? -EACCES : -errno;
	err = read_entry(context, path, &bytes, &size);
	if (err)
		return err;
	if (bytes)
		el_types_unpack(bytes, name, types);
	if (types->btf && fits(types, &info))
		return 0;
	btf__free(types->btf);
	*types = (struct el_types){0};
	if (!info.btf_id)
		return 0;
	types->btf = el_rights_btf(info.btf_id);
	if (!types->btf)
		return errno == ENOMEM ? -ENOMEM : -EPERM;
	types->key = info.btf_key_type_id;
	types->value = info.btf_value_type_id;
	return 0;
}

int el_types_open(const struct el_context *context, const char *folder,
		  const struct el_map_name *name, struct el_typed_map *map)
{
	_cleanup_free_ char *path = el_format("%s/types", folder);

	map->types = (struct el_types){0};
	return path ? open_at(context, path, name, map) : -ENOMEM;
}

static int origin_at(const struct el_context *context, const char *path,
		     const struct el_map_name *name, uint32_t *origin)
{
	const struct types_record *record = NULL;
	_cleanup_free_ char *bytes = NULL;
	uint32_t size;
	int err = read_entry(context, path, &bytes, &size);

	if (bytes)
		record = find_in(bytes, name);
	*origin = record ? record->origin : 0;
	return err;
}

/* A name of 63 characters may be truncated, so a missing pin of that name proves nothing. */
static bool is_lost(const char *folder, const struct types_record *record)
{
	_cleanup_free_ char *path = el_format("%s/%s/%s", folder, record->instance, record->map);

	return record->origin && path && strlen(record->map) < sizeof(record->map) - 1 &&
	       el_is_absent(path);
}

int el_types_lost(const struct el_context *context, const char *folder, char **out)
{
	_cleanup_free_ char *path = el_format("%s/types", folder), *bytes = NULL;
	const struct types_record *records;
	uint32_t size;
	int err = path ? read_entry(context, path, &bytes, &size) : -ENOMEM;

	*out = NULL;
	if (err || !bytes)
		return err;
	records = records_of(bytes);
	for (uint32_t i = 0; !*out && i < count_of(bytes); i++)
		if (is_lost(folder, &records[i])) {
			*out = el_format("%s/%s", records[i].instance, records[i].map);
			err = *out ? 0 : -ENOMEM;
		}
	return err;
}

int el_types_origin(const struct el_context *context, const char *folder,
		    const struct el_map_name *name, uint32_t *origin)
{
	_cleanup_free_ char *path = el_format("%s/types", folder);

	*origin = 0;
	return path ? origin_at(context, path, name, origin) : -ENOMEM;
}

int el_types_origin_pin(const struct el_context *context, const char *pin, uint32_t *origin)
{
	_cleanup_free_ char *path = el_format("%s:types", pin);
	const char *name = strrchr(pin, '/');

	*origin = 0;
	return path && name ? origin_at(context, path, &(struct el_map_name){"", name + 1}, origin)
			    : -ENOMEM;
}

int el_types_open_pin(const struct el_context *context, const char *pin, struct el_typed_map *map)
{
	_cleanup_free_ char *folder = strdup(pin), *own = el_format("%s:types", pin);
	char *name = folder ? strrchr(folder, '/') : NULL, *instance;

	if (!folder || !own)
		return -ENOMEM;
	if (name)
		*name++ = '\0';
	if (name && !el_is_absent(own))
		return open_at(context, own, &(struct el_map_name){"", name}, map);
	instance = strrchr(folder, '/');
	if (!name || !instance)
		return -EINVAL;
	*instance++ = '\0';
	return el_types_open(context, folder, &(struct el_map_name){instance, name}, map);
}
