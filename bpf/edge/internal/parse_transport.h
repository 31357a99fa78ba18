/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_PARSE_TRANSPORT_H
#define EDGE_INTERNAL_PARSE_TRANSPORT_H
/*
 * The view of the transport layer: TCP, UDP, ICMP, ICMPv6, SCTP, and the payload behind them.
 */
#include <edge/internal/extensions.h>

/* Note where the payload is, behind a transport header of @header bytes. */
EDGE_INLINE void edge_parse_payload(struct edge_pkt *pkt, __u32 l4, __u32 header)
{
	pkt->payload_length = pkt->l4_length - header;
	pkt->payload = edge_at(pkt, l4 + header);
}

EDGE_INLINE enum edge_parsed edge_parse_tcp(struct edge_pkt *pkt, __u32 l4)
{
	struct tcphdr *tcp = pkt->l4;
	__u32 header;

	if (pkt->l4_length < sizeof(*tcp))
		return EDGE_PARSED_END;
	if ((void *)(tcp + 1) > pkt->end)
		return EDGE_PARSED_CUT;
	header = (((__u8 *)tcp)[12] >> 4) * 4;
	if (header < sizeof(*tcp) || header > pkt->l4_length)
		return EDGE_PARSED_END;
	pkt->tcp = tcp;
	edge_parse_payload(pkt, l4, header);
	if (pkt->payload > pkt->end) {
		pkt->payload = NULL;
		return EDGE_PARSED_CUT;
	}
	return EDGE_PARSED_END;
}

/* Whether a transport header of @size bytes is complete. If it is, note the payload's place. */
EDGE_INLINE enum edge_parsed edge_parse_fixed(struct edge_pkt *pkt, __u32 size)
{
	void *at = pkt->l4;

	if (pkt->l4_length < size)
		return EDGE_PARSED_END;
	if (at + size > pkt->end)
		return EDGE_PARSED_CUT;
	pkt->payload_length = pkt->l4_length - size;
	pkt->payload = at + size;
	return EDGE_PARSED;
}

/*
 * Set a field of the view to the transport header, if all of it is there. Without the asm, which it
 * can't move, the optimiser makes one store out of the stores to the five fields, to an address
 * that depends on the protocol: then the fields must be in memory, and every function reads and
 * tests them again.
 */
#define EDGE_PARSE_FIXED(pkt, field)                                                          \
	({                                                                                    \
		enum edge_parsed edge_parsed_ = edge_parse_fixed(pkt, sizeof(*(pkt)->field)); \
                                                                                              \
		if (edge_parsed_ == EDGE_PARSED)                                              \
			(pkt)->field = (pkt)->l4;                                             \
		asm volatile("");                                                             \
		edge_parsed_;                                                                 \
	})

EDGE_INLINE enum edge_parsed edge_parse_transport(struct edge_pkt *pkt, __u32 l4)
{
	void *at = edge_at(pkt, l4);

	if (edge_later_fragment(pkt))
		return EDGE_PARSED_END;
	if (at > pkt->end)
		return EDGE_PARSED_CUT;
	pkt->l4 = at;
	switch (pkt->protocol) {
	case IPPROTO_TCP:
		return edge_parse_tcp(pkt, l4);
	case IPPROTO_UDP:
		return EDGE_PARSE_FIXED(pkt, udp);
	case IPPROTO_ICMP:
		return EDGE_PARSE_FIXED(pkt, icmp);
	case IPPROTO_ICMPV6:
		return EDGE_PARSE_FIXED(pkt, icmp6);
	case IPPROTO_SCTP:
		return EDGE_PARSE_FIXED(pkt, sctp);
	default:
		return EDGE_PARSED_END;
	}
}

#endif
