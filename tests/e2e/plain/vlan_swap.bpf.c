// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Removes the VLAN tag of a tagged frame, and inserts a tag into an untagged frame. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct tag {
	__be16 tci, proto;
};

static __always_inline int pop(struct xdp_md *ctx, struct ethhdr *eth, struct tag *tag)
{
	struct ethhdr copy;

	__builtin_memcpy(&copy, eth, sizeof(copy));
	copy.h_proto = tag->proto;
	if (bpf_xdp_adjust_head(ctx, sizeof(*tag)))
		return XDP_ABORTED;
	eth = (void *)(long)ctx->data;
	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	__builtin_memcpy(eth, &copy, sizeof(copy));
	return XDP_PASS;
}

static __always_inline int push(struct xdp_md *ctx, struct ethhdr *eth)
{
	struct ethhdr copy;
	struct tag *tag;

	__builtin_memcpy(&copy, eth, sizeof(copy));
	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*tag)))
		return XDP_ABORTED;
	eth = (void *)(long)ctx->data;
	tag = (void *)(eth + 1);
	if ((void *)(tag + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	tag->tci = bpf_htons(77);
	tag->proto = copy.h_proto;
	copy.h_proto = bpf_htons(ETH_P_8021Q);
	__builtin_memcpy(eth, &copy, sizeof(copy));
	return XDP_PASS;
}

SEC("xdp")
int vlan_swap(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct tag *tag = (void *)(eth + 1);

	if ((void *)(tag + 1) > end)
		return XDP_PASS;
	return eth->h_proto == bpf_htons(ETH_P_8021Q) ? pop(ctx, eth, tag) : push(ctx, eth);
}

char _license[] SEC("license") = "GPL";
