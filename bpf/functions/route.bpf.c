// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * route: forward IPv4 and IPv6 as the kernel's routing table says, without the kernel's stack.
 *
 * Packets that it can't forward are left to the kernel, which comes to the same result and takes
 * the next step: it asks for the next hop's address, fragments, tells the sender, drops packets
 * that were sent to other machines or have a wrong header or source, or sends out of devices that
 * take no XDP frames. Packets for a blackhole are dropped here. A flood whose TTL runs out here, or
 * whose destination is unreachable, need not make the kernel answer: `quiet` drops these packets
 * too.
 */
#define EDGE_HELP "forward as the kernel's routing table says (needs ip_forward)"
#include <edge/edge.h>

EDGE_PARAM(bool, quiet, false, "drop packets that the kernel would answer with an ICMP error");

EDGE_INLINE enum edge_verdict route_quiet(struct edge_pkt *pkt, enum edge_routed routed)
{
	switch (routed) {
	case EDGE_ROUTE_TTL:
		return edge_drop(pkt, "ttl");
	case EDGE_ROUTE_UNREACHABLE:
		return edge_drop(pkt, "unreachable");
	case EDGE_ROUTE_PROHIBIT:
		return edge_drop(pkt, "prohibit");
	default:
		return EDGE_NEXT;
	}
}

/* Of a packet that an instance before this one has put into a tunnel, the kernel would tell the
 * tunnel's own end, which is us. */
EDGE_INLINE enum edge_verdict route_too_big(struct edge_pkt *pkt)
{
	enum edge_verdict verdict = edge_tunnel_too_big(pkt);

	return verdict == EDGE_DROP ? edge_drop(pkt, "large") : verdict;
}

EDGE_FUNCTION_FRAGS(route)
{
	enum edge_routed routed = edge_route(pkt);

	if (routed == EDGE_ROUTED)
		return EDGE_REDIRECT;
	if (routed == EDGE_ROUTE_BLACKHOLE)
		return edge_drop(pkt, "blackhole");
	if (routed == EDGE_ROUTE_TOO_BIG)
		return route_too_big(pkt);
	return quiet ? route_quiet(pkt, routed) : EDGE_NEXT;
}
