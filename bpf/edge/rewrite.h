/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_REWRITE_H
#define EDGE_REWRITE_H
/*
 * Changing header fields in place, with every checksum that covers them.
 *
 * All return 0 or a negative error, and leave the packet alone on an error. They may be called on
 * any packet: one that has not got the field is an error, not a crash. A later fragment has no
 * transport header, so a changed address needs no checksum there, and its ports can't be set.
 */
#include <edge/csum.h>

/* A MAC address is copied as three words: packet bytes have no alignment to speak of. */
EDGE_INLINE void edge_mac_copy(void *to, const volatile void *from)
{
	edge_word16 *a = to;
	const volatile edge_word16 *b = from;

	a[0] = b[0];
	a[1] = b[1];
	a[2] = b[2];
}

/* @mac: 6 bytes; a struct edge_mac, which may be a parameter, or an array. */
EDGE_INLINE long edge_set_mac_source(struct edge_pkt *pkt, const volatile void *mac)
{
	if (!pkt->eth)
		return -EDGE_EINVAL;
	edge_mac_copy(pkt->eth->h_source, mac);
	return 0;
}

EDGE_INLINE long edge_set_mac_destination(struct edge_pkt *pkt, const volatile void *mac)
{
	if (!pkt->eth)
		return -EDGE_EINVAL;
	edge_mac_copy(pkt->eth->h_dest, mac);
	return 0;
}

EDGE_INLINE long edge_swap_macs(struct edge_pkt *pkt)
{
	edge_word16 *source, *destination, word;

	if (!pkt->eth)
		return -EDGE_EINVAL;
	source = (edge_word16 *)pkt->eth->h_source;
	destination = (edge_word16 *)pkt->eth->h_dest;
	for (int i = 0; i < ETH_ALEN / 2; i++) {
		word = source[i];
		source[i] = destination[i];
		destination[i] = word;
	}
	return 0;
}

/**
 * edge_swap_ips() - let source and destination change places: no checksum changes
 *
 * Return: 0; -EINVAL neither IPv4 nor IPv6; -EOPNOTSUPP a source route leads the packet on, so that
 * its checksum covers another destination, or its headers are too many to see whether one does.
 */
EDGE_INLINE long edge_swap_ips(struct edge_pkt *pkt)
{
	if (edge_source_routed(pkt) || (pkt->ip6 && !pkt->l4 && !edge_later_fragment(pkt)))
		return -EDGE_EOPNOTSUPP;
	if (pkt->ip4) {
		__be32 source = pkt->ip4->saddr;

		pkt->ip4->saddr = pkt->ip4->daddr;
		pkt->ip4->daddr = source;
		return 0;
	}
	if (pkt->ip6) {
		struct in6_addr source = pkt->ip6->saddr;

		pkt->ip6->saddr = pkt->ip6->daddr;
		pkt->ip6->daddr = source;
		return 0;
	}
	return -EDGE_EINVAL;
}

/* What edge_set_endpoint() is to set. */
struct edge_endpoint {
	bool source;		  /* else the destination */
	bool port_too;		  /* set the port as well */
	const struct edge_ip *ip; /* NULL: leave the address */
	edge_port port;
};

EDGE_INLINE __be16 *edge_port_field(const struct edge_pkt *pkt, bool source)
{
	/* TCP, UDP and SCTP begin alike: source port, destination port. */
	if (pkt->tcp)
		return source ? &pkt->tcp->source : &pkt->tcp->dest;
	if (pkt->udp)
		return source ? &pkt->udp->source : &pkt->udp->dest;
	return NULL;
}

/* Protocols whose checksum covers the addresses, and whose headers the view does not know: UDP-Lite
   (RFC 3828), DCCP (RFC 4340), and over IPv6 (RFC 8200, section 8.1) OSPF, PIM, VRRP, Mobile IPv6
   and HIP. */
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

/* Can an address be set, with the checksum that covers it? */
EDGE_INLINE long edge_address_check(const struct edge_pkt *pkt, bool source)
{
	__u8 protocol = pkt->protocol;

	if (!source && edge_source_routed(pkt))
		return -EDGE_EOPNOTSUPP;
	if (edge_csum_unseen(pkt))
		return -EDGE_EOPNOTSUPP;
	if (edge_later_fragment(pkt))
		return 0;
	if (!pkt->l4) /* it is behind too many extension headers */
		return -EDGE_EOPNOTSUPP;
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && protocol != IPPROTO_ICMPV6)
		return 0;
	return edge_csum_field(pkt) ? 0 : -EDGE_EINVAL;
}

/* Can the endpoint be set? SCTP's CRC32c can't be carried forward. */
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

EDGE_INLINE __be32 *edge_address4(struct iphdr *ip4, bool source)
{
	return source ? &ip4->saddr : &ip4->daddr;
}

EDGE_INLINE __be32 *edge_address6(struct ipv6hdr *ip6, bool source)
{
	return source ? ip6->saddr.in6_u.u6_addr32 : ip6->daddr.in6_u.u6_addr32;
}

/*
 * The families are kept apart to the end. One pointer to either address, and a later test of which
 * it is, are refused: the verifier does not take a packet pointer for known to be non-NULL
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

/**
 * edge_set_source_ip() - set the source address
 * @ip: of the packet's family; edge_ip_from_ip4() makes one
 *
 * edge_set_source_port() sets the port (TCP and UDP), edge_set_source() both at once;
 * edge_set_destination…() likewise.
 *
 * Return: 0; -EINVAL not of this family, no ports, or a transport header that is cut off or
 * malformed; -EOPNOTSUPP SCTP's ports (a CRC32c of the whole packet), or an address that a checksum
 * covers which the view does not show: of UDP-Lite, DCCP, OSPF, PIM, VRRP, Mobile IPv6 and HIP (the
 * last five over IPv6), or behind a seventh extension header; or the destination of a packet that a
 * source route leads on (edge_source_routed()).
 * Cost: 5 ns at XDP; at TC 30, for the kernel's helper and a view made anew.
 */
