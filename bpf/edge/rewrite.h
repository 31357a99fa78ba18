/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_REWRITE_H
#define EDGE_REWRITE_H
/*
 * Changing header fields in place, with every checksum that covers them: MAC addresses, TTL, DSCP,
 * ICMP type. Addresses and ports are in endpoint.h.
 *
 * All calls return 0 or a negative error, and leave the packet alone on an error. They may be
 * called on any packet: if it does not have the field, that is an error, not a crash.
 */
#include <edge/internal/link.h>
#include <edge/internal/transport_csum.h>

/**
 * edge_set_mac_source() - set the frame's source MAC address
 * @pkt: the packet
 * @mac: 6 bytes; a struct edge_mac, which may be a parameter, or an array
 *
 * Return: 0; -EINVAL no Ethernet header.
 * Hooks: all. Cost: no helper call.
 */
EDGE_INLINE long edge_set_mac_source(struct edge_pkt *pkt, const volatile void *mac)
{
	if (!pkt->eth)
		return -EDGE_EINVAL;
	edge_mac_copy(pkt->eth->h_source, mac);
	return 0;
}

/**
 * edge_set_mac_destination() - set the frame's destination MAC address
 * @pkt: the packet
 * @mac: as for edge_set_mac_source()
 *
 * Return: 0; -EINVAL no Ethernet header.
 * Hooks: all. Cost: no helper call.
 */
EDGE_INLINE long edge_set_mac_destination(struct edge_pkt *pkt, const volatile void *mac)
{
	if (!pkt->eth)
		return -EDGE_EINVAL;
	edge_mac_copy(pkt->eth->h_dest, mac);
	return 0;
}

/**
 * edge_swap_macs() - let source and destination MAC address change places
 * @pkt: the packet
 *
 * Return: 0; -EINVAL no Ethernet header.
 * Hooks: all. Cost: no helper call.
 */
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
 * edge_set_ttl() - set the TTL or the hop limit
 * @pkt: the packet
 * @ttl: 0 to 255
 *
 * Return: 0; -EINVAL neither IPv4 nor IPv6.
 * Hooks: all. Cost: a helper call for IPv6 at TC, otherwise none.
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
 * edge_decrement_ttl() - take one off the TTL or the hop limit
 * @pkt: the packet
 *
 * Return: the new TTL; 0 if it would be 0, and the packet is as it was (leave it to the kernel,
 * which tells the sender, or drop it); -EINVAL neither IPv4 nor IPv6.
 * Hooks: all. Cost: as edge_set_ttl().
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
 * @pkt:  the packet
 * @dscp: 0 to 63
 *
 * Return: 0; -EINVAL neither IPv4 nor IPv6.
 * Hooks: all. Cost: as edge_set_ttl().
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
 * edge_set_icmp_type() - set the type of an ICMP or ICMPv6 message; the code stays
 * @pkt:  the packet
 * @type: 0 to 255
 *
 * Return: 0; -EINVAL the packet is neither.
 * Hooks: all. Cost: no helper call; ICMPv6 at TC as edge_set_source_ip() (endpoint.h).
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
