/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_CSUM_H
#define EDGE_CSUM_H
/*
 * Internet checksum arithmetic (RFC 1071, RFC 1624), for a function that changes a header field for
 * which rewrite.h has no call. No call here touches the packet.
 *
 * A sum is a __u64 to which 16-bit or 32-bit words are added as they stand in memory; its byte
 * order does not matter until it is folded. A change is the sum of the words after it, and of the
 * complements of the words before it.
 */
#include <edge/packet.h>

/**
 * edge_csum_fold() - fold a sum into 16 bits
 * @sum: of words in the packet's byte order
 *
 * Return: the sum, in the packet's byte order, not complemented.
 * Hooks: all. Cost: no helper call.
 * Source: RFC 1071, section 2.
 */
EDGE_INLINE __u16 edge_csum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/**
 * edge_csum_change16() - the change of a checksum's sum when a 16-bit word changes
 * @from: the word before, as in the packet
 * @to:   the word after
 *
 * edge_csum_change32() does it for a 32-bit word, edge_csum_change128() for the four words of an
 * IPv6 address. Changes of several fields can be added.
 *
 * Return: the change, for edge_csum_replace().
 * Hooks: all. Cost: no helper call.
 */
EDGE_INLINE __u64 edge_csum_change16(__be16 from, __be16 to)
{
	return (__u64)to + (__u16)~from;
}

EDGE_INLINE __u64 edge_csum_change32(__be32 from, __be32 to)
{
	return (__u64)to + (__u32)~from;
}

EDGE_INLINE __u64 edge_csum_change128(const __be32 *from, const __be32 *to)
{
	return edge_csum_change32(from[0], to[0]) + edge_csum_change32(from[1], to[1]) +
	       edge_csum_change32(from[2], to[2]) + edge_csum_change32(from[3], to[3]);
}

/**
 * edge_csum_replace() - carry a change into a checksum
 * @csum:   the checksum field as in the packet
 * @change: of the words that the checksum covers
 *
 * Return: the new field, as in the packet. Cannot fail.
 * Hooks: all; of a transport checksum at XDP, only where it is complete.
 * Cost: 2 ns. Source: RFC 1624, section 3, equation 3.
 */
EDGE_INLINE __u16 edge_csum_replace(__u16 csum, __u64 change)
{
	return ~edge_csum_fold((__u16)~csum + change);
}

#endif
