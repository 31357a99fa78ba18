/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_ROOM_H
#define EDGE_ROOM_H
/*
 * Moving the packet: making and removing room between the link header and what follows it, cutting
 * the end off, and reaching what is beyond the linear part. What moves makes the view anew.
 *
 * At XDP room is made at the frame's start, and the link header (Ethernet and its tags) moves into
 * it. At TC the kernel does it, and takes care of GSO: a TCP segment size shrinks by what was
 * added, so that what comes out of the device fits it.
 */
#include <edge/finish.h>
#include <edge/payload.h>
#include <edge/wire.h>

/**
 * EDGE_UNSUPPORTED() - this call can't be done at this hook
 * @call, @hook: string literals
 *
 * An assembler's comment, which is kept only where the code can be reached; the loader finds it in
 * the fused program, and refuses it with the call's name. The instruction before it is there since
 * the kernel wants one for each line of the source.
 *
 * Evaluates to -EOPNOTSUPP: in a program that was not fused, the call fails with it.
 */
#define EDGE_UNSUPPORTED(call, hook)                                                  \
	({                                                                            \
		long edge_error_;                                                     \
		asm volatile("%0 = -95 /* edge-unsupported: " call " at " hook "; */" \
			     : "=r"(edge_error_));                                    \
		edge_error_;                                                          \
	})

/* Where what follows the link header begins. 0 where that is not IP. */
EDGE_INLINE __u32 edge_link_length(const struct edge_pkt *pkt)
{
	void *ip4 = pkt->ip4, *ip6 = pkt->ip6;

	/* Both are tested here, whatever the compiler knows of them: the verifier does not. */
	EDGE_SETTLE(ip4);
	EDGE_SETTLE(ip6);
	if (ip4)
		return edge_offset(pkt, ip4);
	return ip6 ? edge_offset(pkt, ip6) : 0;
}

/* A link header on its way: Ethernet, and up to two tags behind it. */
struct edge_link {
	__u64 first; /* 14 bytes of Ethernet: 8, 4, 2 */
	__u32 second;
	__u16 third;
	__u32 tags[EDGE_TAGS_MAX];
};

/* Return: whether the frame has @length bytes. */
EDGE_INLINE bool edge_link_read(const struct edge_pkt *pkt, struct edge_link *link, __u32 length)
{
	void *data = pkt->data;

	if (data + ETH_HLEN > pkt->end)
		return false;
	link->first = *(edge_word64 *)data;
	link->second = *(edge_word32 *)(data + 8);
	link->third = *(edge_word16 *)(data + 12);
	link->tags[0] = link->tags[1] = 0;
	if (length > ETH_HLEN) {
		if (data + ETH_HLEN + 4 > pkt->end)
			return false;
		link->tags[0] = *(edge_word32 *)(data + 14);
	}
	if (length > ETH_HLEN + 4) {
		if (data + ETH_HLEN + 8 > pkt->end)
			return false;
		link->tags[1] = *(edge_word32 *)(data + 18);
	}
	return true;
}

/* The frame has @length bytes: edge_room_xdp() has seen to that, but the verifier wants to know. */
EDGE_INLINE void edge_link_write(struct edge_pkt *pkt, const struct edge_link *link, __u32 length)
{
	void *data = pkt->data;

	if (data + ETH_HLEN > pkt->end)
		return;
	*(edge_word64 *)data = link->first;
	*(edge_word32 *)(data + 8) = link->second;
	*(edge_word16 *)(data + 12) = link->third;
	if (length > ETH_HLEN && data + ETH_HLEN + 4 <= pkt->end)
		*(edge_word32 *)(data + 14) = link->tags[0];
	if (length > ETH_HLEN + 4 && data + ETH_HLEN + 8 <= pkt->end)
		*(edge_word32 *)(data + 18) = link->tags[1];
}

/* All that can fail comes before the head moves, or is the kernel's own refusal to move it. */
EDGE_INLINE long edge_room_xdp(struct edge_pkt *pkt, __u32 length, int grow)
{
	struct edge_link link;
	long error;

	if (!edge_link_read(pkt, &link, length))
		return -EDGE_EINVAL;
	if (grow < 0 && edge_at(pkt, (length - grow) & (2 * EDGE_HEADERS_MAX + 1)) > pkt->end)
		return -EDGE_EINVAL;
	error = bpf_xdp_adjust_head(pkt->ctx, -grow);
	edge_bounds(pkt);
	if (!error)
		edge_link_write(pkt, &link, length);
	return error;
}

