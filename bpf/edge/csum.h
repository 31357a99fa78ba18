/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_CSUM_H
#define EDGE_CSUM_H
/*
 * Internet checksums: the arithmetic (RFC 1071, RFC 1624), and the transport checksum of a packet
 * that is being changed.
 *
 * A sum here is a __u64 to which 16-bit or 32-bit words are added as they stand in memory; its byte
 * order does not matter until it is folded. A change is the sum of the words after, and of the
 * complements of the words before.
 *
 * What a transport checksum field holds depends on where the packet comes from. It is complete when
 * it came from a wire. It is partial when a local socket left it to the device: then it holds the
 * sum of the pseudo header alone, not complemented, so a change of the addresses goes in with the
 * other sign, and a change of anything else not at all. At TC the kernel knows which, and its
 * helpers do the right thing. At XDP nothing says it; only veth hands us such packets, and there
 * (EDGE_CHAIN_PARTIAL_CSUM) we compare the field with the pseudo header's sum. One complete
 * checksum in 65,535 happens to look like it; a retransmission does not, as soon as its timestamp
 * is another one.
 */
#include <edge/parse.h>

/* Words of a packet, whatever types they were written as. */
typedef __u16 __attribute__((may_alias)) edge_word16;
typedef __u32 __attribute__((may_alias)) edge_word32;
typedef __u64 __attribute__((may_alias)) edge_word64;

/* The sum as 16 bits, not complemented. */
EDGE_INLINE __u16 edge_csum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

EDGE_INLINE __u64 edge_csum_change16(__be16 from, __be16 to)
{
	return (__u64)to + (__u16)~from;
}

EDGE_INLINE __u64 edge_csum_change32(__be32 from, __be32 to)
{
	return (__u64)to + (__u32)~from;
}

/* Of an IPv6 address. */
EDGE_INLINE __u64 edge_csum_change128(const __be32 *from, const __be32 *to)
{
	return edge_csum_change32(from[0], to[0]) + edge_csum_change32(from[1], to[1]) +
	       edge_csum_change32(from[2], to[2]) + edge_csum_change32(from[3], to[3]);
}

/**
 * edge_csum_replace() - carry a change into a checksum
 * @csum:   the checksum field as in the packet
 * @change: of the words it covers
 *
 * Return: the new field. Cost: 2 ns. Source: RFC 1624, section 3, equation 3.
 */
EDGE_INLINE __u16 edge_csum_replace(__u16 csum, __u64 change)
{
	return ~edge_csum_fold((__u16)~csum + change);
}

/* The sum of the pseudo header (RFC 9293, section 3.1; RFC 8200, section 8.1). */
EDGE_INLINE __u64 edge_csum_pseudo(const struct edge_pkt *pkt)
{
	__u64 sum = bpf_htons(pkt->protocol);
	const __be32 *address;

	sum += bpf_htonl(pkt->l4_length);
	if (pkt->ip4)
		return sum + pkt->ip4->saddr + pkt->ip4->daddr;
	if (!pkt->ip6)
		return sum;
	address = pkt->ip6->saddr.in6_u.u6_addr32;
	for (int i = 0; i < 8; i++) /* both addresses: they follow each other */
		sum += address[i];
	return sum;
}

/* The transport checksum field that covers the addresses, or NULL. */
EDGE_INLINE __u16 *edge_csum_field(const struct edge_pkt *pkt)
{
	if (pkt->tcp)
		return &pkt->tcp->check;
	if (pkt->udp)
		return &pkt->udp->check;
	if (pkt->icmp6)
		return &pkt->icmp6->icmp6_cksum;
	return NULL;
}

/* At XDP: did a local socket leave this checksum to the device? */
EDGE_INLINE bool edge_csum_is_partial(const struct edge_pkt *pkt, __u16 csum)
{
	if (!(edge_flags & EDGE_CHAIN_PARTIAL_CSUM) || pkt->fragment)
		return false;
	return csum == edge_csum_fold(edge_csum_pseudo(pkt));
}

/**
 * edge_csum_before() - keep the transport checksum right at XDP; before the packet is changed
 * @pseudo: the change of the addresses
 * @rest:   the change of anything else that it covers
 *
 * A UDP checksum of 0 says that there is none, and stays; one that becomes 0 is written as 0xffff
 * (RFC 768).
 */
EDGE_INLINE void edge_csum_before(struct edge_pkt *pkt, __u64 pseudo, __u64 rest)
{
	__u16 *field = edge_csum_field(pkt), csum;

	if (pkt->hook != EDGE_HOOK_XDP || !field || (pkt->udp && !*field))
		return;
	if (edge_csum_is_partial(pkt, *field)) {
		*field = edge_csum_fold(*field + pseudo);
		return;
	}
	csum = edge_csum_replace(*field, pseudo + rest);
	*field = csum || !pkt->udp ? csum : 0xffff;
}

