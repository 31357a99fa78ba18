/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_ROUTE_H
#define EDGE_ROUTE_H
/*
 * Forwarding the packet as the kernel's routing table says.
 */
#include <edge/packet.h>

/* The result of edge_route(). Every result but EDGE_ROUTED leaves the packet as it was. */
enum edge_routed {
	EDGE_ROUTED,	  /* return EDGE_REDIRECT */
	EDGE_ROUTE_LOCAL, /* to this machine, a multicast or broadcast, or there is no route */
	EDGE_ROUTE_BLACKHOLE,
	EDGE_ROUTE_UNREACHABLE,
	EDGE_ROUTE_PROHIBIT,
	EDGE_ROUTE_DISABLED,  /* forwarding is off on the device */
	EDGE_ROUTE_NEIGHBOUR, /* the next hop's address is not known yet: the kernel asks for it */
	EDGE_ROUTE_TOO_BIG, /* for the next device: the kernel fragments it, or tells the sender */
	EDGE_ROUTE_TTL,	    /* it has run out: the kernel tells the sender */
	EDGE_ROUTE_KERNEL,  /* for the kernel: not IP, tagged, with options, an encapsulating
			       route */
};

#include <edge/internal/route.h>

/**
 * edge_route() - forward the packet as the kernel's routing table says
 * @pkt: the packet
 *
 * Looks the route up (both families, the device's own table and rules, ports, at TC the mark; at TC
 * the mark needs kernel 6.10), takes one hop off the TTL, sets the MAC addresses, and redirects. It
 * forwards packets that the kernel would forward: to this device's MAC address, with sound headers
 * and a source that the kernel accepts; to devices that accept packets from this hook. At XDP,
 * about one packet a second of each next hop is left to the kernel, which so learns whether the
 * next hop is still there, unless the chain has changed the packet's IPv4 source.
 *
 * A packet whose IPv4 source the chain has set (a translation, a tunnel) is sent without a check of
 * that source, unless the chain was cut between the two functions: then the source counts as the
 * packet's own. If the next hop of such a packet is unknown and the source is an address of this
 * machine, the kernel may drop the packet without resolving the next hop: other traffic, or a
 * permanent neighbour, must make it known.
 *
 * It does not see the kernel's filters (nftables) and IPsec policies, nor the hash policies 2 and 3
 * of multipath routes, nor, with policy 1, the hash that the device made. Of an IPv4 route's MTU
 * bpf_fib_lookup() knows only a locked one ("mtu lock"), or any with net.ipv4.ip_forward_use_pmtu.
 *
 * Return: EDGE_ROUTED: return EDGE_REDIRECT. Any other: the packet is as it was; EDGE_NEXT leaves
 * it to the kernel, which finds the same problem and handles the packet.
 * Hooks: xdp, tc-ingress. At tc-egress, where the kernel has routed already, the loader refuses the
 * chain.
 * Cost: 50 to 200 ns.
 */
EDGE_INLINE enum edge_routed edge_route(struct edge_pkt *pkt)
{
	struct bpf_fib_lookup fib = {0};
	enum edge_routed routed;
	__u32 length;

	if (edge_at_egress(pkt)) {
		EDGE_UNSUPPORTED("edge_route()", "tc-egress");
		return EDGE_ROUTE_KERNEL;
	}
	if (!edge_route_is_ours(pkt, &length))
		return EDGE_ROUTE_KERNEL;
	routed = edge_route_result(edge_route_lookup(pkt, length, &fib));
	if (routed == EDGE_ROUTE_TOO_BIG)
		pkt->route_mtu = fib.mtu_result;
	if (routed != EDGE_ROUTED)
		return routed;
	if (!edge_route_source(pkt, fib.ifindex) || !edge_can_redirect(pkt, fib.ifindex))
		return EDGE_ROUTE_KERNEL;
	if (!edge_route_hops(pkt))
		return EDGE_ROUTE_TTL;
	if (pkt->hook == EDGE_HOOK_XDP && edge_route_asks(pkt, &fib))
		return EDGE_ROUTE_NEIGHBOUR;
	return edge_route_send(pkt, &fib);
}

#endif
