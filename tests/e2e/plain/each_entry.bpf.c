// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* bpf_for_each_map_elem() with a callback. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} sizes SEC(".maps");

struct sum {
	__u64 total;
};

static long add(void *map, __u32 *key, __u64 *value, void *data)
{
	struct sum *sum = data;

	sum->total += *value;
	return 0;
}

SEC("xdp")
int each_entry(struct xdp_md *ctx)
{
	__u32 key = (ctx->data_end - ctx->data) & 7;
	__u64 *size = bpf_map_lookup_elem(&sizes, &key);
	struct sum sum = {};

	if (size)
		*size += ctx->data_end - ctx->data;
	bpf_for_each_map_elem(&sizes, add, &sum, 0);
	return sum.total & 1 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