/**
 * edge_room() - make or remove room between the link header and what follows it
 * @length: of the link header
 * @grow:   bytes; negative to remove
 * @flags:  BPF_F_ADJ_ROOM_*, for TC: what the room is for
 *
 * For the SDK itself: only the bounds are anew afterwards, also on an error.
 */
EDGE_INLINE long edge_room(struct edge_pkt *pkt, __u32 length, int grow, __u64 flags)
{
	long error;

	if (pkt->hook == EDGE_HOOK_XDP)
		return edge_room_xdp(pkt, length, grow);
	error = bpf_skb_adjust_room(pkt->ctx, grow, BPF_ADJ_ROOM_MAC, flags);
	/* A datagram's size is not ours to change: UDP GSO keeps it. */
	if (error)
		error = bpf_skb_adjust_room(pkt->ctx, grow, BPF_ADJ_ROOM_MAC,
					    flags | BPF_F_ADJ_ROOM_FIXED_GSO);
	edge_bounds(pkt);
	return error;
}

/* The ethertype behind the tags, of a link header of @length bytes. */
EDGE_INLINE long edge_link_set_ethertype(struct edge_pkt *pkt, __u32 length, __be16 ethertype)
{
	__be16 *field = edge_at(pkt, (length - sizeof(ethertype)) & 31);

	if (length < ETH_HLEN || (void *)(field + 1) > pkt->end)
		return -EDGE_EINVAL;
	*field = ethertype;
	return 0;
}

/* Copy @size bytes, a constant and even, into the packet. */
EDGE_INLINE void edge_copy(void *to, const void *from, __u32 size)
{
	__u32 i;

#pragma unroll
	for (i = 0; i + 4 <= size; i += 4)
		*(edge_word32 *)(to + i) = *(const edge_word32 *)(from + i);
	if (i < size)
		*(edge_word16 *)(to + i) = *(const edge_word16 *)(from + i);
}

/* Put @size bytes, a constant and even, at @offset. At TC what the device summed up learns of it.
 */
EDGE_INLINE long edge_put(struct edge_pkt *pkt, __u32 offset, const void *from, __u32 size)
{
	void *to;

	if (pkt->hook != EDGE_HOOK_XDP)
		return bpf_skb_store_bytes(pkt->ctx, offset, from, size, BPF_F_RECOMPUTE_CSUM);
	to = edge_at(pkt, offset & EDGE_HEADERS_MAX);
	if (to + size > pkt->end)
		return -EDGE_EINVAL;
	edge_copy(to, from, size);
	return 0;
}

/* Newer than Debian 12's kernel headers (kernel 6.3): what is left after a decapsulation. */
enum {
	EDGE_ROOM_DECAP_IP4 = 1 << 7, /* BPF_F_ADJ_ROOM_DECAP_L3_IPV4 */
	EDGE_ROOM_DECAP_IP6 = 1 << 8, /* BPF_F_ADJ_ROOM_DECAP_L3_IPV6 */
};

/* At TC the kernel keeps the protocol outside of the packet, too, and drops what does not agree. It
   has to be told where room makes another family's packet of this one. */
EDGE_INLINE __u64 edge_room_flags(const struct edge_pkt *pkt, __be16 ethertype, int grow)
{
	if (ethertype == bpf_htons(ETH_P_IP) && !pkt->ip4)
		return grow > 0 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 : EDGE_ROOM_DECAP_IP4;
	if (ethertype == bpf_htons(ETH_P_IPV6) && pkt->ip4)
		return grow > 0 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 : EDGE_ROOM_DECAP_IP6;
	return 0;
}

/**
 * edge_room_put() - make room in front of the IP header and fill it, or leave the packet as it was
 * @header:    its bytes, on the stack
 * @size:      how many, a constant and even
 * @flags:     BPF_F_ADJ_ROOM_*, for TC
 * @ethertype: what the link header is to say of it
 *
 * Once there is room, nothing can fail any more: the room is in the linear part, and ours alone.
 */
EDGE_INLINE long edge_room_put(struct edge_pkt *pkt, const void *header, __u32 size, __u64 flags,
			       __be16 ethertype)
{
	struct edge_begun begun = pkt->begun.l4 ? pkt->begun : edge_csum_begun(pkt);
	__u32 length = edge_link_length(pkt);
	long error = edge_room(pkt, length, size, flags);

	if (!error) {
		edge_csum_moved(pkt, begun, size);
		error = edge_link_set_ethertype(pkt, length, ethertype);
	}
	if (!error)
		error = edge_put(pkt, length, header, size);
	edge_parse(pkt);
	return error;
}

