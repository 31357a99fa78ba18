/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_FINISH_H
#define EDGE_INTERNAL_FINISH_H
/*
 * Partial checksums of packets that leave at XDP: finding and finishing them.
 */
#include <edge/internal/csum_sum.h>
#include <edge/internal/inside.h>
#include <edge/internal/transport_csum.h>

/* The place of the packet's partial checksum, its own or that of a packet inside; or empty. */
EDGE_INLINE struct edge_begun edge_csum_begun(const struct edge_pkt *pkt)
{
	enum edge_csum_state state = edge_csum_state(pkt);
	struct edge_begun begun = {0};
	__u16 *field = edge_csum_field(pkt);
	__u64 inside;

	if (pkt->hook != EDGE_HOOK_XDP || !(edge_flags & EDGE_CHAIN_PARTIAL_CSUM) || !pkt->l4 ||
	    pkt->fragment || (pkt->protocol == IPPROTO_UDP && !pkt->udp))
		return begun;
	if (state == EDGE_CSUM_COMPLETE) {
		inside = edge_sub_inside(pkt->ctx, edge_offset(pkt, pkt->l4), pkt->protocol);
		begun.l4 = inside & 0xffff;
		begun.field = inside >> 16 & 0xffff;
		begun.length = inside >> 32;
		return begun;
	}
	begun.l4 = edge_offset(pkt, pkt->l4);
	begun.length = EDGE_BEGUN_UNKNOWN;
	if (state == EDGE_CSUM_PARTIAL && field) {
		begun.field = edge_offset(pkt, field);
		begun.length = pkt->l4_length;
	}
	return begun;
}

/* Finish it: its field holds the pseudo header's sum, and is summed up with the rest. */
EDGE_INLINE long edge_csum_finish(struct edge_pkt *pkt, const struct edge_begun *begun)
{
	__u32 sum;
	__u16 csum;

	if (!begun->l4)
		return 0;
	if (begun->length >= EDGE_BEGUN_UNKNOWN)
		return -EDGE_EOPNOTSUPP;
	if (!edge_csum_sum(pkt, begun->l4, begun->length, &sum))
		return -EDGE_EMSGSIZE;
	csum = ~edge_csum_fold(sum);
	/* UDP's field is 6 bytes behind its beginning, TCP's 16. */
	if (!csum && begun->field - begun->l4 == 6)
		csum = 0xffff;
	return bpf_xdp_store_bytes(pkt->ctx, begun->field, &csum, sizeof(csum));
}

/**
 * edge_csum_complete() - finish the checksum of a packet that leaves at XDP
 *
 * After a packet is sent on or redirected at XDP, no device knows that its checksum is partial.
 * edge_tx(), edge_redirect() and edge_route() call this, unless the device finishes it:
 * edge_csum_leave().
 *
 * Return: 0; -EMSGSIZE it goes on beyond the linear part; -EOPNOTSUPP it is SCTP's. The packet is
 * unchanged on an error. XDP: kernel 5.18.
 * Cost: none on devices whose frames are complete; elsewhere, 1 ns for 10 bytes of packets that are
 * not.
 */
EDGE_INLINE long edge_csum_complete(struct edge_pkt *pkt)
{
	struct edge_begun begun;

	if (pkt->hook != EDGE_HOOK_XDP || !(edge_flags & EDGE_CHAIN_PARTIAL_CSUM))
		return 0;
	begun = edge_csum_begun(pkt);
	/* Of a packet in a tunnel, the inner checksum is finished: an outer is never partial. */
	return edge_csum_finish(pkt, pkt->begun.l4 ? &pkt->begun : &begun);
}

/* The packet's bytes behind the link header have moved by @grow: the partial checksum @begun, noted
   before, has moved with them. */
EDGE_INLINE void edge_csum_moved(struct edge_pkt *pkt, struct edge_begun begun, int grow)
{
	if (pkt->hook != EDGE_HOOK_XDP || !(edge_flags & EDGE_CHAIN_PARTIAL_CSUM) || !begun.l4)
		return;
	begun.l4 += grow;
	if (begun.field)
		begun.field += grow;
	pkt->begun = begun;
}

/* A header whose checksum was noted may be in view again: from here on, the view shows it. */
EDGE_INLINE void edge_csum_seen(struct edge_pkt *pkt)
{
	if (pkt->begun.l4 && pkt->l4 && edge_offset(pkt, pkt->l4) == pkt->begun.l4)
		pkt->begun = (struct edge_begun){0};
}

#endif
