/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_RECEIVE_H
#define EDGE_INTERNAL_RECEIVE_H
/*
 * The checks behind edge_is_for_host() and edge_is_sound().
 */
#include <edge/csum.h>
#include <edge/internal/compiler.h>

/* Set by the loader: the device's MAC address, bytes as in memory; 0 and 0: not known. */
const volatile __u32 edge_mac_first = 0; /* its first four bytes */
const volatile __u32 edge_mac_last = 0;	 /* its last two */

enum {
	EDGE_SKB_HOST = 0, /* PACKET_HOST of linux/if_packet.h: skb->pkt_type */
};

/* Options, header checksum, length, and addresses that a host can have. */
EDGE_INLINE bool edge_ip4_is_sound(const struct edge_pkt *pkt, const struct iphdr *ip4)
{
	__u32 source = bpf_ntohl(ip4->saddr), destination = bpf_ntohl(ip4->daddr);
	__u64 sum = 0;

	if (ip4->ihl != sizeof(*ip4) / 4)
		return false;
#pragma unroll
	for (int i = 0; i < 5; i++)
		sum += ((const edge_word32 *)ip4)[i];
	if (edge_csum_fold(sum) != 0xffff)
		return false;
	if (edge_offset(pkt, ip4) + pkt->l4_length + sizeof(*ip4) > pkt->length)
		return false;
	/* 0.0.0.0/8, 127.0.0.0/8, multicast, and the broadcast to all. */
	if (source >> 24 == 0 || source >> 24 == 127 || source >> 28 == 0xe || source == ~0u)
		return false;
	return destination >> 24 != 0 && destination >> 24 != 127 && destination >> 28 != 0xe &&
	       destination != ~0u;
}

/* An IPv6 address that is not one host's: ::, ::1, ::ffff:0:0/96, multicast. */
EDGE_INLINE bool edge_ip6_is_special(const __be32 *word)
{
	__u32 last = bpf_ntohl(word[3]);

	if (bpf_ntohl(word[0]) >> 24 == 0xff)
		return true;
	if (word[0] | word[1])
		return false;
	return word[2] == bpf_htonl(0xffff) || (!word[2] && last <= 1);
}

/* Length, and addresses that a host can have. */
EDGE_INLINE bool edge_ip6_is_sound(const struct edge_pkt *pkt, const struct ipv6hdr *ip6)
{
	__u32 length = bpf_ntohs(ip6->payload_len);

	if (edge_offset(pkt, ip6) + sizeof(*ip6) + length > pkt->length)
		return false;
	return !edge_ip6_is_special(ip6->saddr.in6_u.u6_addr32) &&
	       !edge_ip6_is_special(ip6->daddr.in6_u.u6_addr32);
}

#endif
