// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Takes no context, since it does not read the packet; drops every third packet. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} turns SEC(".maps");

SEC("xdp")
int no_context()
{
	__u32 first = 0;
	__u64 *turn = bpf_map_lookup_elem(&turns, &first);

	if (!turn)
		return XDP_ABORTED;
	return ++*turn % 3 ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
