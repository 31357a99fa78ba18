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
 * it came from a wire. It is partial when a local socket, or a virtual machine's, left it to the
 * device: then it holds the sum of the pseudo header alone, not complemented, so a change of the
 * addresses goes in with the other sign, and a change of anything else not at all. At TC the kernel
 * knows which, and its helpers do the right thing. At XDP nothing says it. The loader knows on
 * which devices and in which modes it may happen (EDGE_CHAIN_PARTIAL_CSUM), and there
 * edge_csum_state() compares the field with the pseudo header's sum. One complete checksum in
 * 65,535 happens to look like it; a retransmission does not, as soon as its timestamp is another
 * one.
 *
 * A packet that leaves XDP with EDGE_NEXT or EDGE_PASS stays partial: the kernel remembers where
 * the checksum is, wherever the program moved it to. A frame that is sent (EDGE_TX, EDGE_REDIRECT)
 * is known to nobody, so edge_csum_complete() finishes it on every such way out. What edge_push()
 * and edge_encap() put in front hides the field from the view: they note where it is in pkt->begun.
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

/* The sum of the pseudo header (RFC 9293, section 3.1; RFC 8200, section 8.1), of a packet that no
   source route leads further (edge_source_routed()). */
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

enum {
	EDGE_OPTION_END = 0, /* IPv4's options: RFC 791, section 3.1 */
	EDGE_OPTION_NOTHING = 1,
	EDGE_OPTION_LOOSE_ROUTE = 131,
	EDGE_OPTION_STRICT_ROUTE = 137,
	EDGE_OPTION_NOTHINGS = 0x01010101, /* four in a row */
	EDGE_OPTIONS_MAX = 12,
};

/* Is there a source route that is not used up among the IPv4 options, from @at to @end? Also where
   there are more than twelve options, which nobody sends. */
EDGE_INLINE __u32 edge_options_route(void *data, void *data_end, __u32 at, __u32 end)
{
#pragma clang loop unroll(disable)
	for (int i = 0; i < EDGE_OPTIONS_MAX; i++) {
		__u8 *option = edge_data_at(data, at & EDGE_HEADERS_MAX);

		/* No source route finds room in less than 4 bytes. */
		if (at + 4 > end || (void *)(option + 4) > data_end || option[0] == EDGE_OPTION_END)
			return 0;
		if (option[0] == EDGE_OPTION_NOTHING) {
			at += *(edge_word32 *)option == EDGE_OPTION_NOTHINGS ? 4 : 1;
			continue;
		}
		/* Byte 1 is the length, byte 2 of a source route where its next address is. */
		if (option[0] == EDGE_OPTION_LOOSE_ROUTE || option[0] == EDGE_OPTION_STRICT_ROUTE)
			return option[2] <= option[1];
		if (option[1] < 2)
			return 0;
		at += option[1];
	}
	return 1;
}

EDGE_SUBPROGRAM __u32 edge_sub_options_xdp(struct xdp_md *ctx, __u32 at, __u32 end)
{
	return edge_options_route(edge_pointer(ctx->data), edge_pointer(ctx->data_end), at, end);
}

EDGE_SUBPROGRAM __u32 edge_sub_options_tc(struct __sk_buff *ctx, __u32 at, __u32 end)
{
	return edge_options_route(edge_pointer(ctx->data), edge_pointer(ctx->data_end), at, end);
}

EDGE_INLINE bool edge_source_routed4(const struct edge_pkt *pkt)
{
	__u32 at = edge_offset(pkt, pkt->ip4), end = at + pkt->ip4->ihl * 4;

	at += sizeof(*pkt->ip4);
	return pkt->hook == EDGE_HOOK_XDP ? edge_sub_options_xdp(pkt->ctx, at, end)
					  : edge_sub_options_tc(pkt->ctx, at, end);
}

/* Is there a routing header that names further destinations among the first six extension headers?
   Behind a seventh the view shows nothing. */
EDGE_INLINE bool edge_source_routed6(const struct edge_pkt *pkt)
{
	__u32 at = edge_offset(pkt, pkt->ip6) + sizeof(*pkt->ip6);

	return edge_extensions(pkt, at, pkt->ip6->nexthdr, pkt->length) >> EDGE_WALK_ROUTED & 1;
}

/**
 * edge_source_routed() - does a source route lead the packet on from its destination address?
 *
 * Then the transport checksum covers the final destination instead of the one in the IP header (RFC
 * 8200, section 8.1, for routing headers of IPv6; IPv4's source route options likewise). The final
 * destination is not looked for, so calls that would need it return -EOPNOTSUPP.
 */
EDGE_INLINE bool edge_source_routed(const struct edge_pkt *pkt)
{
	if (pkt->ip4)
		return pkt->ip4->ihl > sizeof(*pkt->ip4) / 4 && edge_source_routed4(pkt);
	return pkt->ip6 && edge_is_extension(pkt->ip6->nexthdr) && edge_source_routed6(pkt);
}

/* What a transport checksum is. */
enum edge_csum_state {
	EDGE_CSUM_COMPLETE, /* also where there is none */
	EDGE_CSUM_PARTIAL,
	EDGE_CSUM_UNKNOWN, /* it may be partial, and can't be finished here */
};

