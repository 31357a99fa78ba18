// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Fragments, header options and IPv6 extension headers, walked in a loop with a switch. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct extension {
	__u8 next, length;
	__be16 rest;
};

static __always_inline int ip6(void *at, void *end, __u8 next)
{
	for (int i = 0; i < 6; i++) {
		struct extension *extension = at;

		switch (next) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			if ((void *)(extension + 1) > end)
				return XDP_DROP;
			next = extension->next;
			at += (extension->length + 1) * 8;
			break;
		case IPPROTO_FRAGMENT:
			if ((void *)(extension + 1) > end)
				return XDP_DROP;
			return extension->rest & bpf_htons(0xfff8) ? XDP_TX : XDP_PASS;
		case IPPROTO_UDP:
			return XDP_PASS;
		default:
			return XDP_TX;
		}
	}
	return XDP_DROP;
}

SEC("xdp")
int frag_and_options(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct ipv6hdr *six = (void *)(eth + 1);

	if ((void *)(eth + 1) > end)
		return XDP_ABORTED;
	if (eth->h_proto == bpf_htons(ETH_P_IPV6))
		return (void *)(six + 1) > end ? XDP_DROP : ip6(six + 1, end, six->nexthdr);
	if (eth->h_proto != bpf_htons(ETH_P_IP) || (void *)(ip + 1) > end)
		return XDP_PASS;
	if (ip->frag_off & bpf_htons(0x1fff))
		return XDP_DROP;
	return ip->ihl > 5 ? XDP_TX : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
