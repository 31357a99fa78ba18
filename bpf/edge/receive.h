/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_RECEIVE_H
#define EDGE_RECEIVE_H
/*
 * The checks that the kernel makes before it forwards or answers a packet. A chain runs before
 * them, so a function that forwards or answers in the kernel's place must make them itself, or it
 * handles packets that the kernel would have dropped.
 *
 * The kernel's checks are in net/ipv4/ip_input.c (ip_rcv_core()), net/ipv4/route.c
 * (ip_route_input_slow()), net/ipv4/ip_forward.c, net/ipv6/ip6_input.c (ip6_rcv_core()) and
 * net/ipv6/ip6_output.c (ip6_forward()).
 */
#include <edge/csum.h>

/* Set by the loader: the device's MAC address, bytes as in memory; 0 and 0: not known. */
const volatile __u32 edge_mac_first = 0; /* its first four bytes */
const volatile __u32 edge_mac_last = 0;	 /* its last two */

enum {
	EDGE_SKB_HOST = 0, /* PACKET_HOST of linux/if_packet.h: skb->pkt_type */
};

/**
 * edge_is_for_host() - whether the frame was sent to this device's own MAC address
 *
 * Frames for other machines arrive as soon as the device is promiscuous (a packet capture, a
 * bridge) or a switch floods; broadcast and multicast frames are not for one host either. The
 * kernel forwards and answers none of them. At XDP the address is the one that the device had when
 * the chain was loaded; where the loader does not know it, any address of one machine counts.
 */
EDGE_INLINE bool edge_is_for_host(const struct edge_pkt *pkt)
{
	const __u8 *mac;

	if (pkt->hook != EDGE_HOOK_XDP)
		return ((const struct __sk_buff *)pkt->ctx)->pkt_type == EDGE_SKB_HOST;
	if (!pkt->eth)
		return false;
	mac = pkt->eth->h_dest;
	if (!(edge_mac_first | edge_mac_last))
		return !(mac[0] & 1);
	return *(const edge_word32 *)mac == edge_mac_first &&
	       *(const edge_word16 *)(mac + 4) == edge_mac_last;
}

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

/* ::, ::1, ::ffff:0:0/96, multicast. */
EDGE_INLINE bool edge_ip6_is_special(const __be32 *word)
{
	__u32 last = bpf_ntohl(word[3]);

	if (bpf_ntohl(word[0]) >> 24 == 0xff)
		return true;
	if (word[0] | word[1])
		return false;
	return word[2] == bpf_htonl(0xffff) || (!word[2] && last <= 1);
}

EDGE_INLINE bool edge_ip6_is_sound(const struct edge_pkt *pkt, const struct ipv6hdr *ip6)
{
	__u32 length = bpf_ntohs(ip6->payload_len);

	if (edge_offset(pkt, ip6) + sizeof(*ip6) + length > pkt->length)
		return false;
	return !edge_ip6_is_special(ip6->saddr.in6_u.u6_addr32) &&
	       !edge_ip6_is_special(ip6->daddr.in6_u.u6_addr32);
}

/**
 * edge_is_sound() - whether the kernel would take the packet as one from a host to a host
 *
 * IPv4: no options, a right header checksum; both families: no part cut off, a source that a host
 * can have and a destination that is one host's, as far as the addresses alone tell: not
 * unspecified, loopback, multicast or broadcast, and no IPv4 address in an IPv6 header.
 *
 * Return: false also for packets that are neither IPv4 nor IPv6. Leave such a packet to the kernel.
 * Cost: 3 ns.
 */
EDGE_INLINE bool edge_is_sound(const struct edge_pkt *pkt)
{
	if (pkt->ip4)
		return edge_ip4_is_sound(pkt, pkt->ip4);
	return pkt->ip6 && edge_ip6_is_sound(pkt, pkt->ip6);
}

#endif