EDGE_INLINE long edge_set_source_ip(struct edge_pkt *pkt, const struct edge_ip *ip)
{
	return edge_set_endpoint(pkt, (struct edge_endpoint){.source = true, .ip = ip});
}

EDGE_INLINE long edge_set_source_port(struct edge_pkt *pkt, edge_port port)
{
	return edge_set_endpoint(
		pkt, (struct edge_endpoint){.source = true, .port_too = true, .port = port});
}

EDGE_INLINE long edge_set_source(struct edge_pkt *pkt, const struct edge_ip *ip, edge_port port)
{
	return edge_set_endpoint(
		pkt,
		(struct edge_endpoint){.source = true, .ip = ip, .port_too = true, .port = port});
}

EDGE_INLINE long edge_set_destination_ip(struct edge_pkt *pkt, const struct edge_ip *ip)
{
	return edge_set_endpoint(pkt, (struct edge_endpoint){.ip = ip});
}

EDGE_INLINE long edge_set_destination_port(struct edge_pkt *pkt, edge_port port)
{
	return edge_set_endpoint(pkt, (struct edge_endpoint){.port_too = true, .port = port});
}

EDGE_INLINE long edge_set_destination(struct edge_pkt *pkt, const struct edge_ip *ip,
				      edge_port port)
{
	return edge_set_endpoint(pkt,
				 (struct edge_endpoint){.ip = ip, .port_too = true, .port = port});
}

/**
 * edge_set_ttl() - set the TTL or the hop limit
 *
 * Return: 0; -EINVAL neither IPv4 nor IPv6.
 */
EDGE_INLINE long edge_set_ttl(struct edge_pkt *pkt, __u8 ttl)
{
	edge_word16 *word; /* with the byte beside it: checksums are made of words */
	__be16 from;

	if (pkt->ip4) {
		word = (edge_word16 *)&pkt->ip4->ttl;
		from = *word;
		pkt->ip4->ttl = ttl;
		pkt->ip4->check =
			edge_csum_replace(pkt->ip4->check, edge_csum_change16(from, *word));
		return 0;
	}
	if (!pkt->ip6)
		return -EDGE_EINVAL;
	word = (edge_word16 *)&pkt->ip6->nexthdr;
	from = *word;
	pkt->ip6->hop_limit = ttl;
	edge_csum_uncovered(pkt, edge_csum_change16(from, *word));
	return 0;
}

/**
 * edge_decrement_ttl() - one hop less
 *
 * Return: what is left; 0 when none would be, and the packet is as it was (leave it to the kernel,
 * which tells the sender, or drop it); -EINVAL neither IPv4 nor IPv6.
 */
EDGE_INLINE long edge_decrement_ttl(struct edge_pkt *pkt)
{
	__u8 ttl;

	if (pkt->ip4)
		ttl = pkt->ip4->ttl;
	else if (pkt->ip6)
		ttl = pkt->ip6->hop_limit;
	else
		return -EDGE_EINVAL;
	if (ttl <= 1)
		return 0;
	edge_set_ttl(pkt, ttl - 1);
	return ttl - 1;
}

/**
 * edge_set_dscp() - set the six bits of differentiated services (RFC 2474); ECN's two stay
 * @dscp: 0 … 63
 *
 * Return: 0; -EINVAL neither IPv4 nor IPv6.
 */
EDGE_INLINE long edge_set_dscp(struct edge_pkt *pkt, __u8 dscp)
{
	edge_word16 *word;
	__be16 from;
	__u16 first;

	if (pkt->ip4)
		word = (edge_word16 *)pkt->ip4;
	else if (pkt->ip6)
		word = (edge_word16 *)pkt->ip6;
	else
		return -EDGE_EINVAL;
	from = *word;
	first = bpf_ntohs(from);
	if (pkt->ip4) {
		*word = bpf_htons((first & 0xff03) | (dscp & 63) << 2);
		pkt->ip4->check =
			edge_csum_replace(pkt->ip4->check, edge_csum_change16(from, *word));
	} else {
		*word = bpf_htons((first & 0xf03f) | (dscp & 63) << 6);
		edge_csum_uncovered(pkt, edge_csum_change16(from, *word));
	}
	return 0;
}

/**
 * edge_set_icmp_type() - make another message of an ICMP or ICMPv6 message; the code stays
 *
 * Return: 0; -EINVAL it is neither.
 */
EDGE_INLINE long edge_set_icmp_type(struct edge_pkt *pkt, __u8 type)
{
	edge_word16 *word; /* type and code */
	__be16 from, to;

	if (pkt->icmp)
		word = (edge_word16 *)pkt->icmp;
	else if (pkt->icmp6)
		word = (edge_word16 *)pkt->icmp6;
	else
		return -EDGE_EINVAL;
	from = *word;
	to = bpf_htons(type << 8 | (bpf_ntohs(from) & 0xff));
	if (pkt->icmp) {
		*word = to;
		pkt->icmp->checksum =
			edge_csum_replace(pkt->icmp->checksum, edge_csum_change16(from, to));
		return 0;
	}
	edge_csum_before(pkt, 0, edge_csum_change16(from, to));
	*word = to;
	edge_csum_after(pkt, 0, edge_csum_change16(from, to));
	return 0;
}

#endif
