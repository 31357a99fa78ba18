// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The types of a chain's maps. The kernel keeps the BTF that a map was created with, but returns it
 * only by its number, which takes CAP_SYS_ADMIN; and the object file may have changed since. So a
 * generation keeps its own copy: an array of one entry, pinned beside its programs as `types`,
 *
 *   struct header, `records` of struct record, `parts` of struct part, the BTF of the parts
 *
 * A map that was kept over a swap has the types of the new generation, because only a map of equal
 * types is kept. The pin also holds the origin of each map's entries, for a rollback.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "object/object.h"
#include "kernel/bpffs.h"
#include "kernel/descriptor.h"
#include "base/reason.h"
#include "base/rights.h"
#include "map/types.h"

#define MAGIC	0x32747065 /* "ept2" */
#define NO_PART UINT32_MAX

enum { ENTRY_MAX = 64 << 20 };

struct header {
	uint32_t magic, records, parts, size;
};

struct record {
	char instance[EDGE_NAME_MAX];
	char map[64];
	uint32_t part, key, value; /* part NO_PART: no types */
	uint32_t origin;	   /* el_types_origin() */
};

struct part {
	uint32_t offset, size; /* inside the entry */
};

struct el_types_store {
	struct record *records;
	size_t records_count;
	struct blob {
		void *data;
		uint32_t size;
	} * blobs;
	size_t blobs_count;
};

void el_types_free(struct el_types_store *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < store->blobs_count; i++)
		free(store->blobs[i].data);
	free(store->blobs);
	free(store->records);
	free(store);
}

/* ---------------------------------------------------------------- noting */

/* The maps of one object share one BTF, and are added in sequence. Return: the number of the blob,
 * or -ENOMEM. */
static int add_blob(struct el_types_store *store, const void *data, uint32_t size)
{
	struct blob *last = store->blobs_count ? &store->blobs[store->blobs_count - 1] : NULL;
	struct blob *blobs;

	if (last && last->size == size && !memcmp(last->data, data, size))
		return (int)store->blobs_count - 1;
	blobs = reallocarray(store->blobs, store->blobs_count + 1, sizeof(*blobs));
	if (!blobs)
		return -ENOMEM;
	store->blobs = blobs;
	last = &blobs[store->blobs_count];
	last->size = size;
	last->data = malloc(size ? size : 1);
	if (!last->data)
		return -ENOMEM;
	memcpy(last->data, data, size);
	return (int)store->blobs_count++;
}

static struct record *find_record(struct record *records, size_t count, const char *instance,
				  const char *map)
{
	for (size_t i = 0; i < count; i++)
		if (!strncmp(records[i].instance, instance, sizeof(records[i].instance)) &&
		    !strncmp(records[i].map, map, sizeof(records[i].map)))
			return &records[i];
	return NULL;
}

static struct record *add_record(struct el_types_store *store, const char *instance,
				 const char *map)
{
	struct record *record = find_record(store->records, store->records_count, instance, map);
	struct record *records;

	if (record) /* the load is a retry */
		return record;
	records = reallocarray(store->records, store->records_count + 1, sizeof(*records));
	if (!records)
		return NULL;
	store->records = records;
	record = &records[store->records_count++];
	memset(record, 0, sizeof(*record));
	record->part = NO_PART;
	snprintf(record->instance, sizeof(record->instance), "%s", instance);
	snprintf(record->map, sizeof(record->map), "%s", map);
	return record;
}

static bool make_store(struct el_types_store **store)
{
	if (!*store)
		*store = calloc(1, sizeof(**store));
	return *store;
}

int el_types_add(struct el_context *context, struct el_types_store **store,
		 const struct bpf_object *object, const struct bpf_map *map, const char *instance,
		 const char *name)
{
	const struct btf *btf = bpf_object__btf(object);
	struct record *record;
	const void *data;
	uint32_t size;
	int part;

	if (!btf || (!bpf_map__btf_key_type_id(map) && !bpf_map__btf_value_type_id(map)))
		return 0;
	data = btf__raw_data(btf, &size);
	if (!make_store(store) || !data)
		return el_fail_memory(context);
	part = add_blob(*store, data, size);
	record = part < 0 ? NULL : add_record(*store, instance, name);
	if (!record)
		return el_fail_memory(context);
	record->part = (uint32_t)part;
	record->key = bpf_map__btf_key_type_id(map);
	record->value = bpf_map__btf_value_type_id(map);
	return 0;
}

int el_types_note_origin(struct el_context *context, struct el_types_store **store,
			 const char *instance, const char *name, uint32_t origin)
{
	struct record *record = make_store(store) ? add_record(*store, instance, name) : NULL;

	if (!record)
		return el_fail_memory(context);
	record->origin = origin;
	return 0;
}

