// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Parses headers with a cursor, and VLAN tags in an unrolled loop, as the XDP tutorial does; drops
 * echo requests with an even sequence number. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* The header of an echo message, in ICMP and ICMPv6. */
struct icmp {
	__u8 type, code;
	__sum16 checksum;
	__be16 id, sequence;
};

struct cursor {
	void *at, *end;
};

struct tag {
	__be16 tci, proto;
};

static __always_inline int parse_eth(struct cursor *cursor)
{
	struct ethhdr *eth = cursor->at;
	struct tag *tag = (void *)(eth + 1);
	__be16 proto;

	if ((void *)(eth + 1) > cursor->end)
		return -1;
	proto = eth->h_proto;
#pragma unroll
	for (int i = 0; i < 4; i++) {
		if (proto != bpf_htons(ETH_P_8021Q) && proto != bpf_htons(ETH_P_8021AD))
			break;
		if ((void *)(tag + 1) > cursor->end)
			break;
		proto = tag->proto;
		tag++;
	}
	cursor->at = tag;
	return proto;
}

static __always_inline int parse_ip(struct cursor *cursor)
{
	struct iphdr *ip = cursor->at;
	int size;

	if ((void *)(ip + 1) > cursor->end)
		return -1;
	size = ip->ihl * 4;
	if (size < (int)sizeof(*ip) || cursor->at + size > cursor->end)
		return -1;
	cursor->at += size;
	return ip->protocol;
}

static __always_inline int parse_ip6(struct cursor *cursor)
{
	struct ipv6hdr *ip = cursor->at;

	if ((void *)(ip + 1) > cursor->end)
		return -1;
	cursor->at = ip + 1;
	return ip->nexthdr;
}

SEC("xdp")
int cursor_parse(struct xdp_md *ctx)
{
	struct cursor cursor = {(void *)(long)ctx->data, (void *)(long)ctx->data_end};
	int proto = parse_eth(&cursor);

	if (proto == bpf_htons(ETH_P_IP)) {
		struct icmp *icmp;

		if (parse_ip(&cursor) != IPPROTO_ICMP)
			return XDP_PASS;
		icmp = cursor.at;
		if ((void *)(icmp + 1) > cursor.end)
			return XDP_ABORTED;
		return bpf_ntohs(icmp->sequence) % 2 ? XDP_PASS : XDP_DROP;
	}
	if (proto == bpf_htons(ETH_P_IPV6)) {
		struct icmp *icmp;

		if (parse_ip6(&cursor) != IPPROTO_ICMPV6)
			return XDP_PASS;
		icmp = cursor.at;
		if ((void *)(icmp + 1) > cursor.end)
			return XDP_ABORTED;
		return bpf_ntohs(icmp->sequence) % 2 ? XDP_PASS : XDP_DROP;
	}
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
