/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_WIRE_H
#define EDGE_INTERNAL_WIRE_H
/*
 * The fields of the view behind edge_packets() and edge_bytes(), kept right when a packet changes.
 */
#include <edge/packet.h>
#include <edge/internal/compiler.h>

/* At the chain's entry: later the kernel forgets the number where the packet is changed. */
EDGE_INLINE void edge_wire_enter(struct edge_pkt *pkt)
{
	const struct __sk_buff *skb = pkt->ctx;
	__u32 size, segments = 1;

	if (pkt->hook == EDGE_HOOK_XDP)
		return;
	/* 0 unless it is a GSO packet: skb_is_gso() */
	size = skb->gso_size;
	if (EDGE_UNLIKELY(size)) {
		segments = skb->gso_segs;
		/* From a virtual machine's device the number may be missing. */
		if (!segments)
			segments = (pkt->payload_length + size - 1) / size;
	}
	pkt->packets = segments ?: 1;
	/* Without a transport header in view: the bytes behind the IP header, or behind the link
	   header. */
	pkt->shared = pkt->payload_length ?: pkt->l4_length ?: pkt->length - ETH_HLEN;
}

/* The frame has lost bytes at its front: the payload is not longer than the bytes that are left. */
EDGE_INLINE void edge_wire_taken(struct edge_pkt *pkt)
{
	if (pkt->payload_length && pkt->payload_length < pkt->shared)
		pkt->shared = pkt->payload_length;
}

/* The kernel has cut the packet's end, and then takes it for one frame (skb_gso_reset()). */
EDGE_INLINE void edge_wire_cut(struct edge_pkt *pkt)
{
	pkt->packets = 1;
}

#endif
