/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_ANSWER_H
#define EDGE_INTERNAL_ANSWER_H
/*
 * An ICMP error in a packet's place: the steps of edge_too_big() and edge_tunnel_too_big().
 */
#include <edge/limit.h>
#include <edge/rewrite.h>
#include <edge/route.h>
#include <edge/internal/room.h>

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

/* Whether it may cause an ICMP error (RFC 1122, section 3.2.2; RFC 4443, section 2.4 (e)). */
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
	return edge_bucket_take(&edge_answers, edge_now_coarse_ns(pkt), EDGE_ANSWERS_RATE,
				EDGE_ANSWERS_BURST, 1);
}

/* An answer that is being made: numbers read from the packet before it is cut, and the headers. */
struct edge_answer {
	__u32 l3;     /* the packet's IP header: its offset, in bytes */
	__u32 quote;  /* the number of quoted bytes, from l3 on */
	__u32 summed; /* the number of these bytes in the sum */
	__u64 sum;    /* the sum of all other bytes under the checksum */
	bool ip4;
	union {
		struct edge_answer4 v4;
		struct edge_answer6 v6;
	};
};

/*
 * At TC a local socket's checksum may be partial: the kernel completes it when the answer is
 * sent, also in a quoted packet, and then the sum of the transport header and its payload is the
 * complement of the field's content before.
 */
EDGE_INLINE void edge_answer_begin(const struct edge_pkt *pkt, struct edge_answer *answer,
				   __u32 length)
{
	const __u16 *field = edge_csum_field(pkt);

	answer->l3 = edge_link_length(pkt);
	answer->ip4 = pkt->ip4;
	answer->quote = answer->ip4 ? EDGE_QUOTE4 : EDGE_QUOTE6;
	if (answer->quote > length)
		answer->quote = length;
	answer->summed = answer->quote;
	answer->sum = 0;
	if (pkt->hook == EDGE_HOOK_XDP || !field || pkt->fragment || !pkt->l4 ||
	    *field != edge_csum_fold(edge_csum_pseudo(pkt)))
		return;
	answer->sum = (__u16) ~*field;
	answer->summed = edge_offset(pkt, pkt->l4) - answer->l3;
}

/* The IPv4 and ICMP headers of the answer to @ip4, and their part of the checksum. */
EDGE_INLINE void edge_answer4(const struct iphdr *ip4, struct edge_answer *answer, __u32 mtu)
{
	struct edge_answer4 *headers = &answer->v4;
	__u64 sum = 0;

	*headers = (struct edge_answer4){
		.ip = {.version = 4,
		       .ihl = sizeof(headers->ip) / 4,
		       .tos = 0xc0, /* RFC 1812, section 4.3.2.5: internetwork control */
		       .tot_len = bpf_htons(sizeof(*headers) + answer->quote),
		       .frag_off = bpf_htons(0x4000),
		       .ttl = 64,
		       .protocol = IPPROTO_ICMP,
		       .saddr = ip4->daddr,
		       .daddr = ip4->saddr},
		.icmp = {.type = 3, .code = 4, .un.frag.mtu = bpf_htons(mtu)},
	};
#pragma unroll
	for (int i = 0; i < 5; i++)
		sum += ((edge_word32 *)&headers->ip)[i];
	headers->ip.check = ~edge_csum_fold(sum);
	answer->sum +=
		(__u64)((edge_word32 *)&headers->icmp)[0] + ((edge_word32 *)&headers->icmp)[1];
}

/* The IPv6 and ICMPv6 headers of the answer to @ip6, and their part of the checksum. */
EDGE_INLINE void edge_answer6(const struct ipv6hdr *ip6, struct edge_answer *answer, __u32 mtu)
{
	struct edge_answer6 *headers = &answer->v6;
	const __be32 *from = ip6->daddr.in6_u.u6_addr32, *to = ip6->saddr.in6_u.u6_addr32;
	__u32 length = sizeof(headers->icmp) + answer->quote;

	*headers = (struct edge_answer6){
		.ip = {.payload_len = bpf_htons(length),
		       .nexthdr = IPPROTO_ICMPV6,
		       .hop_limit = 64},
		.icmp = {.icmp6_type = 2},
	};
	*(edge_word32 *)&headers->ip = bpf_htonl(6u << 28);
	headers->icmp.icmp6_dataun.un_data32[0] = bpf_htonl(mtu);
	for (int i = 0; i < 4; i++) {
		headers->ip.saddr.in6_u.u6_addr32[i] = from[i];
		headers->ip.daddr.in6_u.u6_addr32[i] = to[i];
		answer->sum += (__u64)from[i] + to[i];
	}
	answer->sum += (__u64)bpf_htonl(length) + bpf_htonl(IPPROTO_ICMPV6);
	answer->sum +=
		(__u64)((edge_word32 *)&headers->icmp)[0] + ((edge_word32 *)&headers->icmp)[1];
}

