// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Follow the records of a ring buffer or a perf event array. The kernel stores no record type with
 * the map. The object has it, as the type of its variable edge_record_NAME (bpf/edge/event.h). If
 * the object of the instance is still available, records are formatted by that type, otherwise as
 * bytes.
 *
 * The path may get another map: by a swap that could not keep the map, a resize, a rollback. The
 * change is noticed within LOOK_MS, and the new map is followed from its first record on, since the
 * kernel keeps unread records. If the path has no map any more, following ends.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "kernel/bpffs.h"
#include "chain/chain.h"
#include "kernel/descriptor.h"
#include "map/map.h"
#include "base/reason.h"

struct follow {
	struct el_context *context;
	const struct el_follow_options *options;
	struct el_map *map;
	struct el_object *object;   /* owns the BTF of the type; or NULL */
	struct el_value_type *type; /* or NULL */
	int result;		    /* the last return value of event() */
	bool padded;		    /* records may be longer than the program's data */
	int detached;		    /* number of successive looks at a detached chain */
};

/* ---------------------------------------------------------------- the record's type */

static const struct el_instance *find_instance(const struct el_generation *chain, const char *name)
{
	for (size_t i = 0; i < chain->instances_count; i++)
		if (!strcmp(chain->instances[i].name, name))
			return &chain->instances[i];
	return NULL;
}

/* The chain of the map, and the instance of the map in it. Return: NULL if the chain can't be
 * read. */
static const struct el_instance *look_instance(const struct follow *follow,
					       struct el_generation **chain)
{
	_cleanup_free_ char *device = strdup(follow->map->path);
	struct el_site site = {.device = device};
	char *at = device, *hook_word, *instance_word;

	strsep(&at, "/");
	hook_word = strsep(&at, "/");
	instance_word = strsep(&at, "/");
	if (!hook_word || !instance_word || el_hook_parse(hook_word, &site.hook) ||
	    el_chain_look(follow->context, &site, chain))
		return NULL;
	return find_instance(*chain, instance_word);
}

static bool is_made_of(const struct el_instance *instance, const struct el_object *object)
{
	return object &&
	       !strncmp(el_object_info(object)->digest, instance->digest, strlen(instance->digest));
}

/* Open the object of the map's instance as follow->object, or warn and set NULL if the object is
 * not available any more. An object that is already open is not opened again, since a source would
 * be compiled again. */
static void open_object(struct follow *follow)
{
	_cleanup_generation_ struct el_generation *chain = NULL;
	const struct el_instance *instance = look_instance(follow, &chain);
	struct el_object *object;

	if (instance && is_made_of(instance, follow->object))
		return;
	el_object_free(follow->object);
	follow->object = NULL;
	if (!instance)
		return;
	if (el_object_open_flags(follow->context, instance->function, instance->cflags, &object)) {
		el_warn(follow->context, "records are shown as bytes: %s",
			el_error_get(follow->context)->what);
		return;
	}
	if (is_made_of(instance, object)) {
		follow->object = object;
		return;
	}
	el_warn(follow->context,
		"records are shown as bytes: %s has changed since the chain was attached",
		instance->function);
	el_object_free(object);
}

static int open_type(struct follow *follow)
{
	_cleanup_free_ char *name = el_format("edge_record_%s", follow->map->info.name);
	int id;

	if (!name)
		return el_fail_memory(follow->context);
	el_value_type_free(follow->type);
	follow->type = NULL;
	open_object(follow);
	id = follow->object ? btf__find_by_name_kind(follow->object->btf, name, BTF_KIND_VAR) : -1;
	if (id < 0)
		return 0;
	return el_value_type_open(follow->context, follow->object->btf,
				  btf__type_by_id(follow->object->btf, (uint32_t)id)->type,
				  &follow->type);
}

/* ---------------------------------------------------------------- records */

