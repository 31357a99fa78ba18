/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_ROOM_H
#define EDGE_INTERNAL_ROOM_H
/*
 * Making and removing room between the link header and the IP header.
 *
 * At XDP room is made at the frame's start, and the link header moves into it. At TC the kernel
 * does it, and takes care of GSO: a TCP segment size shrinks by the bytes that were added, so that
 * the packets that leave the device fit it.
 */
#include <edge/internal/finish.h>
#include <edge/internal/link.h>
#include <edge/internal/wire.h>
#include <edge/parse.h>

/* Every step that can fail comes before the head moves, or is the kernel's refusal to move it. */
EDGE_INLINE long edge_room_xdp(struct edge_pkt *pkt, __u32 length, int grow)
{
	struct edge_link link;
	long error;

	if (!edge_link_read(pkt, &link, length))
		return -EDGE_EINVAL;
	if (grow < 0 && edge_at(pkt, (length - grow) & (2 * EDGE_HEADERS_MAX + 1)) > pkt->end)
		return -EDGE_EINVAL;
	error = bpf_xdp_adjust_head(pkt->ctx, -grow);
	edge_bounds(pkt);
	if (!error)
		edge_link_write(pkt, &link, length);
	return error;
}

/**
 * edge_room() - make or remove room behind the link header
 * @length: of the link header
 * @grow:   bytes; negative to remove
 * @flags:  BPF_F_ADJ_ROOM_*, for TC: the purpose of the room
 *
 * Of the view, only the bounds are made anew, also on an error.
 */
EDGE_INLINE long edge_room(struct edge_pkt *pkt, __u32 length, int grow, __u64 flags)
{
	long error;

	if (pkt->hook == EDGE_HOOK_XDP)
		return edge_room_xdp(pkt, length, grow);
	error = bpf_skb_adjust_room(pkt->ctx, grow, BPF_ADJ_ROOM_MAC, flags);
	/* A datagram's size is not ours to change: UDP GSO keeps it. */
	if (error)
		error = bpf_skb_adjust_room(pkt->ctx, grow, BPF_ADJ_ROOM_MAC,
					    flags | BPF_F_ADJ_ROOM_FIXED_GSO);
	edge_bounds(pkt);
	return error;
}

/* Copy @size bytes, a constant and even, into the packet. */
EDGE_INLINE void edge_copy(void *to, const void *from, __u32 size)
{
	__u32 i;

#pragma unroll
	for (i = 0; i + 4 <= size; i += 4)
		*(edge_word32 *)(to + i) = *(const edge_word32 *)(from + i);
	if (i < size)
		*(edge_word16 *)(to + i) = *(const edge_word16 *)(from + i);
}

/* Write @size bytes, a constant and even, at @offset. At TC the device's sum changes with them. */
EDGE_INLINE long edge_put(struct edge_pkt *pkt, __u32 offset, const void *from, __u32 size)
{
	void *to;

	if (pkt->hook != EDGE_HOOK_XDP)
		return bpf_skb_store_bytes(pkt->ctx, offset, from, size, BPF_F_RECOMPUTE_CSUM);
	to = edge_at(pkt, offset & EDGE_HEADERS_MAX);
	if (to + size > pkt->end)
		return -EDGE_EINVAL;
	edge_copy(to, from, size);
	return 0;
}

/* Newer than Debian 12's kernel headers (kernel 6.3): the family of the packet that is left after a
 * decapsulation. */
enum {
	EDGE_ROOM_DECAP_IP4 = 1 << 7, /* BPF_F_ADJ_ROOM_DECAP_L3_IPV4 */
	EDGE_ROOM_DECAP_IP6 = 1 << 8, /* BPF_F_ADJ_ROOM_DECAP_L3_IPV6 */
};

/* At TC the kernel also keeps the protocol outside of the packet, and drops a packet that does not
   agree with it. It must be told if the room changes the packet's family. */
EDGE_INLINE __u64 edge_room_flags(const struct edge_pkt *pkt, __be16 ethertype, int grow)
{
	if (ethertype == bpf_htons(ETH_P_IP) && !pkt->ip4)
		return grow > 0 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 : EDGE_ROOM_DECAP_IP4;
	if (ethertype == bpf_htons(ETH_P_IPV6) && pkt->ip4)
		return grow > 0 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 : EDGE_ROOM_DECAP_IP6;
	return 0;
}

/**
 * edge_room_put() - make room in front of the IP header and fill it, or leave the packet as it was
 * @header:    its bytes, on the stack
 * @size:      how many, a constant and even
 * @flags:     BPF_F_ADJ_ROOM_*, for TC
 * @ethertype: for the link header, of @header; network order
 *
 * Once there is room, nothing can fail any more: the room is in the linear part, and not shared.
 */
EDGE_INLINE long edge_room_put(struct edge_pkt *pkt, const void *header, __u32 size, __u64 flags,
			       __be16 ethertype)
{
	struct edge_begun begun = pkt->begun.l4 ? pkt->begun : edge_csum_begun(pkt);
	__u32 length = edge_link_length(pkt);
	long error = edge_room(pkt, length, size, flags);

	if (!error) {
		edge_csum_moved(pkt, begun, size);
		error = edge_link_set_ethertype(pkt, length, ethertype);
	}
	if (!error)
		error = edge_put(pkt, length, header, size);
	edge_parse(pkt);
	return error;
}

/* Remove @size bytes where the IP header begins, or leave the packet as it was. */
EDGE_INLINE long edge_room_take(struct edge_pkt *pkt, __u32 size, __u64 flags, __be16 ethertype)
{
	__u32 length = edge_link_length(pkt);
	long error = edge_room(pkt, length, -(int)size, flags);

	if (!error) {
		edge_csum_moved(pkt, pkt->begun, -(int)size);
		error = edge_link_set_ethertype(pkt, length, ethertype);
		pkt->tunnel = 0;
		pkt->tunnel_size = 0;
	}
	edge_parse(pkt);
	edge_csum_seen(pkt);
	edge_wire_taken(pkt);
	return error;
}

/* The offset behind the headers that the view shows, in bytes. */
EDGE_INLINE __u32 edge_headers_length(const struct edge_pkt *pkt)
{
	const struct __sk_buff *skb = pkt->ctx;
	__u32 tags = pkt->vlan.tags;

	if (pkt->payload)
		return edge_offset(pkt, pkt->payload);
	if (pkt->l4)
		return edge_offset(pkt, pkt->l4);
	if (pkt->ip4)
		return edge_offset(pkt, pkt->ip4) + pkt->ip4->ihl * 4;
	if (pkt->ip6)
		return edge_offset(pkt, pkt->ip6) + sizeof(*pkt->ip6);
	if (pkt->arp)
		return edge_offset(pkt, pkt->arp) + sizeof(*pkt->arp);
	if (pkt->hook != EDGE_HOOK_XDP && tags) /* a tag is in the metadata */
		tags -= skb->vlan_present;
	return ETH_HLEN + tags * 4;
}

#endif
