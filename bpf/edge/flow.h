/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_FLOW_H
#define EDGE_FLOW_H
/*
 * A packet's flow: the five numbers that all packets in one direction of a conversation share, as a
 * table's key, and their hash.
 */
#include <edge/table.h>

/* A flow: ports in network order, 0 if there are none. */
struct edge_flow {
	struct edge_ip source, destination;
	edge_port source_port, destination_port;
	__u8 protocol;
	__u8 unused[3]; /* zero: keys are compared byte by byte */
};

_Static_assert(sizeof(struct edge_flow) == 40, "edge_flow_hash() reads five times 8 bytes");

/**
 * edge_source_port() - the source port of TCP, UDP or SCTP
 * @pkt: the packet
 *
 * Return: the port, in network order; 0 if the packet has none, as a later fragment.
 * Hooks: all. Cost: no helper call.
 */
EDGE_INLINE edge_port edge_source_port(const struct edge_pkt *pkt)
{
	if (pkt->tcp)
		return pkt->tcp->source;
	if (pkt->udp)
		return pkt->udp->source;
	return pkt->sctp ? pkt->sctp->source : 0;
}

/**
 * edge_destination_port() - the destination port of TCP, UDP or SCTP
 * @pkt: the packet
 *
 * Return: the port, in network order; 0 if the packet has none, as a later fragment.
 * Hooks: all. Cost: no helper call.
 */
EDGE_INLINE edge_port edge_destination_port(const struct edge_pkt *pkt)
{
	if (pkt->tcp)
		return pkt->tcp->dest;
	if (pkt->udp)
		return pkt->udp->dest;
	return pkt->sctp ? pkt->sctp->dest : 0;
}

/**
 * edge_flow_get() - the flow of a packet
 * @pkt:  the packet
 * @flow: gets the flow
 *
 * Of a packet's fragments only the first has ports: a function that wants all fragments in one flow
 * sets the ports to 0.
 *
 * Return: whether the packet has a flow: it is IPv4 or IPv6.
 * Hooks: all. Cost: no helper call.
 */
EDGE_INLINE bool edge_flow_get(const struct edge_pkt *pkt, struct edge_flow *flow)
{
	*flow = (struct edge_flow){.protocol = pkt->protocol};
	if (!edge_source(pkt, &flow->source) || !edge_destination(pkt, &flow->destination))
		return false;
	flow->source_port = edge_source_port(pkt);
	flow->destination_port = edge_destination_port(pkt);
	return true;
}

/**
 * edge_flow_reverse() - turn a flow into the flow of the answers
 * @flow: source and destination change places
 *
 * Hooks: all. Cost: no helper call.
 */
EDGE_INLINE void edge_flow_reverse(struct edge_flow *flow)
{
	struct edge_ip ip = flow->source;
	edge_port port = flow->source_port;

	flow->source = flow->destination;
	flow->destination = ip;
	flow->source_port = flow->destination_port;
	flow->destination_port = port;
}

/**
 * edge_flow_hash() - a hash of a flow, the same on every machine of one byte order
 * @flow: the flow
 * @seed: a secret, if an attacker could profit from collisions; otherwise 0
 *
 * Return: 64 bits.
 * Hooks: all. Cost: 8 ns.
 * Source: MurmurHash64A, Austin Appleby, 2008 (public domain), over the 40 bytes in memory order.
 */
EDGE_INLINE __u64 edge_flow_hash(const struct edge_flow *flow, __u64 seed)
{
	const __u64 m = 0xc6a4a7935bd1e995;
	const __u32 *word = (const __u32 *)flow;
	__u64 hash = seed ^ sizeof(*flow) * m;

#pragma unroll
	for (int i = 0; i < 10; i += 2) {
		__u64 k = (word[i] | (__u64)word[i + 1] << 32) * m;

		hash = (hash ^ (k ^ k >> 47) * m) * m;
	}
	hash = (hash ^ hash >> 47) * m;
	return hash ^ hash >> 47;
}

#endif
