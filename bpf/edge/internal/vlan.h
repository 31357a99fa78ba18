/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_VLAN_H
#define EDGE_INTERNAL_VLAN_H
/*
 * VLAN tags at TC, where the kernel keeps the outermost in the skb's metadata.
 */
#include <edge/internal/parse_link.h>
#include <edge/parse.h>

/* The outermost tag of a frame, if it is in the packet. */
struct edge_tagged {
	__u8 macs[2 * ETH_ALEN];
	__be16 proto, tci;
};

/* At TC: when the outermost tag is removed, the kernel moves the next tag into the metadata, and
 * fails half way if the frame ends within it. Return: whether the next tag is complete. */
EDGE_INLINE bool edge_vlan_is_whole(const struct edge_pkt *pkt)
{
	const struct __sk_buff *skb = pkt->ctx;
	struct edge_tagged *tagged = pkt->data;
	struct edge_tag_header *next = pkt->data + ETH_HLEN;

	if ((void *)(tagged + 1) > pkt->end)
		return !edge_is_tag(pkt->eth->h_proto);
	if (skb->vlan_present)
		return !edge_is_tag(tagged->proto) || pkt->length >= sizeof(*tagged) + 2;
	if ((void *)(next + 1) > pkt->end)
		return false;
	return !edge_is_tag(next->ethertype) || pkt->length >= sizeof(*tagged) + 6;
}

/* At TC: a tag in the packet is written to; a tag in the metadata is removed and put on again. */
EDGE_INLINE long edge_vlan_set_tc(struct edge_pkt *pkt, __u16 tci)
{
	struct edge_tag before = pkt->vlan.outer;
	struct __sk_buff *skb = pkt->ctx;
	__be16 field = bpf_htons(tci);
	long error;

	if (!skb->vlan_present) {
		error = bpf_skb_store_bytes(skb, ETH_HLEN, &field, sizeof(field),
					    BPF_F_RECOMPUTE_CSUM);
	} else if (!edge_vlan_is_whole(pkt)) {
		return -EDGE_EINVAL;
	} else {
		error = bpf_skb_vlan_pop(skb);
		if (!error) {
			error = bpf_skb_vlan_push(skb, before.proto, tci);
			if (error) /* no memory: the old one goes back, if there is some by now */
				bpf_skb_vlan_push(skb, before.proto, before.tci);
		}
	}
	edge_parse(pkt);
	return error;
}

#endif
