/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_BOUNDS_H
#define EDGE_INTERNAL_BOUNDS_H
/*
 * Where the packet's bytes are, and three ways to make the compiler and the verifier agree about
 * pointers to them.
 */
#include <edge/packet.h>
#include <edge/internal/compiler.h>

/* Set by the loader: the hook of the program, and properties of the device. See abi.h. */
const volatile __u32 edge_hook = EDGE_HOOK_XDP;
const volatile __u32 edge_flags = 0;

/**
 * edge_forget() - make the verifier forget its bounds of a number
 *
 * A store that is not aligned to 8 bytes is not tracked: the number that is read back can be any
 * 16-bit number for the verifier.
 * Only for rare paths: it costs about 2 ns.
 */
EDGE_INLINE __u32 edge_forget(__u32 number)
{
	__u16 memory[4] __attribute__((aligned(8)));
	volatile __u16 *slot = memory + 1;

	/* Otherwise the compiler gives the half-word that is used an aligned place of its own. */
	asm("" : "+r"(slot));
	*slot = number;
	return *slot & EDGE_HEADERS_MAX;
}

/**
 * edge_at(), edge_data_at() - a packet pointer of its own
 *
 * The compiler must not compute the pointer again from its parts where it is used: the verifier
 * would take it for another pointer, whose bounds were not checked.
 */
EDGE_INLINE void *edge_data_at(void *data, __u32 offset)
{
	void *at = data + offset;

	asm("" : "+r"(at));
	return at;
}

EDGE_INLINE void *edge_at(const struct edge_pkt *pkt, __u32 offset)
{
	return edge_data_at(pkt->data, offset);
}

/**
 * edge_pointer() - a packet pointer out of a 32-bit field of the hook's context
 *
 * The compiler knows that the field has 32 bits, and may copy the pointer with a 32-bit move, which
 * turns it into a number for the verifier. After the asm, the compiler must assume any 64 bits.
 */
EDGE_INLINE void *edge_pointer(__u32 field)
{
	void *pointer = (void *)(long)field;

	asm("" : "+r"(pointer));
	return pointer;
}

/* Read the packet's start, end and length from the hook's context into the view. */
EDGE_INLINE void edge_bounds(struct edge_pkt *pkt)
{
	if (pkt->hook == EDGE_HOOK_XDP) {
		struct xdp_md *xdp = pkt->ctx;

		pkt->data = edge_pointer(xdp->data);
		pkt->end = edge_pointer(xdp->data_end);
		pkt->length = edge_flags & EDGE_CHAIN_FRAGS ? bpf_xdp_get_buff_len(xdp)
							    : pkt->end - pkt->data;
	} else {
		struct __sk_buff *skb = pkt->ctx;

		pkt->data = edge_pointer(skb->data);
		pkt->end = edge_pointer(skb->data_end);
		pkt->length = skb->len;
	}
}

#endif
