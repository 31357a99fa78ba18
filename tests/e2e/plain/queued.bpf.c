// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A queue and a stack: the popped and peeked values decide the action. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__type(value, __u32);
} waiting SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 4);
	__type(value, __u32);
} recent SEC(".maps");

SEC("xdp")
int queued(struct xdp_md *ctx)
{
	__u32 length = ctx->data_end - ctx->data, first = 0, last = 0;

	bpf_map_push_elem(&recent, &length, BPF_EXIST);
	if (!bpf_map_push_elem(&waiting, &length, 0))
		return XDP_PASS;
	bpf_map_pop_elem(&waiting, &first);
	bpf_map_peek_elem(&recent, &last);
	return first > last ? XDP_DROP : XDP_TX;
}

char _license[] SEC("license") = "GPL";
