/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_ANSWER_H
#define EDGE_ANSWER_H
/*
 * An ICMP error in place of a packet: "too big", so that the sender finds out the MTU of a tunnel,
 * which no router on the way knows of (RFC 1191, RFC 8201, RFC 2003 section 5.1, RFC 2473 section
 * 7.1).
 *
 * The answer's source is the packet's destination: a program does not know the device's addresses,
 * and hosts look at the packet that is quoted, not at who says it.
 */
#include <edge/encap.h>
#include <edge/limit.h>
#include <edge/route.h>

enum {
	/* RFC 1812, section 4.3.2.3: an answer of up to 576 bytes; RFC 4443, section 2.4 (c):
	   1,280. */
	EDGE_QUOTE4 = 576 - sizeof(struct iphdr) - sizeof(struct icmphdr),
	EDGE_QUOTE6 = 1280 - sizeof(struct ipv6hdr) - sizeof(struct icmp6hdr),
	EDGE_MTU4_MIN = 68,   /* RFC 791 */
	EDGE_MTU6_MIN = 1280, /* RFC 8200, section 5 */
	EDGE_ANSWERS_RATE = 1000,
	EDGE_ANSWERS_BURST = 50,
};

struct edge_answer4 {
	struct iphdr ip;
	struct icmphdr icmp;
};

struct edge_answer6 {
	struct ipv6hdr ip;
	struct icmp6hdr icmp;
};

/* RFC 4443, section 2.4 (f): errors must be limited. */
static struct edge_bucket edge_answers;

/**
 * edge_mtu() - the MTU of a device
 * @ifindex: its number
 *
 * Return: the MTU; 0: there is no such device. Kernel 5.12. Cost: 20 ns.
 */
EDGE_INLINE __u32 edge_mtu(const struct edge_pkt *pkt, __u32 ifindex)
{
	__u32 mtu = 0;

	return bpf_check_mtu(pkt->ctx, ifindex, &mtu, 0, 0) < 0 ? 0 : mtu;
}

/* Is it a packet whose sender may be told (RFC 1122, section 3.2.2; RFC 4443, section 2.4 (e))? */
EDGE_INLINE bool edge_answer_allowed(struct edge_pkt *pkt, __u32 mtu)
{
	if (!edge_is_sound(pkt) || edge_later_fragment(pkt))
		return false;
	if (!edge_at_egress(pkt) && !edge_is_for_host(pkt))
		return false;
	/* Not to ICMP's errors: of ICMP, to echo, of ICMPv6 to informational messages alone. */
	if (pkt->icmp && pkt->icmp->type != 8 && pkt->icmp->type != 0)
		return false;
	if (pkt->icmp6 && !(pkt->icmp6->icmp6_type & 0x80))
		return false;
	if (pkt->ip4 && (mtu < EDGE_MTU4_MIN || !(pkt->ip4->frag_off & bpf_htons(0x4000))))
		return false;
	if (pkt->ip6 && mtu < EDGE_MTU6_MIN)
		return false;
	return edge_bucket_take(&edge_answers, edge_now_coarse_ns(pkt), EDGE_ANSWERS_RATE,
				EDGE_ANSWERS_BURST, 1);
}

/*
 * The sum over the quoted packet. At TC a local socket's checksum may be only begun: the kernel
 * completes it when the answer is sent, also in a quoted packet, and then the transport header and
 * what follows it sum up to the complement of what the field held.
 */
EDGE_INLINE bool edge_answer_sum(const struct edge_pkt *pkt, __u32 l3, __u32 quote, __u64 *sum)
{
	const __u16 *field = edge_csum_field(pkt);
	__u32 part;

	if (pkt->hook != EDGE_HOOK_XDP && field && !pkt->fragment && pkt->l4 &&
	    *field == edge_csum_fold(edge_csum_pseudo(pkt))) {
		*sum = (__u16) ~*field;
		quote = edge_offset(pkt, pkt->l4) - l3;
	} else {
		*sum = 0;
	}
	if (!edge_csum_sum(pkt, l3, quote, &part))
		return false;
	*sum += part;
	return true;
}

