// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Forwards packets by its own table: decrements TTL or hop limit, rewrites MAC addresses, and
 * redirects through a devmap without entries, whose fallback action is in the flags. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} ports SEC(".maps");

static const volatile __u8 gateway[ETH_ALEN] = {2, 0, 0, 0, 9, 9};

static __always_inline void lower(struct iphdr *ip)
{
	__u32 sum = ip->check + bpf_htons(0x0100);

	ip->check = sum + (sum >= 0xffff);
	ip->ttl--;
}

SEC("xdp")
int hop(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;

	if ((void *)(eth + 1) > end)
		return XDP_DROP;
	if (eth->h_proto == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = (void *)(eth + 1);

		if ((void *)(ip + 1) > end || ip->ttl <= 1)
			return XDP_PASS;
		lower(ip);
	} else if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = (void *)(eth + 1);

		if ((void *)(ip + 1) > end || ip->hop_limit <= 1)
			return XDP_PASS;
		ip->hop_limit--;
	} else {
		return XDP_PASS;
	}
	for (int i = 0; i < ETH_ALEN; i++)
		eth->h_dest[i] = gateway[i];
	return bpf_redirect_map(&ports, 2, XDP_TX);
}

char _license[] SEC("license") = "GPL";
