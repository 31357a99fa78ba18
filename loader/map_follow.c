// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A ring buffer's records, as they come. The kernel keeps no type of them with the map. The object
 * does, as the type of its variable edge_record_NAME (bpf/edge/event.h): while the object that the
 * chain was made of can still be found, a record is shown by it, and else as bytes.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "chain.h"
#include "map.h"

struct follow {
	struct el_context *context;
	enum el_format format;
	int (*event)(void *data, const char *value);
	void *data;
	struct el_object *object;   /* whose BTF the type needs, or NULL */
	struct el_value_type *type; /* or NULL */
	int result;		    /* what event() returned last */
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

/* The object that the map's instance was made of. Return: NULL, a warning given, where it is not
 * to be had any more. */
static struct el_object *open_object(struct el_context *context, const struct el_map *map)
{
	_cleanup_free_ char *device = strdup(map->path);
	_cleanup_chain_ struct el_chain *chain = NULL;
	const struct el_instance_report *instance = NULL;
	struct el_object *object;
	enum edge_hook hook;
	char *at = device, *hook_word, *instance_word;

	if (!device)
		return NULL;
	strsep(&at, "/");
	hook_word = strsep(&at, "/");
	instance_word = strsep(&at, "/");
	if (!el_hook_parse(hook_word, &hook) && !el_chain_look(context, device, hook, &chain))
		instance = find_instance(chain, instance_word);
	if (!instance)
		return NULL;
	if (el_object_open(context, instance->function, &object)) {
		el_warn(context, "records are shown as bytes: %s", el_error_get(context)->what);
		return NULL;
	}
	if (!strncmp(el_object_info(object)->digest, instance->digest, strlen(instance->digest)))
		return object;
	el_warn(context,
		"records are shown as bytes: %s is not any more what the chain was made of",
		instance->function);
	el_object_free(object);
	return NULL;
}

static int open_type(struct follow *follow, const struct el_map *map)
{
	_cleanup_free_ char *name = el_format("edge_record_%s", map->info.name);
	int id;

	if (!name)
		return el_fail_memory(follow->context);
	follow->object = open_object(follow->context, map);
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

	/* The kernel rounds a record's size up to 8 bytes only in the buffer, not here. */
	if (follow->type && el_value_type_size(follow->type) == size) {
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
	if (fclose(stream) && !follow->result)
		follow->result = el_fail_memory(follow->context);
	if (!follow->result)
		follow->result = follow->event(follow->data, text);
	return follow->result ? -ECANCELED : 0;
}

static int follow_ring(struct follow *follow, const struct el_map *map, int timeout_ms)
{
	struct ring_buffer *ring = ring_buffer__new(map->fd, show_record, follow, NULL);
	int count;

	if (!ring)
		return el_fail(follow->context, errno == EPERM ? EL_PRIVILEGE : EL_FAILED, errno,
			       NULL, "can't follow map %s: %s", map->path, strerror(errno));
	do
		count = ring_buffer__poll(ring, timeout_ms);
	while (count > 0 && !follow->result);
	ring_buffer__free(ring);
	if (follow->result || count >= 0 || count == -EINTR)
		return follow->result;
	return el_fail(follow->context, EL_FAILED, -count, NULL, "can't follow map %s: %s",
		       map->path, strerror(-count));
}

int el_map_follow(struct el_context *context, struct el_map *map, enum el_format format,
		  int timeout_ms, int (*event)(void *data, const char *value), void *data)
{
	struct follow follow = {.context = context, .format = format, .event = event, .data = data};
	int err;

	if (map->type != BPF_MAP_TYPE_RINGBUF)
		return el_fail(context, EL_USAGE, EINVAL, "look at it with edge-load map dump",
			       "map %s is no ring buffer but of the kind %s: there is nothing to "
			       "follow",
			       map->path, map->info.kind);
	err = open_type(&follow, map);
	if (!err)
		err = follow_ring(&follow, map, timeout_ms);
	el_value_type_free(follow.type);
	el_object_free(follow.object);
	return err;
}