/* Cut the packet to what is quoted, and make it all linear. */
EDGE_INLINE bool edge_answer_cut(struct edge_pkt *pkt, __u32 length)
{
	long error;

	if (pkt->hook == EDGE_HOOK_XDP)
		error = bpf_xdp_adjust_tail(pkt->ctx, (int)length - (int)pkt->length);
	else
		error = bpf_skb_change_tail(pkt->ctx, length, 0)
				?: bpf_skb_pull_data(pkt->ctx, length);
	edge_parse(pkt);
	return !error;
}

EDGE_INLINE long edge_answer4(struct edge_pkt *pkt, __u32 l3, __u32 quote, __u64 sum, __u32 mtu)
{
	struct edge_answer4 answer = {
		.ip = {.version = 4,
		       .ihl = sizeof(answer.ip) / 4,
		       .tos = 0xc0, /* RFC 1812, section 4.3.2.5: internetwork control */
		       .tot_len = bpf_htons(sizeof(answer) + quote),
		       .frag_off = bpf_htons(0x4000),
		       .ttl = 64,
		       .protocol = IPPROTO_ICMP},
		.icmp = {.type = 3, .code = 4, .un.frag.mtu = bpf_htons(mtu)},
	};

	if (!pkt->ip4)
		return -EDGE_EINVAL;
	answer.ip.saddr = pkt->ip4->daddr;
	answer.ip.daddr = pkt->ip4->saddr;
	answer.icmp.checksum = ~edge_csum_fold(sum + ((edge_word32 *)&answer.icmp)[0] +
					       ((edge_word32 *)&answer.icmp)[1]);
	sum = 0;
#pragma unroll
	for (int i = 0; i < 5; i++)
		sum += ((edge_word32 *)&answer.ip)[i];
	answer.ip.check = ~edge_csum_fold(sum);
	return edge_room(pkt, l3, sizeof(answer), 0) ?: edge_put(pkt, l3, &answer, sizeof(answer));
}

EDGE_INLINE long edge_answer6(struct edge_pkt *pkt, __u32 l3, __u32 quote, __u64 sum, __u32 mtu)
{
	struct edge_answer6 answer = {
		.ip = {.payload_len = bpf_htons(sizeof(answer.icmp) + quote),
		       .nexthdr = IPPROTO_ICMPV6,
		       .hop_limit = 64},
		.icmp = {.icmp6_type = 2},
	};

	if (!pkt->ip6)
		return -EDGE_EINVAL;
	*(edge_word32 *)&answer.ip = bpf_htonl(6u << 28);
	answer.icmp.icmp6_dataun.un_data32[0] = bpf_htonl(mtu);
	for (int i = 0; i < 4; i++) {
		answer.ip.saddr.in6_u.u6_addr32[i] = pkt->ip6->daddr.in6_u.u6_addr32[i];
		answer.ip.daddr.in6_u.u6_addr32[i] = pkt->ip6->saddr.in6_u.u6_addr32[i];
		sum += (__u64)pkt->ip6->daddr.in6_u.u6_addr32[i] +
		       pkt->ip6->saddr.in6_u.u6_addr32[i];
	}
	sum += (__u64)bpf_htonl(sizeof(answer.icmp) + quote) + bpf_htonl(IPPROTO_ICMPV6);
	answer.icmp.icmp6_cksum = ~edge_csum_fold(sum + ((edge_word32 *)&answer.icmp)[0] +
						  ((edge_word32 *)&answer.icmp)[1]);
	return edge_room(pkt, l3, sizeof(answer), 0) ?: edge_put(pkt, l3, &answer, sizeof(answer));
}

/* The packet becomes the answer. Return: whether it has; if not, it is not worth sending on. */
EDGE_INLINE bool edge_answer_make(struct edge_pkt *pkt, __u32 length, __u32 mtu)
{
	__u32 l3 = edge_link_length(pkt), quote = pkt->ip4 ? EDGE_QUOTE4 : EDGE_QUOTE6;
	bool ip4 = pkt->ip4;
	long error;
	__u64 sum;

	if (quote > length)
		quote = length;
	if (!edge_answer_cut(pkt, l3 + quote) || !edge_answer_sum(pkt, l3, quote, &sum))
		return false;
	error = ip4 ? edge_answer4(pkt, l3, quote, sum, mtu)
		    : edge_answer6(pkt, l3, quote, sum, mtu);
	edge_parse(pkt);
	return !error && !edge_swap_macs(pkt);
}