void el_types_noted(const struct el_types_store *store, const char *instance, const char *name,
		    struct el_types *types)
{
	const struct record *record =
		store ? find_record(store->records, store->records_count, instance, name) : NULL;

	if (!record || record->part == NO_PART)
		return;
	types->key = record->key;
	types->value = record->value;
}

/* ---------------------------------------------------------------- keeping */

/* A blob without a record belongs to a load that was abandoned. */
static bool is_used(const struct el_types_store *store, size_t blob)
{
	for (size_t i = 0; i < store->records_count; i++)
		if (store->records[i].part == blob)
			return true;
	return false;
}

static void *pack(const struct el_types_store *store, uint32_t *size)
{
	uint32_t records = (uint32_t)(store->records_count * sizeof(struct record));
	uint32_t parts = (uint32_t)(store->blobs_count * sizeof(struct part));
	uint32_t at = (uint32_t)sizeof(struct header) + records + parts;
	struct header *header;
	struct part *part;
	char *bytes;

	*size = at;
	for (size_t i = 0; i < store->blobs_count; i++)
		if (is_used(store, i))
			*size += store->blobs[i].size;
	bytes = calloc(1, *size);
	if (!bytes)
		return NULL;
	header = (struct header *)bytes;
	*header = (struct header){MAGIC, (uint32_t)store->records_count,
				  (uint32_t)store->blobs_count, *size};
	if (records)
		memcpy(bytes + sizeof(*header), store->records, records);
	part = (struct part *)(bytes + sizeof(*header) + records);
	for (size_t i = 0; i < store->blobs_count; i++) {
		if (!is_used(store, i))
			continue;
		part[i] = (struct part){at, store->blobs[i].size};
		memcpy(bytes + at, store->blobs[i].data, store->blobs[i].size);
		at += store->blobs[i].size;
	}
	return bytes;
}

static int pin_store(struct el_context *context, const struct el_types_store *store,
		     const char *path)
{
	_cleanup_free_ void *bytes = NULL;
	_cleanup_fd_ int fd = -1;
	uint32_t size, zero = 0;

	bytes = pack(store, &size);
	if (!bytes)
		return el_fail_memory(context);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "types", sizeof(zero), size, 1, NULL);
	if (fd < 0 || bpf_map_update_elem(fd, &zero, bytes, 0))
		return el_fail(context, errno == EPERM ? EL_PRIVILEGE : EL_FAILED, errno, NULL,
			       "can't keep the types of the maps (%u bytes): %s", size,
			       el_reason(EL_OP_MAP_CREATE, errno));
	if (el_bpffs_pin(context->bpffs, fd, path))
		return el_fail(context,
			       errno == EPERM || errno == EACCES ? EL_PRIVILEGE : EL_FAILED, errno,
			       NULL, "can't pin %s: %s", path, el_reason(EL_OP_PIN, errno));
	return 0;
}

int el_types_pin(struct el_context *context, const struct el_types_store *store, const char *path)
{
	static const struct el_types_store nothing;

	return pin_store(context, store ? store : &nothing, path);
}

int el_types_pin_one(struct el_context *context, const struct el_types *types, const char *name,
		     uint32_t origin, const char *path)
{
	struct el_types_store *store = calloc(1, sizeof(*store));
	struct record *record = store ? add_record(store, "", name) : NULL;
	const void *data = NULL;
	uint32_t size = 0;
	int part = (int)NO_PART, err = 0;

	if (record && types->btf)
		data = btf__raw_data(types->btf, &size);
	if (data)
		part = add_blob(store, data, size);
	if (!record || (types->btf && part < 0)) {
		err = el_fail_memory(context);
	} else {
		record->part = (uint32_t)part;
		record->key = types->key;
		record->value = types->value;
		record->origin = origin;
		err = pin_store(context, store, path);
	}
	el_types_free(store);
	return err;
}

int el_types_copy(struct el_context *context, const struct el_types *from, struct el_types *to)
{
	const void *raw;
	__u32 size;

	*to = *from;
	if (!from->btf)
		return 0;
	raw = btf__raw_data(from->btf, &size);
	to->btf = raw ? btf__new(raw, size) : NULL;
	return to->btf ? 0 : el_fail_memory(context);
}

/* ---------------------------------------------------------------- reading */

/* Whether a name is NUL-terminated within @room bytes, and has no slash. */
static bool is_name(const char *name, size_t room)
{
	return memchr(name, '\0', room) && !strchr(name, '/');
}

