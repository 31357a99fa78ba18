// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A per-CPU LRU hash whose entries are updated in place; every fourth packet of a source passes. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 64);
	__type(key, __be32);
	__type(value, __u32);
} counts SEC(".maps");

SEC("xdp")
int rate_by_source(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	__u32 *count, one = 1;
	__be32 source;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	source = ip->saddr;
	count = bpf_map_lookup_elem(&counts, &source);
	if (!count) {
		bpf_map_update_elem(&counts, &source, &one, BPF_ANY);
		return XDP_PASS;
	}
	return (*count)++ % 4 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
