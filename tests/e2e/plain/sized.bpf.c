// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A map whose size the program's loader sets: per-CPU counts by index. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
} slots SEC(".maps");

const volatile __u32 slot = 6;

SEC("xdp") int sized(struct xdp_md *ctx)
{
	__u32 key = slot;
	__u64 *count = bpf_map_lookup_elem(&slots, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
