/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_ENDPOINT_H
#define EDGE_INTERNAL_ENDPOINT_H
/*
 * An endpoint of the packet, source or destination: its address and port, set together with the
 * checksums that cover them.
 */
#include <edge/address.h>
#include <edge/internal/source_route.h>
#include <edge/internal/transport_csum.h>

/* The arguments of edge_set_endpoint(). */
struct edge_endpoint {
	bool source;		  /* else the destination */
	bool port_too;		  /* set the port as well */
	const struct edge_ip *ip; /* NULL: leave the address */
	edge_port port;
};

/* The port's field, or NULL: the packet has no ports in view. */
EDGE_INLINE __be16 *edge_port_field(const struct edge_pkt *pkt, bool source)
{
	/* TCP, UDP and SCTP begin alike: source port, destination port. */
	if (pkt->tcp)
		return source ? &pkt->tcp->source : &pkt->tcp->dest;
	if (pkt->udp)
		return source ? &pkt->udp->source : &pkt->udp->dest;
	return NULL;
}

/*
 * Whether a checksum in a header that the view does not know covers the addresses. The checksums of
 * UDP-Lite (RFC 3828) and DCCP (RFC 4340) do, and over IPv6 (RFC 8200, section 8.1) the checksums
 * of OSPF, PIM, VRRP, Mobile IPv6 and HIP.
 */
EDGE_INLINE bool edge_csum_unseen(const struct edge_pkt *pkt)
{
	switch (pkt->protocol) {
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
		return true;
	case 89:  /* OSPF */
	case 103: /* PIM */
	case 112: /* VRRP */
	case 135: /* Mobile IPv6 */
	case 139: /* HIP */
		return pkt->ip6;
	default:
		return false;
	}
}

/* Whether an address can be set, with the checksum that covers it. */
EDGE_INLINE long edge_address_check(const struct edge_pkt *pkt, bool source)
{
	__u8 protocol = pkt->protocol;

	if (!source && edge_source_routed(pkt))
		return -EDGE_EOPNOTSUPP;
	if (edge_csum_unseen(pkt))
		return -EDGE_EOPNOTSUPP;
	if (edge_later_fragment(pkt))
		return 0;
	if (!pkt->l4) /* the transport header is behind too many extension headers */
		return -EDGE_EOPNOTSUPP;
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && protocol != IPPROTO_ICMPV6)
		return 0;
	return edge_csum_field(pkt) ? 0 : -EDGE_EINVAL;
}

/* Whether the endpoint can be set. SCTP's CRC32c can't be updated incrementally. */
EDGE_INLINE long edge_endpoint_check(const struct edge_pkt *pkt,
				     const struct edge_endpoint *endpoint)
{
	if (endpoint->port_too && !edge_port_field(pkt, endpoint->source))
		return pkt->sctp ? -EDGE_EOPNOTSUPP : -EDGE_EINVAL;
	if (!endpoint->ip)
		return 0;
	if (!edge_is_ip(pkt))
		return -EDGE_EINVAL;
	if (edge_ip_is_ip4(endpoint->ip) != !!pkt->ip4)
		return -EDGE_EINVAL;
	return edge_address_check(pkt, endpoint->source);
}

/* The source or destination address of an IPv4 header. */
EDGE_INLINE __be32 *edge_address4(struct iphdr *ip4, bool source)
{
	return source ? &ip4->saddr : &ip4->daddr;
}

/* The source or destination address of an IPv6 header, four words. */
EDGE_INLINE __be32 *edge_address6(struct ipv6hdr *ip6, bool source)
{
	return source ? ip6->saddr.in6_u.u6_addr32 : ip6->daddr.in6_u.u6_addr32;
}

/*
 * The families are kept apart to the end. One pointer to either address, and a later test which of
 * the two it is, are refused: the verifier does not take a packet pointer for known to be non-NULL
 * (reg_not_null(), kernel 6.18), and goes the impossible way too.
 */
EDGE_INLINE long edge_set_endpoint(struct edge_pkt *pkt, struct edge_endpoint endpoint)
{
	long error = edge_endpoint_check(pkt, &endpoint);
	__u64 pseudo = 0, rest = 0;
	__be16 *port = NULL;

	if (error)
		return error;
	if (endpoint.port_too) {
		port = edge_port_field(pkt, endpoint.source);
		if (!port)
			return -EDGE_EINVAL;
		rest = edge_csum_change16(*port, endpoint.port);
	}
	if (endpoint.ip && pkt->ip4)
		pseudo = edge_csum_change32(*edge_address4(pkt->ip4, endpoint.source),
					    endpoint.ip->word[3]);
	else if (endpoint.ip && pkt->ip6)
		pseudo = edge_csum_change128(edge_address6(pkt->ip6, endpoint.source),
					     endpoint.ip->word);
	edge_csum_before(pkt, pseudo, rest);
	if (port)
		*port = endpoint.port;
	if (endpoint.ip && pkt->ip4) {
		*edge_address4(pkt->ip4, endpoint.source) = endpoint.ip->word[3];
		pkt->ip4->check = edge_csum_replace(pkt->ip4->check, pseudo);
	} else if (endpoint.ip && pkt->ip6) {
		for (int i = 0; i < 4; i++)
			edge_address6(pkt->ip6, endpoint.source)[i] = endpoint.ip->word[i];
	}
	edge_csum_after(pkt, pseudo, rest);
	return 0;
}

#endif