static int write_record(const struct follow *follow, const void *record, size_t size, FILE *stream)
{
	struct el_value_type *bytes;
	int err;
	uint32_t known = follow->type ? el_value_type_size(follow->type) : 0;

	/* A perf event is up to 7 bytes longer than the program's data: with the 32-bit size before
	 * it, its length is a multiple of 8 (kernel/events/core.c, perf_prepare_sample()). */
	if (known && (known == size || (follow->padded && known < size && size - known < 8))) {
		el_value_type_write(follow->type, record, follow->options->format, stream);
		return 0;
	}
	err = el_value_type_open_bytes(follow->context, (uint32_t)size, &bytes);
	if (err)
		return err;
	el_value_type_write(bytes, record, follow->options->format, stream);
	el_value_type_free(bytes);
	return 0;
}

/* A negative return ends the walk through the buffer. */
static int show_record(void *data, void *record, size_t size)
{
	struct follow *follow = data;
	_cleanup_free_ char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	if (!stream)
		return follow->result = el_fail_memory(follow->context);
	follow->result = write_record(follow, record, size, stream);
	if (el_stream_end(stream, &text) && !follow->result)
		follow->result = el_fail_memory(follow->context);
	if (!follow->result)
		follow->result = follow->options->event(follow->options->data, text);
	return follow->result ? -ECANCELED : 0;
}

/* ---------------------------------------------------------------- the source of records */

/* A ring buffer, or the buffers of all CPUs behind a perf event array. */
struct source {
	struct ring_buffer *ring;
	struct perf_buffer *perf;
};

static void close_source(struct source *source)
{
	ring_buffer__free(source->ring);
	perf_buffer__free(source->perf);
}

static void show_sample(void *data, int cpu, void *sample, __u32 size)
{
	struct follow *follow = data;

	(void)cpu;
	if (!follow->result)
		show_record(follow, sample, size);
}

static void warn_lost(void *data, int cpu, __u64 count)
{
	struct follow *follow = data;

	el_warn(follow->context, "%llu records were lost on CPU %d: its buffer was full",
		(unsigned long long)count, cpu);
}

static int open_source(struct follow *follow, struct source *source)
{
	const struct el_map *map = follow->map;
	enum { PAGES = 64 }; /* of each CPU */

	if (map->type == BPF_MAP_TYPE_RINGBUF)
		source->ring = ring_buffer__new(map->fd, show_record, follow, NULL);
	else
		source->perf =
			perf_buffer__new(map->fd, PAGES, show_sample, warn_lost, follow, NULL);
	if (source->ring || source->perf)
		return 0;
	return el_fail(follow->context,
		       errno == EPERM || errno == EACCES ? EL_PRIVILEGE : EL_FAILED, errno, NULL,
		       "can't follow map %s: %s", map->path, el_reason(EL_OP_MAP_READ, errno));
}

/* Return: the number of records, or -errno; a stop by event() counts as a record. */
static int poll_source(struct follow *follow, const struct source *source, int timeout_ms)
{
	int count = source->ring ? ring_buffer__poll(source->ring, timeout_ms)
				 : perf_buffer__poll(source->perf, timeout_ms);

	return follow->result ? 1 : count;
}

/* ---------------------------------------------------------------- changes of the map */

enum { LOOK_MS = 200 };

/*
 * Whether the path still has this map. Return: 1 yes, or unknown at the moment; 0 the path has
 * another map; -ENOENT the path has no map.
 */
static int is_current(const struct follow *follow)
{
	const struct el_context *context = follow->context;
	const struct el_map *map = follow->map;
	_cleanup_fd_ int now = map->pin ? el_bpffs_get(context->bpffs, map->pin) : -1;

	if (!map->pin)
		return 1;
	if (now < 0)
		return now == -ENOENT ? -ENOENT : 1;
	return el_descriptor_id(now) == el_descriptor_id(map->fd);
}

