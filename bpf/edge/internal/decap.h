/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_DECAP_H
#define EDGE_INTERNAL_DECAP_H
/*
 * Taking a packet out of a tunnel, whose sender may have written anything into it.
 *
 * Included by edge/encap.h, behind the types that it uses.
 */
#include <edge/payload.h>
#include <edge/room.h>
#include <edge/internal/parse_network.h>

/*
 * Whether the bytes at @offset begin an IP packet with a whole header, of at most @most bytes, as a
 * packet that leaves a tunnel must.
 */
EDGE_INLINE bool edge_inner_is_sound(const struct edge_pkt *pkt, __u32 offset, bool ip4, __u32 most)
{
	__u32 first, header, total;
	__be16 words[4];

	if (edge_load_bytes(pkt, offset, words, sizeof(words)))
		return false;
	first = *(__u8 *)words;
	header = ip4 ? (first & 0xf) * 4 : sizeof(struct ipv6hdr);
	if (ip4)
		total = bpf_ntohs(words[1]) ?: edge_big_length(pkt, offset);
	else
		total = header + bpf_ntohs(words[2]);
	return first >> 4 == (ip4 ? 4 : 6) && header >= sizeof(struct iphdr) && total >= header &&
	       total <= most && offset + header <= pkt->length;
}

/* Take @size bytes away in front of an inner IP header of protocol @inner. */
EDGE_INLINE long edge_decap_ip(struct edge_pkt *pkt, __u32 size, __u8 inner, __u32 most)
{
	bool ip4 = inner == IPPROTO_IPIP;
	__be16 ethertype = bpf_htons(ip4 ? ETH_P_IP : ETH_P_IPV6);

	if (!ip4 && inner != IPPROTO_IPV6)
		return -EDGE_EINVAL;
	if (size > EDGE_HEADERS_MAX ||
	    !edge_inner_is_sound(pkt, edge_link_length(pkt) + size, ip4, most))
		return -EDGE_EINVAL;
	return edge_room_take(pkt, size & EDGE_HEADERS_MAX, edge_room_flags(pkt, ethertype, -1),
			      ethertype);
}

/* GUE version 0: 2 bits version, 1 bit control message, 5 bits number of words of options. */
EDGE_INLINE long edge_decap_gue(struct edge_pkt *pkt, __u32 size)
{
	__u8 *gue = edge_payload(pkt, 4);
	__u32 header;

	if (!gue || gue[0] & 0xe0)
		return -EDGE_EINVAL;
	header = 4 + (gue[0] & 0x1f) * 4;
	if (header > pkt->payload_length)
		return -EDGE_EINVAL;
	return edge_decap_ip(pkt, size + sizeof(struct udphdr) + header, gue[1],
			     pkt->payload_length - header);
}

/* The inner frame's addresses become the frame's. */
EDGE_INLINE long edge_decap_vxlan(struct edge_pkt *pkt, __u32 size)
{
	__u32 *vxlan = edge_payload(pkt, 8 + ETH_HLEN), most = pkt->payload_length;
	__u16 ethernet[ETH_HLEN / 2];
	bool ip4;
	long error;

	if (!vxlan || !(vxlan[0] & bpf_htonl(0x08000000)))
		return -EDGE_EINVAL;
	for (int i = 0; i < ETH_HLEN / 2; i++)
		ethernet[i] = ((edge_word16 *)(vxlan + 2))[i];
	ip4 = ethernet[6] == bpf_htons(ETH_P_IP);
	if (!ip4 && ethernet[6] != bpf_htons(ETH_P_IPV6))
		return -EDGE_EOPNOTSUPP;
	error = edge_decap_ip(pkt, size + sizeof(struct udphdr) + 8 + ETH_HLEN,
			      ip4 ? IPPROTO_IPIP : IPPROTO_IPV6, most - 8 - ETH_HLEN);
	if (error || !pkt->eth) /* never NULL here, but the verifier needs the test */
		return error;
	edge_mac_copy(pkt->eth->h_dest, ethernet);
	edge_mac_copy(pkt->eth->h_source, ethernet + 3);
	return 0;
}

#endif
