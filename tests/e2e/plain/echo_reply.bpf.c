// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Answers echo requests: swaps the addresses, and updates the checksum for the change of the
 * type. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* The header of an echo message, in ICMP and ICMPv6. */
struct icmp {
	__u8 type, code;
	__sum16 checksum;
	__be16 id, sequence;
};

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

SEC("xdp")
int echo_reply(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct icmp *icmp = (void *)(ip + 1);
	__u8 mac[ETH_ALEN];
	__be32 address;

	if ((void *)(icmp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_ICMP || icmp->type != 8)
		return XDP_PASS;
	__builtin_memcpy(mac, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, mac, ETH_ALEN);
	address = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = address;
	icmp->type = 0;
	icmp->checksum = fold((__u16)~icmp->checksum + (__u16)~bpf_htons(8 << 8));
	return XDP_TX;
}

char _license[] SEC("license") = "GPL";
