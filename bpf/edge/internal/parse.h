/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_PARSE_H
#define EDGE_INTERNAL_PARSE_H
/*
 * Making the view, layer by layer.
 *
 * The code is written for three readers. The optimiser removes fields that no function reads, so
 * nothing here is volatile. The verifier goes through all following code once for each state in
 * which the parse can end. So no path lets it know an offset (edge_unknown_zero()), and the rare
 * paths (tags, extension headers) are laid out first: on the plain path, the verifier then finds
 * that a more general state was already accepted. The packet's bytes are read in order, and each
 * bound is checked once.
 */
#include <edge/internal/parse_link.h>
#include <edge/internal/parse_network.h>
#include <edge/internal/parse_transport.h>

/* Set every field that the parse fills to NULL or 0. */
EDGE_INLINE void edge_parse_clear(struct edge_pkt *pkt)
{
	pkt->eth = NULL;
	pkt->vlan = (struct edge_vlan){0};
	pkt->arp = NULL;
	pkt->ip4 = NULL;
	pkt->ip6 = NULL;
	pkt->tcp = NULL;
	pkt->udp = NULL;
	pkt->icmp = NULL;
	pkt->icmp6 = NULL;
	pkt->sctp = NULL;
	pkt->l4 = NULL;
	pkt->l4_length = 0;
	pkt->payload = NULL;
	pkt->payload_length = 0;
	pkt->ethertype = 0;
	pkt->protocol = 0;
	pkt->fragment = 0;
}

/* Parse all headers, from the frame's start. */
EDGE_INLINE enum edge_parsed edge_parse_headers(struct edge_pkt *pkt)
{
	enum edge_parsed parsed;
	__u32 l3, l4;

	parsed = edge_parse_link(pkt, &l3);
	if (parsed != EDGE_PARSED)
		return parsed;
	if (pkt->ethertype == bpf_htons(ETH_P_IP))
		parsed = edge_parse_ip4(pkt, l3, &l4);
	else if (pkt->ethertype == bpf_htons(ETH_P_IPV6))
		parsed = edge_parse_ip6(pkt, l3, &l4);
	else if (pkt->ethertype == bpf_htons(ETH_P_ARP))
		return edge_parse_arp(pkt, l3);
	else
		return EDGE_PARSED_END;
	if (parsed != EDGE_PARSED)
		return parsed;
	return edge_parse_transport(pkt, l4);
}

/* The number of bytes that edge_parse() pulls when the linear part ends within a header. */
#define EDGE_PULL 512

#endif
