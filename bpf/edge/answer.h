/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_ANSWER_H
#define EDGE_ANSWER_H
/*
 * An ICMP error in place of a packet: "too big", so that the sender finds out the MTU of a tunnel,
 * which no router on the way knows of (RFC 1191, RFC 8201, RFC 2003 section 5.1, RFC 2473 section
 * 7.1).
 *
 * The answer's source is the packet's destination: a program does not know the device's addresses,
 * and hosts look at the packet that is quoted, not at the source.
 */
#include <edge/internal/answer.h>

/**
 * edge_too_big() - tell the sender of a packet that is too big for the steps that follow
 * @pkt: the packet
 * @mtu: the longest IP packet that fits, in bytes: of a tunnel, the way's MTU, less
 *       edge_tunnel_size()
 *
 * A function that makes packets longer calls it before it does: nothing else can tell the sender,
 * since a router that finds the tunnel's packet too big tells the tunnel's own end. The packet is
 * compared as it is on the wire, and becomes the answer: ICMP "fragmentation needed" (RFC 1191) or
 * ICMPv6 "packet too big" (RFC 4443, section 3.2), with as much of the packet as these allow.
 *
 * At XDP and tc-ingress the answer leaves by the device that the packet came from; at tc-egress it
 * goes to this machine's stack, as if it had come in by the device. Each instance makes at most
 * 1,000 a second.
 *
 * Return: EDGE_NEXT: the packet fits, or is not IP, and is as it was. EDGE_TX or EDGE_REDIRECT: it
 * did not, and is the answer now; return this verdict. EDGE_DROP: it does not fit, and its sender
 * may not be told: an IPv4 packet that may be fragmented or has a wrong header, an IPv6 packet of
 * 1,280 bytes or less, a fragment, an ICMP error, another machine's frame, an address that is not
 * one host's, an MTU below 68, more answers than the limit. The packet is as it was, or cut.
 * Hooks: all; kernel 5.12. Cost: 2 ns; 300 for an answer.
 */
EDGE_INLINE enum edge_verdict edge_too_big(struct edge_pkt *pkt, __u32 mtu)
{
	__u32 length, wire;

	if (!edge_is_ip(pkt))
		return EDGE_NEXT;
	length = edge_ip_length(pkt);
	wire = edge_route_length(pkt, length);
	if (wire <= mtu)
		return EDGE_NEXT;
	if (pkt->ip6 && mtu < EDGE_MTU6_MIN) {
		/* A shorter packet can't be told of: no IPv6 sender goes below that. */
		if (wire <= EDGE_MTU6_MIN)
			return EDGE_DROP;
		mtu = EDGE_MTU6_MIN; /* RFC 2473, section 7.1 (a) */
	}
	if (!edge_answer_allowed(pkt, mtu) || edge_answer_make(pkt, length, mtu))
		return EDGE_DROP;
	return edge_answer_send(pkt);
}

/**
 * edge_tunnel_too_big() - tell the sender of a packet that is too big, and in a tunnel already
 * @pkt: the packet, after edge_encap() and edge_route()
 *
 * For edge_route()'s EDGE_ROUTE_TOO_BIG: the kernel would tell the tunnel's own end. The packet is
 * taken out of the tunnel again, and its sender is told the way's MTU, less the bytes that the
 * tunnel adds. Only if the tunnel was made in the same program: not behind a cut of the chain.
 *
 * Return: EDGE_NEXT: it is in no such tunnel, and as it was; else as edge_too_big().
 * Hooks: xdp. At TC the result is EDGE_NEXT: the kernel does not let a packet be cut that was put
 * into a tunnel (-ENOTSUPP, seen on 6.18).
 * Cost: as edge_too_big().
 */
EDGE_INLINE enum edge_verdict edge_tunnel_too_big(struct edge_pkt *pkt)
{
	__u32 mtu = pkt->route_mtu - pkt->tunnel_size;
	enum edge_verdict verdict;

	if (pkt->hook != EDGE_HOOK_XDP || !pkt->tunnel || pkt->route_mtu <= pkt->tunnel_size)
		return EDGE_NEXT;
	if (edge_answer_untunnel(pkt))
		return EDGE_DROP;
	verdict = edge_too_big(pkt, mtu);
	return verdict == EDGE_NEXT ? EDGE_DROP : verdict;
}

#endif
