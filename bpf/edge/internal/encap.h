/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_ENCAP_H
#define EDGE_INTERNAL_ENCAP_H
/*
 * The outer headers of a tunnel.
 *
 * Included by edge/encap.h, behind the types that it uses.
 */
#include <edge/flow.h>
#include <edge/internal/room.h>

/* The bytes between the outer IP header and the packet; VXLAN's are the longest. */
struct edge_tunnel_tail {
	struct udphdr udp;
	__be32 header[2];
	__u16 ethernet[ETH_HLEN / 2];
};

struct edge_tunnel_outer4 {
	struct iphdr ip;
	struct edge_tunnel_tail tail;
};

struct edge_tunnel_outer6 {
	struct ipv6hdr ip;
	struct edge_tunnel_tail tail;
};

/* The number of bytes of edge_tunnel_tail that a kind uses. */
EDGE_INLINE __u32 edge_tunnel_tail_size(enum edge_tunnel_kind kind)
{
	if (kind == EDGE_TUNNEL_IP)
		return 0;
	if (kind == EDGE_TUNNEL_GUE)
		return sizeof(struct udphdr) + 4;
	return sizeof(struct udphdr) + 8 + ETH_HLEN;
}

/* The traffic class of IPv6, the type of service of IPv4: DSCP and ECN. */
EDGE_INLINE __u8 edge_traffic_class(const struct edge_pkt *pkt)
{
	if (pkt->ip4)
		return pkt->ip4->tos;
	return pkt->ip6 ? bpf_ntohs(*(edge_word16 *)pkt->ip6) >> 4 : 0;
}

/* The protocol number in the outer IP header. */
EDGE_INLINE __u8 edge_tunnel_protocol(const struct edge_pkt *pkt, enum edge_tunnel_kind kind)
{
	if (kind != EDGE_TUNNEL_IP)
		return IPPROTO_UDP;
	return pkt->ip4 ? IPPROTO_IPIP : IPPROTO_IPV6;
}

/* Fill in @tail. @length: of the outer IP header's payload, in bytes. */
EDGE_INLINE void edge_tunnel_tail_make(const struct edge_pkt *pkt, const struct edge_tunnel *tunnel,
				       enum edge_tunnel_kind kind, __u32 length,
				       struct edge_tunnel_tail *tail)
{
	bool gue = kind == EDGE_TUNNEL_GUE;
	struct edge_flow flow;

	if (kind == EDGE_TUNNEL_IP)
		return;
	tail->udp.source = tunnel->source_port;
	if (!tail->udp.source && edge_flow_get(pkt, &flow))
		tail->udp.source = bpf_htons(edge_flow_hash(&flow, 0) | 0xc000);
	tail->udp.dest =
		tunnel->port ?: bpf_htons(gue ? EDGE_TUNNEL_PORT_GUE : EDGE_TUNNEL_PORT_VXLAN);
	tail->udp.len = bpf_htons(length);
	tail->udp.check = 0;
	if (gue) {
		tail->header[0] = bpf_htonl((pkt->ip4 ? IPPROTO_IPIP : IPPROTO_IPV6) << 16);
		return;
	}
	tail->header[0] = bpf_htonl(0x08000000); /* the network's number is valid */
	tail->header[1] = bpf_htonl(tunnel->vni << 8);
	for (int i = 0; i < ETH_HLEN / 2; i++)
		tail->ethernet[i] = ((edge_word16 *)pkt->eth)[i];
}

/* Fill in the outer IPv4 header. @length: of its payload, in bytes. */
EDGE_INLINE void edge_tunnel_ip4_make(const struct edge_pkt *pkt, const struct edge_tunnel *tunnel,
				      enum edge_tunnel_kind kind, __u32 length, struct iphdr *ip)
{
	__u64 sum = 0;

	*ip = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*ip) / 4,
		.tos = edge_traffic_class(pkt),
		.tot_len = bpf_htons(sizeof(*ip) + length),
		.frag_off = bpf_htons(0x4000), /* don't fragment; so it needs no identification */
		.ttl = tunnel->ttl ?: 64,
		.protocol = edge_tunnel_protocol(pkt, kind),
		.saddr = tunnel->local.word[3],
		.daddr = tunnel->remote.word[3],
	};
#pragma unroll
	for (int i = 0; i < 5; i++)
		sum += ((edge_word32 *)ip)[i];
	ip->check = ~edge_csum_fold(sum);
}

/* Fill in the outer IPv6 header. @length: of its payload, in bytes. */
EDGE_INLINE void edge_tunnel_ip6_make(const struct edge_pkt *pkt, const struct edge_tunnel *tunnel,
				      enum edge_tunnel_kind kind, __u32 length, struct ipv6hdr *ip)
{
	*(edge_word32 *)ip = bpf_htonl(6u << 28 | (__u32)edge_traffic_class(pkt) << 20);
	ip->payload_len = bpf_htons(length);
	ip->nexthdr = edge_tunnel_protocol(pkt, kind);
	ip->hop_limit = tunnel->ttl ?: 64;
	for (int i = 0; i < 4; i++) {
		ip->saddr.in6_u.u6_addr32[i] = tunnel->local.word[i];
		ip->daddr.in6_u.u6_addr32[i] = tunnel->remote.word[i];
	}
}

/* The purpose of the room, as the kernel needs to know at TC: BPF_F_ADJ_ROOM_*. */
EDGE_INLINE __u64 edge_tunnel_flags(enum edge_tunnel_kind kind, bool outer4)
{
	__u64 flags = outer4 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 : BPF_F_ADJ_ROOM_ENCAP_L3_IPV6;

	if (kind != EDGE_TUNNEL_IP)
		flags |= BPF_F_ADJ_ROOM_ENCAP_L4_UDP;
	if (kind == EDGE_TUNNEL_VXLAN)
		flags |= BPF_F_ADJ_ROOM_ENCAP_L2(ETH_HLEN) | BPF_F_ADJ_ROOM_ENCAP_L2_ETH;
	return flags;
}

/* Put @inner bytes into a tunnel over IPv4. */
EDGE_INLINE long edge_encap4(struct edge_pkt *pkt, const struct edge_tunnel *tunnel,
			     enum edge_tunnel_kind kind, __u32 inner)
{
	__u32 tail = edge_tunnel_tail_size(kind);
	struct edge_tunnel_outer4 outer;

	if (sizeof(outer.ip) + tail + inner > 0xffff)
		return -EDGE_EMSGSIZE;
	edge_tunnel_ip4_make(pkt, tunnel, kind, tail + inner, &outer.ip);
	edge_tunnel_tail_make(pkt, tunnel, kind, tail + inner, &outer.tail);
	return edge_room_put(pkt, &outer, sizeof(outer.ip) + tail, edge_tunnel_flags(kind, true),
			     bpf_htons(ETH_P_IP));
}

/* Put @inner bytes into a tunnel over IPv6. */
EDGE_INLINE long edge_encap6(struct edge_pkt *pkt, const struct edge_tunnel *tunnel,
			     enum edge_tunnel_kind kind, __u32 inner)
{
	__u32 tail = edge_tunnel_tail_size(kind);
	struct edge_tunnel_outer6 outer;

	if (tail + inner > 0xffff)
		return -EDGE_EMSGSIZE;
	edge_tunnel_ip6_make(pkt, tunnel, kind, tail + inner, &outer.ip);
	edge_tunnel_tail_make(pkt, tunnel, kind, tail + inner, &outer.tail);
	return edge_room_put(pkt, &outer, sizeof(outer.ip) + tail, edge_tunnel_flags(kind, false),
			     bpf_htons(ETH_P_IPV6));
}

#endif
