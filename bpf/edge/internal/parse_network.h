/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_PARSE_NETWORK_H
#define EDGE_INTERNAL_PARSE_NETWORK_H
/*
 * The view of the network layer: ARP, IPv4, IPv6 and its extension headers.
 */
#include <edge/internal/extensions.h>

EDGE_INLINE enum edge_parsed edge_parse_arp(struct edge_pkt *pkt, __u32 l3)
{
	struct edge_arp *arp = edge_at(pkt, l3);

	if ((void *)(arp + 1) > pkt->end)
		return EDGE_PARSED_CUT;
	if (arp->hardware == bpf_htons(1) && arp->protocol == bpf_htons(ETH_P_IP) &&
	    arp->hardware_length == ETH_ALEN && arp->protocol_length == sizeof(__be32))
		pkt->arp = arp;
	return EDGE_PARSED_END;
}

/*
 * The length of the IP packet from offset @l3 on, in bytes, if its header says 0: the kernel writes
 * 0 in GSO packets of more than 64 KiB ("BIG TCP": IPv6 since 5.19, IPv4 since 6.3). In all other
 * packets 0 means 0.
 */
EDGE_INLINE __u32 edge_big_length(const struct edge_pkt *pkt, __u32 l3)
{
	const struct __sk_buff *skb = pkt->ctx;

	if (pkt->hook == EDGE_HOOK_XDP || !skb->gso_size)
		return 0;
	return pkt->length - l3;
}

/**
 * edge_parse_ip4() - IPv4 with its options
 * @l3: its offset
 * @l4: gets the offset of the next header
 */
EDGE_INLINE enum edge_parsed edge_parse_ip4(struct edge_pkt *pkt, __u32 l3, __u32 *l4)
{
	struct iphdr *ip4 = edge_at(pkt, l3);
	__u32 first, header, total;

	if ((void *)(ip4 + 1) > pkt->end)
		return EDGE_PARSED_CUT;
	first = *(__u8 *)ip4;
	if (first < 0x45 || first > 0x4f)
		return EDGE_PARSED_END;
	header = (first & 0xf) * 4;
	if (edge_at(pkt, l3 + header) > pkt->end)
		return EDGE_PARSED_CUT;
	total = bpf_ntohs(ip4->tot_len);
	if (EDGE_UNLIKELY(total < header)) {
		total = total ? 0 : edge_big_length(pkt, l3);
		if (total < header)
			return EDGE_PARSED_END;
	}
	pkt->ip4 = ip4;
	pkt->protocol = ip4->protocol;
	pkt->fragment = bpf_ntohs(ip4->frag_off) & (EDGE_FRAGMENT_MORE | EDGE_FRAGMENT_OFFSET);
	pkt->l4_length = total - header;
	*l4 = l3 + header;
	return EDGE_PARSED;
}

/* The extension headers, of which there is at least one. */
EDGE_INLINE enum edge_parsed edge_parse_extensions(struct edge_pkt *pkt, __u32 start, __u32 *l4)
{
	__u64 walk = edge_extensions(pkt, start, pkt->protocol, pkt->l4_length);

	*l4 = walk & EDGE_HEADERS_MAX;
	pkt->protocol = walk >> EDGE_WALK_NEXT;
	pkt->fragment = walk >> EDGE_WALK_FRAGMENT & (EDGE_FRAGMENT_MORE | EDGE_FRAGMENT_OFFSET);
	pkt->l4_length = walk >> EDGE_WALK_LEFT;
	return walk >> EDGE_WALK_PARSED & 3;
}

/* IPv6 with its extension headers. */
EDGE_INLINE enum edge_parsed edge_parse_ip6(struct edge_pkt *pkt, __u32 l3, __u32 *l4)
{
	struct ipv6hdr *ip6 = edge_at(pkt, l3);

	if ((void *)(ip6 + 1) > pkt->end)
		return EDGE_PARSED_CUT;
	if (*(__u8 *)ip6 >> 4 != 6)
		return EDGE_PARSED_END;
	pkt->ip6 = ip6;
	pkt->protocol = ip6->nexthdr;
	pkt->l4_length = bpf_ntohs(ip6->payload_len);
	if (EDGE_UNLIKELY(!pkt->l4_length))
		pkt->l4_length = edge_big_length(pkt, l3 + sizeof(*ip6));
	*l4 = (l3 + sizeof(*ip6)) & EDGE_HEADERS_MAX;
	/* Likely only in layout, as above. */
	if (EDGE_LIKELY(edge_is_extension(pkt->protocol)))
		return edge_parse_extensions(pkt, *l4, l4);
	return EDGE_PARSED;
}

#endif
