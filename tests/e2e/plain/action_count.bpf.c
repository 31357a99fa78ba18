// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Statistics for each action, like the XDP tutorial's: packets and bytes in a per-CPU array. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <bpf/bpf_helpers.h>

struct record {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 5);
	__type(key, __u32);
	__type(value, struct record);
} by_action SEC(".maps");

static __u32 account(struct xdp_md *ctx, __u32 action)
{
	struct record *record = bpf_map_lookup_elem(&by_action, &action);

	if (!record)
		return XDP_ABORTED;
	record->packets++;
	record->bytes += ctx->data_end - ctx->data;
	return action;
}

SEC("xdp")
int action_count(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > end)
		return account(ctx, XDP_DROP);
	return account(ctx, ip->protocol == IPPROTO_ICMP ? XDP_TX : XDP_PASS);
}

char _license[] SEC("license") = "GPL";