/* The change as the kernel's helpers take it: 32 bits. */
EDGE_INLINE __u32 edge_csum_fold32(__u64 change)
{
	return edge_csum_fold(change);
}

/**
 * edge_csum_after() - the same at TC; after the packet was changed
 *
 * Makes the view anew where the packet has a transport checksum.
 */
EDGE_INLINE void edge_csum_after(struct edge_pkt *pkt, __u64 pseudo, __u64 rest)
{
	__u16 *field = edge_csum_field(pkt);
	__u64 flags = pkt->udp ? BPF_F_MARK_MANGLED_0 : 0;
	bool ip6 = pkt->ip6;
	__u32 offset;

	if (pkt->hook == EDGE_HOOK_XDP)
		return;
	/* No header checksum makes up for a changed IPv6 address. The transport's does: so the sum
	   over the packet that the device gave us (CHECKSUM_COMPLETE) stays as it is, where
	   BPF_F_PSEUDO_HDR takes the change off it (BPF_F_IPV6 of newer kernels keeps it from
	   that). */
	if (ip6 && pseudo)
		bpf_csum_update(pkt->ctx, edge_csum_fold32(pseudo));
	if (!field)
		return;
	offset = edge_offset(pkt, field);
	if (pseudo)
		bpf_l4_csum_replace(pkt->ctx, offset, 0, edge_csum_fold32(pseudo),
				    flags | BPF_F_PSEUDO_HDR);
	if (rest)
		bpf_l4_csum_replace(pkt->ctx, offset, 0, edge_csum_fold32(rest), flags);
	edge_parse(pkt);
}

/* Of a header that no checksum covers, such as IPv6's hop limit: what the device summed up changes
   with it. */
EDGE_INLINE void edge_csum_uncovered(struct edge_pkt *pkt, __u64 change)
{
	if (pkt->hook != EDGE_HOOK_XDP)
		bpf_csum_update(pkt->ctx, edge_csum_fold32(change));
}

enum {
	EDGE_CSUM_CHUNK = 64,
	EDGE_CSUM_CHUNKS = 64, /* more than a page holds */
};

/* The sum over what is from @offset on, @length bytes, or false where it is not all linear. */
EDGE_INLINE bool edge_csum_sum(const struct edge_pkt *pkt, __u32 offset, __u32 length, __u32 *sum)
{
	__u8 tail[EDGE_CSUM_CHUNK] = {0};
	__u32 left = length & EDGE_HEADERS_MAX;

	*sum = 0;
	if (length > EDGE_HEADERS_MAX)
		return false;
#pragma clang loop unroll(disable)
	for (int i = 0; i < EDGE_CSUM_CHUNKS && left >= EDGE_CSUM_CHUNK; i++) {
		void *at = edge_at(pkt, offset & EDGE_HEADERS_MAX);

		if (at + EDGE_CSUM_CHUNK > pkt->end)
			return false;
		*sum = bpf_csum_diff(NULL, 0, at, EDGE_CSUM_CHUNK, *sum);
		offset += EDGE_CSUM_CHUNK;
		left -= EDGE_CSUM_CHUNK;
	}
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < EDGE_CSUM_CHUNK && i < left; i++) {
		__u8 *at = edge_at(pkt, (offset + i) & EDGE_HEADERS_MAX);

		if ((void *)(at + 1) > pkt->end)
			return false;
		tail[i] = *at;
	}
	*sum = bpf_csum_diff(NULL, 0, (__be32 *)tail, sizeof(tail), *sum);
	return true;
}

/**
 * edge_csum_complete() - finish the checksum of a packet that leaves at XDP
 *
 * Once a packet is sent on or redirected at XDP, nobody knows that its checksum was only begun.
 * edge_tx(), edge_redirect() and edge_route() call this.
 *
 * Return: 0; -EMSGSIZE it can't be finished: the packet goes on beyond its linear part.
 * Cost: none but on veth; there, 1 ns for 10 bytes of local sockets' packets.
 */
EDGE_INLINE long edge_csum_complete(struct edge_pkt *pkt)
{
	__u16 *field, csum;
	__u32 sum;

	if (pkt->hook != EDGE_HOOK_XDP || !(edge_flags & EDGE_CHAIN_PARTIAL_CSUM))
		return 0;
	field = edge_csum_field(pkt);
	if (!field || !edge_csum_is_partial(pkt, *field))
		return 0;
	if (!edge_csum_sum(pkt, edge_offset(pkt, pkt->l4), pkt->l4_length, &sum))
		return -EDGE_EMSGSIZE;
	csum = ~edge_csum_fold(sum);
	*field = csum || !pkt->udp ? csum : 0xffff;
	return 0;
}

#endif
