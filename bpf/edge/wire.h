/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_WIRE_H
#define EDGE_WIRE_H
/*
 * A packet as it is on the wire. At TC, one packet may stand for many: the kernel joins the
 * segments of a stream when they come in (GRO), and cuts a large packet up as late as it can when
 * it goes out (TSO, GSO). Counts and limits are to mean the same at every hook, so they go by these
 * two calls. At XDP a packet is one frame; a packet that a local socket sends through a device in
 * generic mode may not be cut up yet, which nothing shows there.
 */
#include <edge/packet.h>

/**
 * edge_packets() - how many packets on the wire this packet is
 * @pkt: the packet
 *
 * Return: 1; at TC, for a GSO packet, the number of its segments.
 * Hooks: all. Cost: none at XDP; 1 ns a chain at TC.
 */
EDGE_INLINE __u32 edge_packets(const struct edge_pkt *pkt)
{
	return pkt->hook == EDGE_HOOK_XDP ? 1 : pkt->packets;
}

/**
 * edge_bytes() - the packet's length on the wire, in bytes: without preamble and frame checksum
 * @pkt: the packet
 *
 * Each segment of a GSO packet has headers of its own, as far as the transport header that the view
 * shows (of a packet in a tunnel, the outer header; without any, the IP header), and each frame
 * has its VLAN tag, also if the kernel keeps the tag beside the packet. Headers that a function
 * added count for each segment.
 *
 * Return: the bytes of all frames together.
 * Hooks: all. Cost: none at XDP; 1 ns at TC.
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
