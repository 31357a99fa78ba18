/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_PAYLOAD_H
#define EDGE_PAYLOAD_H
/*
 * The payload: the bytes behind the transport header, at any offset, the same at every hook.
 *
 * Only the linear part of a packet can be read through a pointer. At TC the payload often lies
 * beyond it (all TCP that a local socket sends), and is pulled into it when a function asks for a
 * pointer. At XDP a frame's tail may be in fragments, which can't be pulled: edge_payload_read()
 * copies from there too, so a function that filters by content should use it, and drop a packet
 * that it can't read.
 */
#include <edge/packet.h>

enum {
	EDGE_PAYLOAD_POINTER_MAX = 0x3fff, /* how far edge_payload_at() reaches */
	EDGE_PAYLOAD_WRITE_MAX = 64,	   /* bytes that edge_payload_write() writes at most */
};

#include <edge/internal/payload.h>

/**
 * edge_payload_at() - a pointer into the payload
 * @pkt:    the packet
 * @offset: from the payload's start, in bytes, up to EDGE_PAYLOAD_POINTER_MAX
 * @size:   how many bytes must be there, a constant
 *
 * At TC it may pull the bytes into the linear part and make the view anew: pointers taken before it
 * are stale.
 *
 * Return: a pointer that is good for @size bytes; NULL if the payload, by the IP header or in
 * truth, has less, and at XDP if the bytes are in fragments.
 * Hooks: all. Cost: 1 ns; if bytes are pulled, 50 ns and a view made anew.
 */
EDGE_INLINE void *edge_payload_at(struct edge_pkt *pkt, __u32 offset, __u32 size)
{
	void *at = pkt->payload;

	if (!at || offset > EDGE_PAYLOAD_POINTER_MAX || offset + size > pkt->payload_length)
		return NULL;
	if (pkt->hook != EDGE_HOOK_XDP && EDGE_UNLIKELY(at + offset + size > pkt->end)) {
		long error = bpf_skb_pull_data(pkt->ctx, edge_offset(pkt, at) + offset + size);

		edge_parse(pkt); /* after an error, too: the helper ends every packet pointer */
		at = pkt->payload;
		if (error || !at)
			return NULL;
	}
	at += offset;
	asm("" : "+r"(at)); /* as in edge_at() */
	return at + size > pkt->end ? NULL : at;
}

/**
 * edge_payload() - a pointer to the payload's first bytes
 * @pkt:  the packet
 * @size: how many bytes must be there, a constant
 *
 * Return, hooks and cost: as edge_payload_at().
 */
EDGE_INLINE void *edge_payload(struct edge_pkt *pkt, __u32 size)
{
	return edge_payload_at(pkt, 0, size);
}

/**
 * edge_payload_read() - copy bytes of the payload, wherever they are
 * @pkt:    the packet
 * @offset: from the payload's start, in bytes
 * @to:     room on the stack
 * @size:   how many bytes, a constant or at least 1
 *
 * Return: 0; -EINVAL no payload, or it has less by the IP header; -EFAULT the packet has less.
 * Hooks: all; XDP: kernel 5.18. Cost: 10 ns.
 */
EDGE_INLINE long edge_payload_read(const struct edge_pkt *pkt, __u32 offset, void *to, __u32 size)
{
	__u32 start;

	if (!pkt->payload || offset > 0xffff || offset + size > pkt->payload_length)
		return -EDGE_EINVAL;
	start = edge_offset(pkt, pkt->payload) + offset;
	if (pkt->hook == EDGE_HOOK_XDP)
		return bpf_xdp_load_bytes(pkt->ctx, start, to, size);
	return bpf_skb_load_bytes(pkt->ctx, start, to, size);
}

/**
 * edge_payload_write() - replace bytes of the payload, wherever they are
 * @pkt:    the packet
 * @offset: from the payload's start, in bytes
 * @from:   the new bytes, on the stack
 * @size:   how many bytes, a constant of up to EDGE_PAYLOAD_WRITE_MAX
 *
 * The transport checksum of TCP, UDP, ICMP and ICMPv6 is kept right. Makes the view anew.
 *
 * Return: 0; as edge_payload_read(); -EOPNOTSUPP SCTP (a CRC32c of the whole packet).
 * Hooks: all; XDP: kernel 5.18. Cost: 60 ns.
 */
EDGE_INLINE long edge_payload_write(struct edge_pkt *pkt, __u32 offset, const void *from,
				    __u32 size)
{
	__u8 old[EDGE_PAYLOAD_WRITE_MAX];
	bool covered = pkt->tcp || pkt->icmp || pkt->icmp6 || (pkt->udp && pkt->udp->check);
	__u64 change;
	__u32 start;
	long error;

	if (pkt->sctp)
		return -EDGE_EOPNOTSUPP;
	error = edge_payload_read(pkt, offset, old, size);
	if (error)
		return error;
	if (!pkt->payload)
		return -EDGE_EINVAL; /* not reached; but the verifier comes here */
	change = edge_payload_change(old, from, size, offset);
	start = edge_offset(pkt, pkt->payload) + offset;
	if (pkt->hook == EDGE_HOOK_XDP)
		error = bpf_xdp_store_bytes(pkt->ctx, start, (void *)from, size);
	else /* the bytes' change and the checksum's make up for each other in the device's sum */
		error = bpf_skb_store_bytes(pkt->ctx, start, from, size,
					    covered ? 0 : BPF_F_RECOMPUTE_CSUM);
	edge_parse(pkt);
	if (error || !covered)
		return error;
	if (pkt->icmp) {
		pkt->icmp->checksum = edge_csum_replace(pkt->icmp->checksum, change);
		return 0;
	}
	edge_csum_before(pkt, 0, change);
	edge_csum_after(pkt, 0, change);
	return 0;
}

#endif