/* Take @size bytes away from where the IP header begins, or leave the packet as it was. */
EDGE_INLINE long edge_room_take(struct edge_pkt *pkt, __u32 size, __u64 flags, __be16 ethertype)
{
	__u32 length = edge_link_length(pkt);
	long error = edge_room(pkt, length, -(int)size, flags);

	if (!error) {
		edge_csum_moved(pkt, pkt->begun, -(int)size);
		error = edge_link_set_ethertype(pkt, length, ethertype);
		pkt->tunnel = 0;
		pkt->tunnel_size = 0;
	}
	edge_parse(pkt);
	edge_csum_seen(pkt);
	edge_wire_taken(pkt);
	return error;
}

/**
 * edge_push() - put a header between the link header and the IP header
 * @header:    its bytes, on the stack
 * @size:      how many, a constant and even
 * @ethertype: what the link header is to say of it
 *
 * Return: 0; -EINVAL not IP; else the kernel's error: no headroom, a size it does not like; at TC,
 * another family's header in front of a packet in a tunnel. The packet is unchanged on an error.
 *
 * At tc-ingress, where @ethertype is neither IPv4 nor IPv6, the kernel goes on taking the packet
 * for IP: redirect it.
 */
EDGE_INLINE long edge_push(struct edge_pkt *pkt, const void *header, __u32 size, __be16 ethertype)
{
	long error;

	if (!edge_is_ip(pkt))
		return -EDGE_EINVAL;
	error = edge_room_put(pkt, header, size, edge_room_flags(pkt, ethertype, 1), ethertype);
	if (!error) {
		pkt->tunnel = 0; /* if there is one, it is not the outermost header any more */
		pkt->tunnel_size += size;
	}
	return error;
}

/**
 * edge_pop() - take @size bytes away from where the IP header begins
 * @ethertype: what the link header is to say of what follows then
 *
 * Return: 0; -EINVAL not IP, no bytes or more than 4,095, or less than a link header would be left;
 * else the kernel's error. At TC, what is left of another family wants kernel 6.3. The packet is
 * unchanged on an error.
 * Cost: 10 ns, and a view made anew.
 */
EDGE_INLINE long edge_pop(struct edge_pkt *pkt, __u32 size, __be16 ethertype)
{
	if (!edge_is_ip(pkt) || !size || size > EDGE_HEADERS_MAX)
		return -EDGE_EINVAL;
	return edge_room_take(pkt, size, edge_room_flags(pkt, ethertype, -1), ethertype);
}

/* Where the headers that the view shows end. */
EDGE_INLINE __u32 edge_headers_length(const struct edge_pkt *pkt)
{
	const struct __sk_buff *skb = pkt->ctx;
	__u32 tags = pkt->vlan.tags;

	if (pkt->payload)
		return edge_offset(pkt, pkt->payload);
	if (pkt->l4)
		return edge_offset(pkt, pkt->l4);
	if (pkt->ip4)
		return edge_offset(pkt, pkt->ip4) + pkt->ip4->ihl * 4;
	if (pkt->ip6)
		return edge_offset(pkt, pkt->ip6) + sizeof(*pkt->ip6);
	if (pkt->arp)
		return edge_offset(pkt, pkt->arp) + sizeof(*pkt->arp);
	if (pkt->hook != EDGE_HOOK_XDP && tags) /* one is in the metadata */
		tags -= skb->vlan_present;
	return ETH_HLEN + tags * 4;
}

/**
 * edge_trim() - cut the frame to @length bytes
 *
 * The IP header's length is the caller's business: padding can go without a change to it.
 *
 * Return: 0; -EINVAL it is shorter than that, or its headers are longer: those that the view shows,
 * up to the payload.
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
 * edge_load_bytes() - read bytes anywhere in the frame, also beyond its linear part
 * @offset: from the frame's start
 * @to:     room on the stack
 *
 * Return: 0; -EFAULT or -EINVAL where the frame has not got them. XDP: kernel 5.18.
 */
EDGE_INLINE long edge_load_bytes(const struct edge_pkt *pkt, __u32 offset, void *to, __u32 size)
{
	if (pkt->hook == EDGE_HOOK_XDP)
		return bpf_xdp_load_bytes(pkt->ctx, offset, to, size);
	return bpf_skb_load_bytes(pkt->ctx, offset, to, size);
}

/* Write bytes anywhere in the frame. Checksums that cover them are the caller's. */
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
