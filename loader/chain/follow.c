// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The records of a ring buffer or a perf event array, as they come. The kernel keeps no type of
 * them with the map. The object does, as the type of its variable edge_record_NAME
 * (bpf/edge/event.h): while the object that the chain was made of can still be found, a record is
 * shown by it, and else as bytes.
 *
 * The path may come to mean another map: after a swap that could not keep it, a resize, a rollback.
 * That is noticed within LOOK_MS, and the new map is followed, from its first record on, as the
 * kernel keeps records that nobody has read. A map that goes ends it.
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
	enum el_format format;
	int (*event)(void *data, const char *value);
	void *data;
	struct el_object *object;   /* whose BTF the type needs, or NULL */
	struct el_value_type *type; /* or NULL */
	int result;		    /* what event() returned last */
	bool padded;		    /* records may be longer than what the program gave */
	int detached;		    /* how often in a row the chain was found not attached */
};

/* ---------------------------------------------------------------- the record's type */

static const struct el_instance_report *find_instance(const struct el_chain *chain,
						      const char *name)
{
	const struct el_chain_report *report = el_chain_report(chain);

	for (size_t i = 0; i < report->instances_count; i++)
		if (!strcmp(report->instances[i].name, name))
			return &report->instances[i];
	return NULL;
}

/* The chain of @map and the instance in it; NULL where it can't be read. */
static const struct el_instance_report *
look_instance(struct el_context *context, const struct el_map *map, struct el_chain **chain)
{
	_cleanup_free_ char *device = strdup(map->path);
	struct el_site site = {.device = device};
	char *at = device, *hook_word, *instance_word;

	strsep(&at, "/");
	hook_word = strsep(&at, "/");
	instance_word = strsep(&at, "/");
	if (!hook_word || !instance_word || el_hook_parse(hook_word, &site.hook) ||
	    el_chain_look(context, &site, chain))
		return NULL;
	return find_instance(*chain, instance_word);
}

static bool is_made_of(const struct el_instance_report *instance, const struct el_object *object)
{
	return object &&
	       !strncmp(el_object_info(object)->digest, instance->digest, strlen(instance->digest));
}

/* follow->object becomes the object that the map's instance was made of, or NULL, a warning given,
 * where that is not to be had any more. An object that is open already is not opened again: from
 * source, it would be compiled. */
static void open_object(struct follow *follow, const struct el_map *map)
{
	_cleanup_chain_ struct el_chain *chain = NULL;
	const struct el_instance_report *instance = look_instance(follow->context, map, &chain);
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

static int open_type(struct follow *follow, const struct el_map *map)
{
	_cleanup_free_ char *name = el_format("edge_record_%s", map->info.name);
	int id;

	if (!name)
		return el_fail_memory(follow->context);
	el_value_type_free(follow->type);
	follow->type = NULL;
	open_object(follow, map);
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

	/* A perf event has up to 7 bytes more than the program gave: with the 32 bits of its size
	 * before them, a multiple of 8 (kernel/events/core.c, perf_prepare_sample()). */
	if (known && (known == size || (follow->padded && known < size && size - known < 8))) {
		el_value_type_write(follow->type, record, follow->format, stream);
		return 0;
	}
	err = el_value_type_open_bytes(follow->context, (uint32_t)size, &bytes);
	if (err)
		return err;
	el_value_type_write(bytes, record, follow->format, stream);
	el_value_type_free(bytes);
	return 0;
}

/* Negative ends the walk through what is in the buffer. */
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
		follow->result = follow->event(follow->data, text);
	return follow->result ? -ECANCELED : 0;
}

/* ---------------------------------------------------------------- where they come from */

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

