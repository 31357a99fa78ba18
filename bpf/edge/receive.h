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
#include <edge/internal/receive.h>

/**
 * edge_is_for_host() - whether the frame was sent to this device's own MAC address
 * @pkt: the packet
 *
 * Frames for other machines arrive as soon as the device is promiscuous (a packet capture, a
 * bridge) or a switch floods; broadcast and multicast frames are not for one host either. The
 * kernel forwards and answers none of them. At XDP the address is the device's at the time when the
 * chain was loaded; if the loader does not know it, any address of one machine counts.
 *
 * Return: whether it was.
 * Hooks: xdp, tc-ingress. Cost: no helper call.
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

/**
 * edge_is_sound() - whether the kernel would take the packet as sent from one host to another
 * @pkt: the packet
 *
 * IPv4: no options, a right header checksum. Both families: no part is cut off, the source is an
 * address that a host can have, and the destination is one host's, as far as the addresses alone
 * tell: not unspecified, loopback, multicast or broadcast, and no IPv4 address in an IPv6 header.
 *
 * Return: whether it would; false also for packets that are neither IPv4 nor IPv6. Leave other
 * packets to the kernel.
 * Hooks: all. Cost: 3 ns.
 */
EDGE_INLINE bool edge_is_sound(const struct edge_pkt *pkt)
{
	if (pkt->ip4)
		return edge_ip4_is_sound(pkt, pkt->ip4);
	return pkt->ip6 && edge_ip6_is_sound(pkt, pkt->ip6);
}

#endif
