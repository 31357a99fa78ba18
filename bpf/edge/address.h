/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_ADDRESS_H
#define EDGE_ADDRESS_H
/*
 * Addresses and prefixes of both families, and MAC addresses: of parameters, of the packet, and
 * compared with each other. The types are in abi.h: struct edge_ip holds an IPv4 address as
 * ::ffff:a.b.c.d.
 *
 * No call here has a helper call, and all work at every hook.
 */
#include <edge/packet.h>

/**
 * edge_ip_from_ip4() - an address of either family, from an IPv4 address
 * @address: in network order, such as pkt->ip4->saddr
 *
 * Return: the address.
 */
EDGE_INLINE struct edge_ip edge_ip_from_ip4(edge_ip4 address)
{
	return (struct edge_ip){{0, 0, bpf_htonl(0xffff), address}};
}

/**
 * edge_ip_from_ip6() - an address of either family, from an IPv6 address
 * @address: in network order, such as &pkt->ip6->saddr
 *
 * Return: the address. An address of the form ::ffff:a.b.c.d counts as IPv4.
 */
EDGE_INLINE struct edge_ip edge_ip_from_ip6(const struct in6_addr *address)
{
	const __be32 *word = address->in6_u.u6_addr32;

	return (struct edge_ip){{word[0], word[1], word[2], word[3]}};
}

/**
 * edge_ip_param() - the value of a parameter of the type struct edge_ip
 * @param: &name, of an EDGE_PARAM()
 *
 * It is read word by word, so that the optimiser can put in the value that the loader set.
 *
 * Return: the address.
 */
EDGE_INLINE struct edge_ip edge_ip_param(const volatile struct edge_ip *param)
{
	return (struct edge_ip){{param->word[0], param->word[1], param->word[2], param->word[3]}};
}

/**
 * edge_prefix_param() - the value of a parameter of the type struct edge_prefix
 * @param: &name, of an EDGE_PARAM()
 *
 * Return: the prefix.
 */
EDGE_INLINE struct edge_prefix edge_prefix_param(const volatile struct edge_prefix *param)
{
	return (struct edge_prefix){param->length, edge_ip_param(&param->ip)};
}

/**
 * edge_mac_param() - the value of a parameter of the type struct edge_mac
 * @param: &name, of an EDGE_PARAM()
 *
 * Return: the MAC address, which edge_set_mac_source() takes.
 */
EDGE_INLINE struct edge_mac edge_mac_param(const volatile struct edge_mac *param)
{
	const volatile __u8 *byte = param->byte;

	return (struct edge_mac){{byte[0], byte[1], byte[2], byte[3], byte[4], byte[5]}};
}

/**
 * edge_ip_is_ip4() - whether an address is IPv4
 * @ip: the address
 *
 * Return: true for ::ffff:0:0/96, false for any other address.
 */
EDGE_INLINE bool edge_ip_is_ip4(const struct edge_ip *ip)
{
	return !ip->word[0] && !ip->word[1] && ip->word[2] == bpf_htonl(0xffff);
}

/**
 * edge_ip_is_zero() - whether an address is ::, the initial value of a parameter that is not set
 * @ip: the address
 *
 * Return: false for every IPv4 address, also for 0.0.0.0.
 */
EDGE_INLINE bool edge_ip_is_zero(const struct edge_ip *ip)
{
	return !(ip->word[0] | ip->word[1] | ip->word[2] | ip->word[3]);
}

/**
 * edge_ip_equal() - whether two addresses are equal
 * @a, @b: the addresses
 *
 * Return: whether family and address are equal.
 */
EDGE_INLINE bool edge_ip_equal(const struct edge_ip *a, const struct edge_ip *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1] && a->word[2] == b->word[2] &&
	       a->word[3] == b->word[3];
}

/**
 * edge_prefix_of() - the prefix of a given length that an address is in
 * @ip:   the address
 * @bits: the prefix's length in bits, 0 to 128; of an IPv4 prefix, its length plus 96
 *
 * Return: the prefix, its other bits zero.
 */
EDGE_INLINE struct edge_prefix edge_prefix_of(const struct edge_ip *ip, __u32 bits)
{
	struct edge_prefix prefix = {.length = bits};

#pragma unroll
	for (int i = 0; i < 4; i++) {
		__u32 first = 32 * i; /* bit of this word */

		if (bits >= first + 32)
			prefix.ip.word[i] = ip->word[i];
		else if (bits > first)
			prefix.ip.word[i] = ip->word[i] & bpf_htonl(~0u << (first + 32 - bits));
	}
	return prefix;
}

/**
 * edge_prefix_holds() - whether an address is in a prefix of its own family
 * @prefix: such as edge_prefix_param(&name)
 * @ip:     the address
 *
 * Return: whether it is. As in a prefix table, ::/0 holds no IPv4 address.
 */
EDGE_INLINE bool edge_prefix_holds(const struct edge_prefix *prefix, const struct edge_ip *ip)
{
	struct edge_prefix of = edge_prefix_of(ip, prefix->length);
	bool prefix_is_ip4 = prefix->length >= 96 && edge_ip_is_ip4(&prefix->ip);

	return prefix_is_ip4 == edge_ip_is_ip4(ip) && edge_ip_equal(&of.ip, &prefix->ip);
}

/**
 * edge_source() - the packet's source address
 * @pkt: the packet
 * @ip:  gets the address; untouched if there is none
 *
 * Return: whether the packet has one: it is IPv4 or IPv6.
 */
EDGE_INLINE bool edge_source(const struct edge_pkt *pkt, struct edge_ip *ip)
{
	if (pkt->ip4)
		*ip = edge_ip_from_ip4(pkt->ip4->saddr);
	else if (pkt->ip6)
		*ip = edge_ip_from_ip6(&pkt->ip6->saddr);
	else
		return false;
	return true;
}

/**
 * edge_destination() - the packet's destination address
 * @pkt: the packet
 * @ip:  gets the address; untouched if there is none
 *
 * Return: whether the packet has one: it is IPv4 or IPv6.
 */
EDGE_INLINE bool edge_destination(const struct edge_pkt *pkt, struct edge_ip *ip)
{
	if (pkt->ip4)
		*ip = edge_ip_from_ip4(pkt->ip4->daddr);
	else if (pkt->ip6)
		*ip = edge_ip_from_ip6(&pkt->ip6->daddr);
	else
		return false;
	return true;
}

#endif
