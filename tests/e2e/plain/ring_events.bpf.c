// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Writes events to a ring buffer, and counts events for which the buffer has no room. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct event {
	__u32 length;
	__u8 start[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

__u64 lost;

SEC("xdp")
int ring_events(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct event *event;

	if (data + sizeof(event->start) > end)
		return XDP_PASS;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		lost++;
		return XDP_DROP;
	}
	event->length = end - data;
	__builtin_memcpy(event->start, data, sizeof(event->start));
	if (event->start[12] == 8)
		bpf_ringbuf_submit(event, 0);
	else
		bpf_ringbuf_discard(event, 0);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