/* A veth whose peer has GRO and no XDP program takes redirected frames, but none of XDP_TX. */
EDGE_INLINE enum edge_verdict edge_answer_send(struct edge_pkt *pkt)
{
	struct xdp_md *xdp = pkt->ctx;

	if (edge_at_egress(pkt))
		return bpf_redirect(((struct __sk_buff *)pkt->ctx)->ifindex, BPF_F_INGRESS) ==
				       EDGE_TC_REDIRECT
			       ? EDGE_REDIRECT
			       : EDGE_ABORT;
	if (pkt->hook == EDGE_HOOK_XDP && edge_flags & EDGE_CHAIN_PARTIAL_CSUM &&
	    edge_flags & EDGE_CHAIN_TARGETS && edge_can_redirect(pkt, xdp->ingress_ifindex))
		return edge_redirect(pkt, xdp->ingress_ifindex);
	return edge_tx(pkt);
}

/**
 * edge_too_big() - tell the sender of a packet that is too big for what comes
 * @mtu: the longest IP packet that fits: of a tunnel, the way's MTU, less edge_tunnel_size()
 *
 * A function that makes packets longer calls it before it does: nobody else can tell the sender,
 * since a router that finds the tunnel's packet too big tells the tunnel's own end. The packet is
 * compared as it is on the wire, and becomes the answer: ICMP "fragmentation needed" (RFC 1191) or
 * ICMPv6 "packet too big" (RFC 4443, section 3.2), with as much of the packet as these allow.
 *
 * At XDP and tc-ingress the answer leaves by the device that the packet came from; at tc-egress it
 * goes to this machine's stack, as if it had come in by the device. At most 1,000 a second are
 * made by an instance.
 *
 * Return: EDGE_NEXT: the packet fits, or is not IP, and is as it was. EDGE_TX or EDGE_REDIRECT: it
 * did not, and is the answer now; return this verdict. EDGE_DROP: it does not fit, and its sender
 * may not be told: an IPv4 packet that may be fragmented, a fragment, an ICMP error, an address
 * that is not one host's, more answers than the limit. The packet is as it was, or cut.
 * Cost: 2 ns; 300 for an answer.
 */
EDGE_INLINE enum edge_verdict edge_too_big(struct edge_pkt *pkt, __u32 mtu)
{
	__u32 length;

	if (pkt->ip4)
		length = bpf_ntohs(pkt->ip4->tot_len);
	else if (pkt->ip6)
		length = sizeof(*pkt->ip6) + bpf_ntohs(pkt->ip6->payload_len);
	else
		return EDGE_NEXT;
	if (edge_route_length(pkt, length) <= mtu)
		return EDGE_NEXT;
	if (!edge_answer_allowed(pkt, mtu) || !edge_answer_make(pkt, length, mtu))
		return EDGE_DROP;
	return edge_answer_send(pkt);
}

/**
 * edge_tunnel_too_big() - the same for a packet that edge_encap() has put into a tunnel already
 *
 * For edge_route()'s EDGE_ROUTE_TOO_BIG: the kernel would tell the tunnel's own end. The packet is
 * taken out of the tunnel again, and its sender is told the way's MTU, less what the tunnel adds.
 * Only where the tunnel was made in the same program: not behind a cut of the chain.
 *
 * Return: EDGE_NEXT: it is in no such tunnel, and as it was; else as edge_too_big().
 */
EDGE_INLINE enum edge_verdict edge_tunnel_too_big(struct edge_pkt *pkt)
{
	__u32 mtu = pkt->route_mtu - pkt->tunnel_size;
	enum edge_verdict verdict;

	if (!pkt->tunnel || pkt->route_mtu <= pkt->tunnel_size)
		return EDGE_NEXT;
	if (edge_decap(pkt, pkt->tunnel - 1))
		return EDGE_DROP;
	verdict = edge_too_big(pkt, mtu);
	return verdict == EDGE_NEXT ? EDGE_DROP : verdict;
}

#endif
