// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Removes GRE and IPIP headers; the inner packet is IPv4 or IPv6. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct gre {
	__be16 flags, proto;
};

SEC("xdp")
int decapsulate(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data, copy;
	struct iphdr *ip = (void *)(eth + 1);
	struct gre *gre = (void *)(ip + 1);
	int off = sizeof(*ip);

	if ((void *)(gre + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5)
		return XDP_PASS;
	copy = *eth;
	if (ip->protocol == IPPROTO_GRE && !gre->flags) {
		off += sizeof(*gre);
		copy.h_proto = gre->proto;
	} else if (ip->protocol == IPPROTO_IPV6) {
		copy.h_proto = bpf_htons(ETH_P_IPV6);
	} else if (ip->protocol != IPPROTO_IPIP) {
		return XDP_PASS;
	}
	if (bpf_xdp_adjust_head(ctx, off))
		return XDP_DROP;
	eth = (void *)(long)ctx->data;
	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	*eth = copy;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
