/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_ENCAP_H
#define EDGE_ENCAP_H
/*
 * Tunnels: IP in IP in all four combinations of families (RFC 2003, RFC 2473, RFC 4213), the same
 * in UDP with GUE's header (draft-ietf-intarea-gue-09, version 0), and Ethernet in VXLAN (RFC
 * 7348).
 *
 * The outer header takes over the inner header's DSCP and ECN (RFC 6040), does not allow
 * fragmentation, and its UDP checksum is zero: RFC 6935 allows that for tunnels over IPv6 too, and
 * a Linux receiver must be told of it (udp6zerocsumrx). The link header stays the packet's own: the
 * call that sends the packet, such as edge_route(), sets its addresses.
 */
#include <edge/address.h>

/* For edge_encap(), edge_decap() and edge_tunnel_size(): a constant. */
enum edge_tunnel_kind {
	EDGE_TUNNEL_IP,
	EDGE_TUNNEL_GUE,
	EDGE_TUNNEL_VXLAN,
};

/* UDP ports, unless struct edge_tunnel names another. */
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

#include <edge/internal/encap.h>
#include <edge/internal/decap.h>

/**
 * edge_tunnel_size() - how many bytes edge_encap() adds to a packet
 * @tunnel: its destination
 * @kind:   a constant
 *
 * Return: bytes.
 * Hooks: all. Cost: no helper call.
 */
EDGE_INLINE __u32 edge_tunnel_size(const struct edge_tunnel *tunnel, enum edge_tunnel_kind kind)
{
	__u32 ip = edge_ip_is_ip4(&tunnel->remote) ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);

	return ip + edge_tunnel_tail_size(kind);
}

/**
 * edge_encap() - put the packet into a tunnel
 * @pkt:    the packet
 * @tunnel: its destination; on the stack
 * @kind:   a constant
 *
 * VXLAN takes the frame with its Ethernet header, and refuses frames with tags. The way through the
 * tunnel has a smaller MTU, which the sender does not learn: call edge_too_big() first, or, at XDP,
 * have `route` later in the chain, which knows the MTU of the way.
 *
 * Return: 0; -EINVAL neither IPv4 nor IPv6, or tags; -EMSGSIZE too long for an IP header; else the
 * kernel's error: no headroom; at TC, a tag in the packet, or a packet in a tunnel already.
 * Hooks: all. Cost: 25 ns, and a view made anew.
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

/**
 * edge_decap() - take the packet out of its tunnel
 * @pkt:  the packet
 * @kind: a constant
 *
 * The caller compares the UDP port, if there is one.
 *
 * Return: 0; -EINVAL the packet is not in such a tunnel, or a fragment, or the bytes inside are no
 * IP packet, cut off within its header, or longer than the outer header says; -EOPNOTSUPP VXLAN
 * with another protocol than IP in it; else the kernel's error. The packet is unchanged on an
 * error.
 * Hooks: all; XDP: kernel 5.18; at TC, if the packet inside is of another family, kernel 6.3.
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
