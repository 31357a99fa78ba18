// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The types of a chain's maps. The kernel keeps the BTF that a map was created with, but returns it
 * only by its number, which takes CAP_SYS_ADMIN; and the object file may have changed since. So a
 * generation keeps its own copy, pinned beside its programs as `types` (types_file.h): this file
 * makes the pin, types_read.c reads it.
 *
 * A map that was kept over a swap has the types of the new generation, because only a map of equal
 * types is kept. The pin also holds the origin of each map's entries, for a rollback.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "kernel/bpffs.h"
#include "base/reason.h"
#include "map/types_file.h"

struct el_types_store {
	struct types_record *records;
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

size_t el_types_find(const struct types_record *records, size_t count,
		     const struct el_map_name *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strncmp(records[i].instance, name->instance, sizeof(records[i].instance)) &&
		    !strncmp(records[i].map, name->map, sizeof(records[i].map)))
			return i;
	return count;
}

static struct types_record *add_record(struct el_types_store *store, const struct el_map_name *name)
{
	size_t found = el_types_find(store->records, store->records_count, name);
	struct types_record *records, *record;

	if (found < store->records_count) /* the load is a retry */
		return &store->records[found];
	records = reallocarray(store->records, store->records_count + 1, sizeof(*records));
	if (!records)
		return NULL;
	store->records = records;
	record = &records[store->records_count++];
	memset(record, 0, sizeof(*record));
	record->part = NO_PART;
	snprintf(record->instance, sizeof(record->instance), "%s", name->instance);
	snprintf(record->map, sizeof(record->map), "%s", name->map);
	return record;
}

static bool make_store(struct el_types_store **store)
{
	if (!*store)
		*store = calloc(1, sizeof(**store));
	return *store;
}

struct el_types el_types_of(const struct bpf_object *object, const struct bpf_map *map)
{
	return (struct el_types){
		.btf = bpf_object__btf(object),
		.key = bpf_map__btf_key_type_id(map),
		.value = bpf_map__btf_value_type_id(map),
	};
}

int el_types_add(struct el_context *context, struct el_types_store **store,
		 const struct el_map_name *name, const struct el_types *types)
{
	struct types_record *record;
	const void *data;
	uint32_t size;
	int part;

	if (!types->btf || (!types->key && !types->value))
		return 0;
	data = btf__raw_data(types->btf, &size);
	if (!make_store(store) || !data)
		return el_fail_memory(context);
	part = add_blob(*store, data, size);
	record = part < 0 ? NULL : add_record(*store, name);
	if (!record)
		return el_fail_memory(context);
	record->part = (uint32_t)part;
	record->key = types->key;
	record->value = types->value;
	return 0;
}

int el_types_note_origin(struct el_context *context, struct el_types_store **store,
			 const struct el_map_name *name, uint32_t origin)
{
	struct types_record *record = make_store(store) ? add_record(*store, name) : NULL;

	if (!record)
		return el_fail_memory(context);
	record->origin = origin;
	return 0;
}

void el_types_noted(const struct el_types_store *store, const struct el_map_name *name,
		    struct el_types *types)
{
	size_t count = store ? store->records_count : 0;
	size_t found = count ? el_types_find(store->records, count, name) : 0;

	if (found == count || store->records[found].part == NO_PART)
		return;
	types->key = store->records[found].key;
	types->value = store->records[found].value;
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
	uint32_t records = (uint32_t)(store->records_count * sizeof(struct types_record));
	uint32_t parts = (uint32_t)(store->blobs_count * sizeof(struct types_part));
	uint32_t at = (uint32_t)sizeof(struct types_header) + records + parts;
	struct types_header *header;
	struct types_part *part;
	char *bytes;

	*size = at;
	for (size_t i = 0; i < store->blobs_count; i++)
		if (is_used(store, i))
			*size += store->blobs[i].size;
	bytes = calloc(1, *size);
	if (!bytes)
		return NULL;
	header = (struct types_header *)bytes;
	*header = (struct types_header){TYPES_MAGIC, (uint32_t)store->records_count,
					(uint32_t)store->blobs_count, *size};
	if (records)
		memcpy(bytes + sizeof(*header), store->records, records);
	part = (struct types_part *)(bytes + sizeof(*header) + records);
	for (size_t i = 0; i < store->blobs_count; i++) {
		if (!is_used(store, i))
			continue;
		part[i] = (struct types_part){at, store->blobs[i].size};
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

int el_types_pin_one(struct el_context *context, const char *pin, const struct el_types *types,
		     uint32_t origin)
{
	_cleanup_free_ char *path = el_format("%s:types", pin);
	const char *slash = strrchr(pin, '/');
	const struct el_map_name name = {"", slash ? slash + 1 : pin};
	struct el_types_store *store = NULL;
	int err = path ? el_types_add(context, &store, &name, types) : el_fail_memory(context);

	if (!err)
		err = el_types_note_origin(context, &store, &name, origin);
	if (!err)
		err = pin_store(context, store, path);
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
