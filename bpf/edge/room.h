/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_ROOM_H
#define EDGE_ROOM_H
/*
 * Moving the packet: putting a header in front of the IP header or removing it, cutting the end
 * off, and reaching bytes beyond the linear part. A call that moves the packet makes the view anew.
 */
#include <edge/internal/room.h>

/**
 * edge_push() - put a header between the link header and the IP header
 * @pkt:       the packet
 * @header:    its bytes, on the stack
 * @size:      how many bytes, a constant and even
 * @ethertype: for the link header, of @header; network order
 *
 * At tc-ingress, if @ethertype is neither IPv4 nor IPv6, the kernel goes on taking the packet for
 * IP: redirect it.
 *
 * Return: 0; -EINVAL not IP; else the kernel's error: no headroom, a size it does not like; at TC,
 * another family's header in front of a packet in a tunnel. The packet is unchanged on an error.
 * Hooks: all. Cost: a helper call, and a view made anew.
 */
EDGE_INLINE long edge_push(struct edge_pkt *pkt, const void *header, __u32 size, __be16 ethertype)
{
	long error;

	if (!edge_is_ip(pkt))
		return -EDGE_EINVAL;
	error = edge_room_put(pkt, header, size, edge_room_flags(pkt, ethertype, 1), ethertype);
	if (!error) {
		pkt->tunnel = 0; /* a tunnel header is not the outermost header any more */
		pkt->tunnel_size += size;
	}
	return error;
}

/**
 * edge_pop() - remove bytes between the link header and the rest of the packet
 * @pkt:       the packet
 * @size:      how many bytes, from where the IP header begins
 * @ethertype: for the link header, of the header that follows then; network order
 *
 * Return: 0; -EINVAL not IP, no bytes or more than 4,095, or less than a link header would be left;
 * else the kernel's error. The packet is unchanged on an error.
 * Hooks: all; at TC, if the rest is of another family, kernel 6.3.
 * Cost: 10 ns, and a view made anew.
 */
EDGE_INLINE long edge_pop(struct edge_pkt *pkt, __u32 size, __be16 ethertype)
{
	if (!edge_is_ip(pkt) || !size || size > EDGE_HEADERS_MAX)
		return -EDGE_EINVAL;
	return edge_room_take(pkt, size, edge_room_flags(pkt, ethertype, -1), ethertype);
}

/**
 * edge_trim() - cut the frame to @length bytes
 * @pkt:    the packet
 * @length: of the frame, in bytes
 *
 * The caller sets the IP header's length, if it changes: padding can be cut off without that.
 *
 * Return: 0; -EINVAL the frame is shorter, or the headers that the view shows, up to the payload,
 * are longer.
 * Hooks: all. Cost: a helper call, and a view made anew.
 */
EDGE_INLINE long edge_trim(struct edge_pkt *pkt, __u32 length)
{
	long error;

	if (length > pkt->length || length < edge_headers_length(pkt))
		return -EDGE_EINVAL;
	if (pkt->hook == EDGE_HOOK_XDP)
		error = bpf_xdp_adjust_tail(pkt->ctx, (int)length - (int)pkt->length);
	else
		error = bpf_skb_change_tail(pkt->ctx, length, 0);
	if (!error)
		edge_wire_cut(pkt);
	edge_parse(pkt);
	return error;
}

/**
 * edge_load_bytes() - copy bytes anywhere in the frame, also beyond its linear part
 * @pkt:    the packet
 * @offset: from the frame's start, in bytes
 * @to:     room on the stack
 * @size:   how many bytes, a constant or at least 1
 *
 * Return: 0; -EFAULT or -EINVAL the frame does not have them.
 * Hooks: all; XDP: kernel 5.18. Cost: a helper call.
 */
EDGE_INLINE long edge_load_bytes(const struct edge_pkt *pkt, __u32 offset, void *to, __u32 size)
{
	if (pkt->hook == EDGE_HOOK_XDP)
		return bpf_xdp_load_bytes(pkt->ctx, offset, to, size);
	return bpf_skb_load_bytes(pkt->ctx, offset, to, size);
}

/**
 * edge_store_bytes() - write bytes anywhere in the frame, also beyond its linear part
 * @pkt:    the packet
 * @offset: from the frame's start, in bytes
 * @from:   the new bytes, on the stack
 * @size:   how many bytes, a constant or at least 1
 *
 * The caller changes the checksums that cover the bytes. At TC it makes the view anew.
 *
 * Return: 0; -EFAULT or -EINVAL the frame does not have them.
 * Hooks: all; XDP: kernel 5.18. Cost: a helper call; at TC, and a view made anew.
 */
EDGE_INLINE long edge_store_bytes(struct edge_pkt *pkt, __u32 offset, const void *from, __u32 size)
{
	long error;

	if (pkt->hook == EDGE_HOOK_XDP)
		return bpf_xdp_store_bytes(pkt->ctx, offset, (void *)from, size);
	error = bpf_skb_store_bytes(pkt->ctx, offset, from, size, BPF_F_RECOMPUTE_CSUM);
	edge_parse(pkt);
	return error;
}

#endif
