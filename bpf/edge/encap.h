/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_ENCAP_H
#define EDGE_ENCAP_H
/*
 * Tunnels: IP in IP in all four combinations of families (RFC 2003, RFC 2473, RFC 4213), the same
 * in UDP with GUE's header (draft-ietf-intarea-gue-09, version 0), and Ethernet in VXLAN (RFC
 * 7348).
 *
 * The outer header takes over the inner one's DSCP and ECN (RFC 6040), does not allow
 * fragmentation, and its UDP checksum is zero: RFC 6935 allows that for tunnels over IPv6 too, and
 * a Linux receiver wants to be told (udp6zerocsumrx). The link header stays the packet's own:
 * whoever sends it on, edge_route() say, sets its addresses.
 */
#include <edge/flow.h>
#include <edge/rewrite.h>
#include <edge/room.h>

enum edge_tunnel_kind {
	EDGE_TUNNEL_IP,
	EDGE_TUNNEL_GUE,
	EDGE_TUNNEL_VXLAN,
};

enum {
	EDGE_TUNNEL_PORT_GUE = 6080,
	EDGE_TUNNEL_PORT_VXLAN = 4789,
};

struct edge_tunnel {
	struct edge_ip local, remote; /* of one family: the outer header's */
	__u8 ttl;		      /* 0: 64 */
	edge_port source_port;	      /* 0: made from the inner flow, 49152 … 65535 */
	edge_port port;		      /* 0: the kind's own */
	__u32 vni;		      /* VXLAN's network, 24 bits */
};

/* What stands between the outer IP header and the packet: the longest is VXLAN's. */
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

/* How many bytes of edge_tunnel_tail a kind uses. */
EDGE_INLINE __u32 edge_tunnel_tail_size(enum edge_tunnel_kind kind)
{
	if (kind == EDGE_TUNNEL_IP)
		return 0;
	if (kind == EDGE_TUNNEL_GUE)
		return sizeof(struct udphdr) + 4;
	return sizeof(struct udphdr) + 8 + ETH_HLEN;
}

/* How many bytes edge_encap() adds to a packet. */
EDGE_INLINE __u32 edge_tunnel_size(const struct edge_tunnel *tunnel, enum edge_tunnel_kind kind)
{
	__u32 ip = edge_ip_is_ip4(&tunnel->remote) ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);

	return ip + edge_tunnel_tail_size(kind);
}

/* The traffic class of IPv6, the type of service of IPv4: DSCP and ECN. */
EDGE_INLINE __u8 edge_traffic_class(const struct edge_pkt *pkt)
{
	if (pkt->ip4)
		return pkt->ip4->tos;
	return pkt->ip6 ? bpf_ntohs(*(edge_word16 *)pkt->ip6) >> 4 : 0;
}

EDGE_INLINE __u8 edge_tunnel_protocol(const struct edge_pkt *pkt, enum edge_tunnel_kind kind)
{
	if (kind != EDGE_TUNNEL_IP)
		return IPPROTO_UDP;
	return pkt->ip4 ? IPPROTO_IPIP : IPPROTO_IPV6;
}

/* @length: of what follows the outer IP header. */
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

/* What the room is for, as the kernel wants to know at TC. */
EDGE_INLINE __u64 edge_tunnel_flags(enum edge_tunnel_kind kind, bool outer4)
{
	__u64 flags = outer4 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 : BPF_F_ADJ_ROOM_ENCAP_L3_IPV6;

	if (kind != EDGE_TUNNEL_IP)
		flags |= BPF_F_ADJ_ROOM_ENCAP_L4_UDP;
	if (kind == EDGE_TUNNEL_VXLAN)
		flags |= BPF_F_ADJ_ROOM_ENCAP_L2(ETH_HLEN) | BPF_F_ADJ_ROOM_ENCAP_L2_ETH;
	return flags;
}

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

/**
 * edge_encap() - put the packet into a tunnel
 * @tunnel: where it goes; on the stack
 * @kind:   a constant
 *
 * VXLAN takes the frame with its Ethernet header, and none with tags. The way through the tunnel
 * has a smaller MTU, which nobody tells the sender: call edge_too_big() first, or, at XDP,
 * have `route` later in the chain, which knows the MTU of the way.
 *
 * Return: 0; -EINVAL neither IPv4 nor IPv6, or tags; -EMSGSIZE too long for an IP header; else the
 * kernel's error: no headroom; at TC, a tag in the packet, or a packet in a tunnel already.
 * Cost: 25 ns, and a view made anew.
 */
EDGE_INLINE long edge_encap(struct edge_pkt *pkt, const struct edge_tunnel *tunnel,
			    enum edge_tunnel_kind kind)
{
	bool ip4 = edge_ip_is_ip4(&tunnel->remote);
	__u32 inner;
	long error;

	if (!edge_is_ip(pkt))
		return -EDGE_EINVAL;
	if (kind == EDGE_TUNNEL_VXLAN) {
		if (pkt->vlan.tags)
			return -EDGE_EINVAL;
		inner = pkt->length - ETH_HLEN;
	} else if (pkt->ip4) {
		inner = bpf_ntohs(pkt->ip4->tot_len);
	} else if (pkt->ip6) {
		inner = sizeof(*pkt->ip6) + bpf_ntohs(pkt->ip6->payload_len);
	} else {
		return -EDGE_EINVAL; /* not reached; but the verifier comes here */
	}
	error = ip4 ? edge_encap4(pkt, tunnel, kind, inner) : edge_encap6(pkt, tunnel, kind, inner);
	if (error)
		return error;
	/* For edge_tunnel_too_big(), which knows one tunnel, and not a tunnel in a tunnel. */
	pkt->tunnel = pkt->tunnel_size ? 0 : kind + 1;
	pkt->tunnel_size += edge_tunnel_size(tunnel, kind);
	return 0;
}

/*
 * Is what begins at @offset an IP packet with a whole header, no longer than @most? What comes out
 * of a tunnel must be: the sender may have written anything.
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

/* GUE version 0: 2 bits version, 1 bit control message, 5 bits how many words of options. */
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
	if (error || !pkt->eth) /* there always is one; but the verifier wants to know */
		return error;
	edge_mac_copy(pkt->eth->h_dest, ethernet);
	edge_mac_copy(pkt->eth->h_source, ethernet + 3);
	return 0;
}

/**
 * edge_decap() - take the packet out of its tunnel
 * @kind: a constant. Which UDP port it is, is for the caller to look at
 *
 * Return: 0; -EINVAL it is not in such a tunnel, or a fragment, or what is inside is no IP packet,
 * cut off within its header, or longer than the outer header says; -EOPNOTSUPP VXLAN with something
 * other than IP in it; else the kernel's error. At TC, another family inside wants kernel 6.3. The
 * packet is unchanged on an error. XDP: kernel 5.18.
 * Cost: 20 ns, and a view made anew.
 */
EDGE_INLINE long edge_decap(struct edge_pkt *pkt, enum edge_tunnel_kind kind)
{
	__u32 size;

	if (!pkt->l4 || pkt->fragment)
		return -EDGE_EINVAL;
	size = edge_offset(pkt, pkt->l4) - edge_link_length(pkt);
	if (kind == EDGE_TUNNEL_IP)
		return edge_decap_ip(pkt, size, pkt->protocol, pkt->l4_length);
	if (!pkt->udp)
		return -EDGE_EINVAL;
	return kind == EDGE_TUNNEL_GUE ? edge_decap_gue(pkt, size) : edge_decap_vxlan(pkt, size);
}

#endif
