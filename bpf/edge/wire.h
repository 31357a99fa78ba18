/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_WIRE_H
#define EDGE_WIRE_H
/*
 * A packet as it is on the wire. At TC, one packet may stand for many: the kernel joins the
 * segments of a stream when they come in (GRO), and cuts a large one up as late as it can when it
 * goes out (TSO, GSO). Counts and limits are to mean the same at every hook, so they go by these
 * two. At XDP a packet is one frame; what a local socket sends through a device in generic mode may
 * be an uncut one, which nothing tells there.
 */
#include <edge/packet.h>

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
	/* No transport header in view: what follows the IP header, or the link header. */
	pkt->shared = pkt->payload_length ?: pkt->l4_length ?: pkt->length - ETH_HLEN;
}

/* The frame has lost bytes at its front: what its segments share is not more than is left. */
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

/**
 * edge_packets() - how many packets on the wire this one is
 *
 * Return: 1, or at TC of a GSO packet the number of its segments.
 * Cost: none; 1 ns a chain at TC.
 */
EDGE_INLINE __u32 edge_packets(const struct edge_pkt *pkt)
{
	return pkt->hook == EDGE_HOOK_XDP ? 1 : pkt->packets;
}

/**
 * edge_bytes() - how long it is on the wire: the frames' bytes, without preamble and checksum
 *
 * Each segment of a GSO packet has headers of its own, as far as the transport header that the view
 * shows (of a packet in a tunnel, the outer one; the IP header where there is none), and each frame
 * its VLAN tag, also where the kernel keeps the tag beside the packet. Headers that a function
 * added count for each segment.
 *
 * Cost: 1 ns at TC.
 */
EDGE_INLINE __u32 edge_bytes(const struct edge_pkt *pkt)
{
	const struct __sk_buff *skb = pkt->ctx;

	if (pkt->hook == EDGE_HOOK_XDP)
		return pkt->length;
	/* Without a branch: the verifier would go both ways through all that follows. */
	return pkt->length + (pkt->packets - 1) * (pkt->length - pkt->shared) +
	       pkt->packets * 4 * skb->vlan_present;
}

#endif
