// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Drops packets from addresses that it has seen before, with a bloom filter (kernel 5.16). */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 1000);
	__type(value, __u32);
} seen SEC(".maps");

SEC("xdp")
int bloom(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	__u32 address;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	address = ip->saddr;
	if (!bpf_map_peek_elem(&seen, &address))
		return XDP_DROP;
	bpf_map_push_elem(&seen, &address, 0);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
