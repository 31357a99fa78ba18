// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A ring buffer's records, as they come. The kernel keeps no type of them with the map, so they are
 * bytes.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "map.h"

struct follow {
	struct el_context *context;
	enum el_format format;
	int (*event)(void *data, const char *value);
	void *data;
	int result; /* what event() returned last */
};

static int show_record(void *data, void *record, size_t size)
{
	struct follow *follow = data;
	struct el_value_type *type;
	_cleanup_free_ char *text = NULL;
	size_t length;
	FILE *stream;

	follow->result = el_value_type_open_bytes(follow->context, (uint32_t)size, &type);
	if (follow->result)
		return follow->result;
	stream = open_memstream(&text, &length);
	if (stream)
		el_value_type_write(type, record, follow->format, stream);
	el_value_type_free(type);
	if (!stream || fclose(stream))
		follow->result = el_fail_memory(follow->context);
	else
		follow->result = follow->event(follow->data, text);
	return follow->result < 0 ? follow->result : -(follow->result != 0);
}

int el_map_follow(struct el_context *context, struct el_map *map, enum el_format format,
		  int timeout_ms, int (*event)(void *data, const char *value), void *data)
{
	struct follow follow = {.context = context, .format = format, .event = event, .data = data};
	struct ring_buffer *ring;
	int count;

	if (map->type != BPF_MAP_TYPE_RINGBUF)
		return el_fail(context, EL_USAGE, EINVAL, "look at it with edge-load map dump",
			       "map %s is a %s and no ring buffer: there is nothing to follow",
			       map->path, map->info.kind);
	ring = ring_buffer__new(map->fd, show_record, &follow, NULL);
	if (!ring)
		return el_fail(context, errno == EPERM ? EL_PRIVILEGE : EL_FAILED, errno, NULL,
			       "can't follow map %s: %s", map->path, strerror(errno));
	do
		count = ring_buffer__poll(ring, timeout_ms);
	while (count > 0 && !follow.result);
	ring_buffer__free(ring);
	if (follow.result)
		return follow.result;
	if (count < 0 && count != -EINTR)
		return el_fail(context, EL_FAILED, -count, NULL, "can't follow map %s: %s",
			       map->path, strerror(-count));
	return 0;
}
