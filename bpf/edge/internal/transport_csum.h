/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_TRANSPORT_CSUM_H
#define EDGE_INTERNAL_TRANSPORT_CSUM_H
/*
 * The transport checksum of a packet that is being changed.
 *
 * The content of a transport checksum field depends on where the packet comes from. It is complete
 * if the packet came from a wire. It is partial if a local socket, or a virtual machine's, left it
 * to the device: then it holds the sum of the pseudo header alone, not complemented, so a change of
 * the addresses is added with the other sign, and a change of any other field is not added at all.
 * At TC the kernel knows which of the two it is, and its helpers do the right thing. At XDP nothing
 * says it. The loader knows on which devices and in which modes a checksum may be partial
 * (EDGE_CHAIN_PARTIAL_CSUM), and there edge_csum_state() compares the field with the pseudo
 * header's sum. One complete checksum in 65,535 happens to be equal to it; a retransmission is not,
 * as soon as its timestamp differs.
 *
 * A packet that leaves XDP with EDGE_NEXT or EDGE_PASS stays partial: the kernel remembers where
 * the checksum is, wherever the program moved it to. Of a frame that is sent (EDGE_TX,
 * EDGE_REDIRECT) the kernel remembers nothing, so edge_csum_complete() finishes its checksum on
 * every such way out. Headers that edge_push() and edge_encap() put in front hide the field from
 * the view: these calls note in pkt->begun where it is.
 */
#include <edge/csum.h>
#include <edge/parse.h>
#include <edge/internal/compiler.h>

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

/* The state of a transport checksum. */
enum edge_csum_state {
	EDGE_CSUM_COMPLETE, /* also if the packet has no checksum */
	EDGE_CSUM_PARTIAL,
	EDGE_CSUM_UNKNOWN, /* it may be partial, and can't be finished here */
};

/**
 * edge_csum_state() - at XDP: whether this checksum was left to the device
 *
 * This function alone decides it. Only the checksums of TCP, UDP and SCTP are left to devices. For
 * SCTP, whose CRC32c can't be computed here, a field of 0 says so. A local socket's own source
 * route is not looked for: its packet's checksum counts as complete.
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
 * A UDP checksum of 0 says that there is none, and stays; a sum that becomes 0 is written as 0xffff
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
 * edge_csum_after() - keep the transport checksum right at TC; after the packet was changed
 * @pseudo, @rest: as for edge_csum_before()
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

/* For a field that no checksum covers, such as IPv6's hop limit: the device's sum over the packet
   changes with it. */
EDGE_INLINE void edge_csum_uncovered(struct edge_pkt *pkt, __u64 change)
{
	if (pkt->hook != EDGE_HOOK_XDP)
		bpf_csum_update(pkt->ctx, edge_csum_fold32(change));
}

#endif