/* Whether the chain of the map is attached. True if the chain can't be read at the moment. */
static bool is_attached(const struct follow *follow)
{
	_cleanup_generation_ struct el_generation *chain = NULL;

	return !look_instance(follow, &chain) || chain->state == EL_STATE_RUNS;
}

static int fail_gone(const struct follow *follow, const char *why)
{
	return el_fail(follow->context, EL_NOT_FOUND, ENOENT,
		       "list the maps in use: edge-load map list",
		       "map %s gets no more records: %s", follow->map->path, why);
}

/* A detached chain must be seen twice, since a chain looks detached for a moment during a swap. */
static int check_attached(struct follow *follow)
{
	if (is_attached(follow)) {
		follow->detached = 0;
		return 0;
	}
	if (++follow->detached < 2)
		return 0;
	return fail_gone(follow, "its chain was detached outside edge-load");
}

/* Reopen the map as the present map of its path. */
static int reopen(struct follow *follow)
{
	struct el_map *map = follow->map;
	struct el_map *now = NULL, before;
	int err = el_map_open(follow->context, map->path, &now);

	if (err)
		return err;
	before = *map;
	*map = *now;
	*now = before;
	el_map_free(now);
	el_warn(follow->context,
		"map %s was replaced when its chain was changed: following the new map", map->path);
	return 0;
}

/* ---------------------------------------------------------------- following */

static int check_kind(struct el_context *context, const struct el_map *map)
{
	if (map->type == BPF_MAP_TYPE_RINGBUF || map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return 0;
	return el_fail(context, EL_USAGE, EINVAL, "show its entries: edge-load map dump PATH",
		       "map %s has the kind %s, which has no records to follow; ring buffers and "
		       "perf event arrays have records",
		       map->path, map->info.kind);
}

/* The path has no map any more (@current -ENOENT), or another map, which sets *@again. */
static int leave(struct follow *follow, const struct source *source, int current, bool *again)
{
	poll_source(follow, source, 0); /* the last records */
	*again = current == 0;
	return follow->result || *again
		       ? follow->result
		       : fail_gone(follow, "its chain was detached, or no longer has the map");
}

/* Follow until an end, an error, or another map at the path, which sets *@again. */
static int follow_source(struct follow *follow, const struct source *source, bool *again)
{
	const int limit_ms = follow->options->timeout_ms;
	int idle = 0, looks = 0, err;

	while (!limit_ms || idle < limit_ms) {
		int slice = !limit_ms || limit_ms - idle > LOOK_MS ? LOOK_MS : limit_ms - idle;
		int count = poll_source(follow, source, slice);
		int current = is_current(follow);

		if (follow->result || count == -EINTR)
			return follow->result;
		if (count < 0)
			return el_fail(follow->context, EL_FAILED, -count, NULL,
				       "can't follow map %s: %s", follow->map->path,
				       el_reason(EL_OP_MAP_READ, -count));
		idle = count ? 0 : idle + slice;
		if (current <= 0)
			return leave(follow, source, current, again);
		err = ++looks % 5 || count ? 0 : check_attached(follow);
		if (err)
			return err;
	}
	return 0;
}

/* Follow one map. */
static int follow_map(struct follow *follow, bool *again)
{
	_cleanup_(close_source) struct source source = {0};
	int err = check_kind(follow->context, follow->map);

	*again = false;
	follow->padded = follow->map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
	if (!err)
		err = open_type(follow);
	if (!err)
		err = open_source(follow, &source);
	if (!err)
		err = follow_source(follow, &source, again);
	return err;
}

int el_map_follow(struct el_map *map, const struct el_follow_options *options)
{
	struct follow follow = {.context = map->context, .options = options, .map = map};
	bool again;
	int err;

	do {
		err = follow_map(&follow, &again);
		if (!err && again)
			err = reopen(&follow);
	} while (!err && again);
	el_value_type_free(follow.type);
	el_object_free(follow.object);
	return err;
}