static int open_source(struct follow *follow, const struct el_map *map, struct source *source)
{
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

/* Return: how many records came, or -errno; an end that event() asked for counts as a record. */
static int poll_source(struct follow *follow, const struct source *source, int timeout_ms)
{
	int count = source->ring ? ring_buffer__poll(source->ring, timeout_ms)
				 : perf_buffer__poll(source->perf, timeout_ms);

	return follow->result ? 1 : count;
}

/* ---------------------------------------------------------------- is it the one that runs? */

enum { LOOK_MS = 200 };

/*
 * Whether the path still means this map. Return: 1 it does, or that can't be told now; 0 it means
 * another map; -ENOENT it means none.
 */
static int is_current(const struct el_context *context, const struct el_map *map)
{
	_cleanup_fd_ int now = map->pin ? el_bpffs_get(context->bpffs, map->pin) : -1;

	if (!map->pin)
		return 1;
	if (now < 0)
		return now == -ENOENT ? -ENOENT : 1;
	return el_descriptor_id(now) == el_descriptor_id(map->fd);
}

/* Whether the chain of @map is attached. A chain that can't be read now, is. */
static bool is_attached(struct el_context *context, const struct el_map *map)
{
	_cleanup_chain_ struct el_chain *chain = NULL;

	return !look_instance(context, map, &chain) ||
	       el_chain_report(chain)->state == EL_STATE_RUNS;
}

static int fail_gone(struct el_context *context, const struct el_map *map, const char *why)
{
	return el_fail(context, EL_NOT_FOUND, ENOENT, "list the maps in use: edge-load map list",
		       "map %s gets no more records: %s", map->path, why);
}

/* Seen twice, as a swap that is under way looks the same for a moment. */
static int check_attached(struct follow *follow, const struct el_map *map)
{
	if (is_attached(follow->context, map)) {
		follow->detached = 0;
		return 0;
	}
	if (++follow->detached < 2)
		return 0;
	return fail_gone(follow->context, map, "its chain was detached outside edge-load");
}

/* @map becomes the one that its path means now. */
static int reopen(struct follow *follow, struct el_map *map)
{
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

/* Until something ends it: *@again where the path means another map now. */
static int follow_source(struct follow *follow, const struct el_map *map,
			 const struct source *source, int timeout_ms, bool *again)
{
	int idle = 0, looks = 0, err;

	*again = false;
	while (timeout_ms < 0 || idle < timeout_ms) {
		int slice =
			timeout_ms < 0 || timeout_ms - idle > LOOK_MS ? LOOK_MS : timeout_ms - idle;
		int count = poll_source(follow, source, slice);
		int current = is_current(follow->context, map);

		if (follow->result || count == -EINTR)
			return follow->result;
		if (count < 0)
			return el_fail(follow->context, EL_FAILED, -count, NULL,
				       "can't follow map %s: %s", map->path,
				       el_reason(EL_OP_MAP_READ, -count));
		idle = count ? 0 : idle + slice;
		if (current <= 0) {
			poll_source(follow, source, 0); /* the last ones */
			*again = current == 0;
			return follow->result || *again ? follow->result
							: fail_gone(follow->context, map,
								    "its chain was detached, or no "
								    "longer has the map");
		}
		err = ++looks % 5 || count ? 0 : check_attached(follow, map);
		if (err)
			return err;
	}
	return 0;
}

/* With one map. */
static int follow_map(struct follow *follow, struct el_map *map, int timeout_ms, bool *again)
{
	_cleanup_(close_source) struct source source = {0};
	int err = check_kind(follow->context, map);

	*again = false;
	follow->padded = map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
	if (!err)
		err = open_type(follow, map);
	if (!err)
		err = open_source(follow, map, &source);
	if (!err)
		err = follow_source(follow, map, &source, timeout_ms, again);
	return err;
}

int el_map_follow(struct el_context *context, struct el_map *map, enum el_format format,
		  int timeout_ms, int (*event)(void *data, const char *value), void *data)
{
	struct follow follow = {.context = context, .format = format, .event = event, .data = data};
	bool again;
	int err;

	do {
		err = follow_map(&follow, map, timeout_ms, &again);
		if (!err && again)
			err = reopen(&follow, map);
	} while (!err && again);
	el_value_type_free(follow.type);
	el_object_free(follow.object);
	return err;
}