bool el_types_are_sound(const char *bytes, size_t size)
{
	const struct header *header = (const struct header *)bytes;
	const struct record *records = (const struct record *)(bytes + sizeof(*header));
	const struct part *parts;

	if (size < sizeof(*header) || header->magic != MAGIC ||
	    sizeof(*header) + (uint64_t)header->records * sizeof(*records) +
			    (uint64_t)header->parts * sizeof(*parts) >
		    size)
		return false;
	parts = (const struct part *)(records + header->records);
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
	if (length < sizeof(struct header))
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

static const struct record *records_of(const char *bytes)
{
	return (const struct record *)(bytes + sizeof(struct header));
}

static uint32_t count_of(const char *bytes)
{
	return ((const struct header *)bytes)->records;
}

static const struct record *find_in(const char *bytes, const char *instance, const char *name)
{
	return find_record((struct record *)records_of(bytes), count_of(bytes), instance, name);
}

void el_types_unpack(const char *bytes, const char *instance, const char *name,
		     struct el_types *out)
{
	const struct header *header = (const struct header *)bytes;
	const struct record *record = find_in(bytes, instance, name);
	const struct part *parts = (const struct part *)(records_of(bytes) + header->records);

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
	return has_size(types->btf, types->value, info->value_size) &&
	       has_size(types->btf, types->key, info->key_size);
}

/* @path is the pin of the types. */
static int open_at(const struct el_context *context, const char *path, const char *instance,
		   const char *name, int fd, struct el_types *out)
{
	_cleanup_free_ char *bytes = NULL;
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info), size;
	int err;

	*out = (struct el_types){0};
	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return errno == EPERM ? -EACCES : -errno;
	err = read_entry(context, path, &bytes, &size);
	if (err)
		return err;
	if (bytes)
		el_types_unpack(bytes, instance, name, out);
	if (out->btf && fits(out, &info))
		return 0;
	btf__free(out->btf);
	*out = (struct el_types){0};
	if (!info.btf_id)
		return 0;
	out->btf = el_rights_btf(info.btf_id);
	if (!out->btf)
		return errno == ENOMEM ? -ENOMEM : -EPERM;
	out->key = info.btf_key_type_id;
	out->value = info.btf_value_type_id;
	return 0;
}

int el_types_open(const struct el_context *context, const char *folder, const char *instance,
		  const char *name, int fd, struct el_types *out)
{
	_cleanup_free_ char *path = el_format("%s/types", folder);

	*out = (struct el_types){0};
	return path ? open_at(context, path, instance, name, fd, out) : -ENOMEM;
}

static int origin_at(const struct el_context *context, const char *path, const char *instance,
		     const char *name, uint32_t *origin)
{
	const struct record *record = NULL;
	_cleanup_free_ char *bytes = NULL;
	uint32_t size;
	int err = read_entry(context, path, &bytes, &size);

	if (bytes)
		record = find_in(bytes, instance, name);
	*origin = record ? record->origin : 0;
	return err;
}

/* A name of 63 characters may be truncated, so a missing pin of that name proves nothing. */
static bool is_lost(const char *folder, const struct record *record)
{
	_cleanup_free_ char *path = el_format("%s/%s/%s", folder, record->instance, record->map);

	return record->origin && path && strlen(record->map) < sizeof(record->map) - 1 &&
	       el_is_absent(path);
}

int el_types_lost(const struct el_context *context, const char *folder, char **out)
{
	_cleanup_free_ char *path = el_format("%s/types", folder), *bytes = NULL;
	const struct record *records;
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

int el_types_origin(const struct el_context *context, const char *folder, const char *instance,
		    const char *name, uint32_t *origin)
{
	_cleanup_free_ char *path = el_format("%s/types", folder);

	*origin = 0;
	return path ? origin_at(context, path, instance, name, origin) : -ENOMEM;
}

int el_types_origin_pin(const struct el_context *context, const char *pin, uint32_t *origin)
{
	_cleanup_free_ char *path = el_format("%s:types", pin);
	const char *name = strrchr(pin, '/');

	*origin = 0;
	return path && name ? origin_at(context, path, "", name + 1, origin) : -ENOMEM;
}

int el_types_open_pin(const struct el_context *context, const char *pin, int fd,
		      struct el_types *out)
{
	_cleanup_free_ char *folder = strdup(pin), *own = el_format("%s:types", pin);
	char *name = folder ? strrchr(folder, '/') : NULL, *instance;

	if (!folder || !own)
		return -ENOMEM;
	if (name)
		*name++ = '\0';
	if (name && !el_is_absent(own))
		return open_at(context, own, "", name, fd, out);
	instance = strrchr(folder, '/');
	if (!name || !instance)
		return -EINVAL;
	*instance++ = '\0';
	return el_types_open(context, folder, instance, name, fd, out);
}