/**
 * edge_csum_state() - at XDP: did somebody leave this checksum to the device?
 *
 * The one place that decides it. TCP's, UDP's and SCTP's alone are left to devices. Of SCTP, whose
 * CRC32c is out of our reach, a field of 0 says so. A local socket's own source route is not looked
 * for: its packet's checksum counts as complete.
 */
EDGE_INLINE enum edge_csum_state edge_csum_state(const struct edge_pkt *pkt)
{
	__u16 field;

	if (pkt->hook != EDGE_HOOK_XDP || !(edge_flags & EDGE_CHAIN_PARTIAL_CSUM) || pkt->fragment)
		return EDGE_CSUM_COMPLETE;
	if (pkt->sctp)
		return pkt->sctp->checksum ? EDGE_CSUM_COMPLETE : EDGE_CSUM_UNKNOWN;
	if (pkt->tcp)
		field = pkt->tcp->check;
	else if (pkt->udp)
		field = pkt->udp->check;
	else
		return EDGE_CSUM_COMPLETE;
	if (!field && pkt->udp)
		return EDGE_CSUM_COMPLETE;
	return field == edge_csum_fold(edge_csum_pseudo(pkt)) ? EDGE_CSUM_PARTIAL
							      : EDGE_CSUM_COMPLETE;
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
	if (edge_csum_state(pkt) == EDGE_CSUM_PARTIAL) {
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
	EDGE_CSUM_BLOCK = 512, /* the most that bpf_csum_diff() takes */
	EDGE_CSUM_BLOCKS = 16, /* more than a linear part holds */
	EDGE_CSUM_CHUNK = 64,  /* by way of the stack */
};

EDGE_INLINE long edge_csum_load(void *ctx, enum edge_hook hook, __u32 offset, void *to, __u32 size)
{
	return hook == EDGE_HOOK_XDP ? bpf_xdp_load_bytes(ctx, offset, to, size)
				     : bpf_skb_load_bytes(ctx, offset, to, size);
}

/* What edge_csum_add() returns where it fails: no sum. */
#define EDGE_CSUM_NONE (1ULL << 32)

EDGE_INLINE __u64 edge_csum_add(void *ctx, enum edge_hook hook, void *data, void *end, __u32 offset,
				__u32 length)
{
	__u8 chunk[EDGE_CSUM_CHUNK] = {0};
	__u32 sum = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < EDGE_CSUM_BLOCKS && length >= EDGE_CSUM_BLOCK; i++) {
		void *at = edge_data_at(data, offset & (2 * EDGE_HEADERS_MAX + 1));

		if (at + EDGE_CSUM_BLOCK > end)
			return EDGE_CSUM_NONE;
		sum = bpf_csum_diff(NULL, 0, at, EDGE_CSUM_BLOCK, sum);
		offset += EDGE_CSUM_BLOCK;
		length -= EDGE_CSUM_BLOCK;
	}
	if (length >= EDGE_CSUM_BLOCK)
		return EDGE_CSUM_NONE;
#pragma clang loop unroll(disable)
	for (int i = 0; i < EDGE_CSUM_BLOCK / EDGE_CSUM_CHUNK && length >= EDGE_CSUM_CHUNK; i++) {
		if (edge_csum_load(ctx, hook, offset, chunk, sizeof(chunk)))
			return EDGE_CSUM_NONE;
		sum = bpf_csum_diff(NULL, 0, (__be32 *)chunk, sizeof(chunk), sum);
		offset += EDGE_CSUM_CHUNK;
		length -= EDGE_CSUM_CHUNK;
	}
	for (int i = 0; i < EDGE_CSUM_CHUNK / 8; i++)
		((edge_word64 *)chunk)[i] = 0;
	if (length) {
		/* For the verifier: 1 to 64. Before kernel 6.2 a test for 0 tells it nothing. */
		length--;
		asm("" : "+r"(length));
		length = (length & (EDGE_CSUM_CHUNK - 1)) + 1;
		if (edge_csum_load(ctx, hook, offset, chunk, length))
			return EDGE_CSUM_NONE;
	}
	return (__u32)bpf_csum_diff(NULL, 0, (__be32 *)chunk, sizeof(chunk), sum);
}

EDGE_SUBPROGRAM __u64 edge_sub_add_xdp(struct xdp_md *ctx, __u32 offset, __u32 length)
{
	return edge_csum_add(ctx, EDGE_HOOK_XDP, edge_pointer(ctx->data),
			     edge_pointer(ctx->data_end), offset, length);
}

EDGE_SUBPROGRAM __u64 edge_sub_add_tc(struct __sk_buff *ctx, __u32 offset, __u32 length)
{
	return edge_csum_add(ctx, EDGE_HOOK_TC_INGRESS, edge_pointer(ctx->data),
			     edge_pointer(ctx->data_end), offset, length);
}

/* The sum of @length bytes from @offset on, all of which must be linear but the last 511. Return:
   whether they are. */
EDGE_INLINE bool edge_csum_sum(const struct edge_pkt *pkt, __u32 offset, __u32 length, __u32 *sum)
{
	__u64 added = pkt->hook == EDGE_HOOK_XDP ? edge_sub_add_xdp(pkt->ctx, offset, length)
						 : edge_sub_add_tc(pkt->ctx, offset, length);

	*sum = added;
	return !(added & EDGE_CSUM_NONE);
}

#endif