/* Cut the packet to the quoted bytes, and make them all linear. */
EDGE_INLINE long edge_answer_cut(struct edge_pkt *pkt, __u32 length)
{
	long error;

	if (pkt->hook == EDGE_HOOK_XDP)
		error = bpf_xdp_adjust_tail(pkt->ctx, (int)length - (int)pkt->length);
	else
		error = bpf_skb_change_tail(pkt->ctx, length, 0)
				?: bpf_skb_pull_data(pkt->ctx, length);
	edge_bounds(pkt);
	pkt->begun = (struct edge_begun){0}; /* a quoted packet's checksum is not finished */
	return error;
}

/*
 * The packet becomes the answer. The view is not made anew, since the answer leaves.
 *
 * Return: 0, or an error, after which the packet must be dropped.
 */
EDGE_INLINE long edge_answer_make(struct edge_pkt *pkt, __u32 length, __u32 mtu)
{
	struct edge_answer answer;
	__u32 part, size;
	long error;

	edge_answer_begin(pkt, &answer, length);
	if (pkt->ip4)
		edge_answer4(pkt->ip4, &answer, mtu);
	else if (pkt->ip6)
		edge_answer6(pkt->ip6, &answer, mtu);
	else
		return -EDGE_EINVAL;
	edge_swap_macs(pkt);
	error = edge_answer_cut(pkt, answer.l3 + answer.quote);
	if (!error && !edge_csum_sum(pkt, answer.l3, answer.summed, &part))
		error = -EDGE_EINVAL;
	edge_parse_clear(pkt);
	if (error)
		return error;
	if (answer.ip4)
		answer.v4.icmp.checksum = ~edge_csum_fold(answer.sum + part);
	else
		answer.v6.icmp.icmp6_cksum = ~edge_csum_fold(answer.sum + part);
	size = answer.ip4 ? sizeof(answer.v4) : sizeof(answer.v6);
	error = edge_room(pkt, answer.l3, size, 0);
	if (error)
		return error;
	return answer.ip4 ? edge_put(pkt, answer.l3, &answer.v4, sizeof(answer.v4))
			  : edge_put(pkt, answer.l3, &answer.v6, sizeof(answer.v6));
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

/* The length of the IP packet, in bytes. The header of a "BIG TCP" packet, whose length the field
 * can't hold, says 0. */
EDGE_INLINE __u32 edge_ip_length(const struct edge_pkt *pkt)
{
	__u32 length = 0;

	if (pkt->ip4)
		length = bpf_ntohs(pkt->ip4->tot_len);
	else if (pkt->ip6 && pkt->ip6->payload_len)
		length = sizeof(*pkt->ip6) + bpf_ntohs(pkt->ip6->payload_len);
	return length ?: pkt->length - edge_link_length(pkt);
}

/* At XDP: take the packet out of the tunnel that edge_encap() has put it into, of any kind. */
EDGE_INLINE long edge_answer_untunnel(struct edge_pkt *pkt)
{
	__u32 length = edge_link_length(pkt), size = pkt->tunnel_size & EDGE_HEADERS_MAX;
	__u8 *inner = edge_at(pkt, (length + size) & EDGE_HEADERS_MAX);
	__be16 ethertype;
	long error;

	if ((void *)(inner + 1) > pkt->end)
		return -EDGE_EINVAL;
	ethertype = bpf_htons(*inner >> 4 == 4 ? ETH_P_IP : ETH_P_IPV6);
	error = edge_room(pkt, length, -(int)size, 0);
	if (!error)
		error = edge_link_set_ethertype(pkt, length, ethertype);
	edge_parse(pkt);
	return error;
}

#endif
