/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_PARSE_LINK_H
#define EDGE_INTERNAL_PARSE_LINK_H
/*
 * The view of the link layer: Ethernet and VLAN tags.
 */
#include <edge/internal/extensions.h>

EDGE_INLINE bool edge_is_tag(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_8021Q) || ethertype == bpf_htons(ETH_P_8021AD);
}

/*
 * Return: 0, of which the verifier knows only that it is below 2,048.
 *
 * To the verifier, a packet pointer with a known offset and a pointer with a variable offset are
 * different kinds of pointers, so that it never finds two states with them to be equal; and a bound
 * that is checked on a pointer with a known offset counts for pkt->data as well.
 *
 * Cost: two instructions.
 */
EDGE_INLINE __u32 edge_unknown_zero(const struct edge_pkt *pkt)
{
	__u64 length = pkt->end - pkt->data;

	asm("%0 >>= 53" : "+r"(length));
	return length;
}

struct edge_tag_header {
	__be16 tci, ethertype; /* of the header behind the tag */
};

/* The tags in the packet, of which there is at least one. A tag in the metadata is in pkt->vlan
 * already. */
EDGE_INLINE enum edge_parsed edge_parse_tags(struct edge_pkt *pkt, __u32 *l3)
{
	struct edge_tag_header *tag = edge_at(pkt, *l3);
	struct edge_tag first, second = {0};
	__u32 tags = 1;

	if ((void *)(tag + 1) > pkt->end)
		return EDGE_PARSED_CUT;
	first = (struct edge_tag){pkt->ethertype, bpf_ntohs(tag->tci)};
	pkt->ethertype = tag->ethertype;
	if (edge_is_tag(pkt->ethertype)) {
		if ((void *)(tag + 2) > pkt->end)
			return EDGE_PARSED_CUT;
		second = (struct edge_tag){pkt->ethertype, bpf_ntohs(tag[1].tci)};
		pkt->ethertype = tag[1].ethertype;
		tags = 2;
	}
	*l3 = (*l3 + tags * sizeof(*tag)) & EDGE_HEADERS_MAX;
	if (pkt->vlan.tags) {
		pkt->vlan.inner = first;
		tags++;
	} else {
		pkt->vlan.outer = first;
		pkt->vlan.inner = second;
	}
	pkt->vlan.tags = edge_forget(tags < EDGE_TAGS_MAX ? tags : EDGE_TAGS_MAX);
	if (tags > EDGE_TAGS_MAX || edge_is_tag(pkt->ethertype))
		return EDGE_PARSED_END;
	return EDGE_PARSED;
}

/* The tag that the kernel took out of the packet: at TC, the outermost. */
EDGE_INLINE void edge_parse_metadata_tag(struct edge_pkt *pkt)
{
	struct __sk_buff *skb = pkt->ctx;

	if (pkt->hook == EDGE_HOOK_XDP)
		return;
	/* Without a branch, or the verifier goes both ways through all that follows. Before kernel
	   6.2 vlan_proto and vlan_tci are not cleared when the tag is removed. */
	pkt->vlan.tags = skb->vlan_present;
	pkt->vlan.outer.proto = skb->vlan_proto & -pkt->vlan.tags;
	pkt->vlan.outer.tci = skb->vlan_tci & -pkt->vlan.tags;
}

/**
 * edge_parse_link() - Ethernet and tags
 * @l3: gets the offset of the next header
 */
EDGE_INLINE enum edge_parsed edge_parse_link(struct edge_pkt *pkt, __u32 *l3)
{
	struct ethhdr *eth = pkt->data;

	if ((void *)(eth + 1) > pkt->end)
		return EDGE_PARSED_CUT;
	pkt->eth = eth;
	pkt->ethertype = eth->h_proto;
	*l3 = ETH_HLEN + edge_unknown_zero(pkt);
	edge_parse_metadata_tag(pkt);
	/* Likely only in layout: the verifier then goes this way first. */
	if (EDGE_LIKELY(edge_is_tag(pkt->ethertype)))
		return edge_parse_tags(pkt, l3);
	return EDGE_PARSED;
}

#endif
