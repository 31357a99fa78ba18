/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_PARSE_H
#define EDGE_PARSE_H
/*
 * Making the packet view anew.
 */
#include <edge/internal/parse.h>

/**
 * edge_parse() - make the view anew
 * @pkt: the packet
 *
 * For a function that moved the packet with the kernel's helpers; the SDK's calls do it themselves.
 * At TC, if the linear part ends within a header, more of the packet is pulled into it, once.
 * Pointers into the packet that were taken before are stale afterwards.
 *
 * Hooks: all.
 * Cost: 3 ns for IPv4 and UDP.
 */
EDGE_INLINE void edge_parse(struct edge_pkt *pkt)
{
	__u32 pulled = 0;

again:
	/* The compiler must not know that the loop runs at most twice, or it makes a second copy
	   of its body; nor that the context stays the same, or it keeps a pointer into its middle,
	   which the verifier refuses. */
	if (pkt->hook == EDGE_HOOK_XDP)
		asm("" : "+r"(pulled));
	else
		asm("" : "+r"(pulled), "+r"(pkt->ctx));
	edge_bounds(pkt);
	edge_parse_clear(pkt);
	if (edge_parse_headers(pkt) != EDGE_PARSED_CUT || pkt->hook == EDGE_HOOK_XDP || pulled ||
	    pkt->end - pkt->data >= pkt->length)
		return;
	bpf_skb_pull_data(pkt->ctx, pkt->length < EDGE_PULL ? pkt->length : EDGE_PULL);
	pulled = 1;
	/* A jump that the compiler can't lay out as a fall-through: kernel 6.1's check_cfg() takes a
	   loop only if a jump closes it. */
	asm goto("if %0 != 0 goto %l[again]" : : "r"(pulled) : : again);
}

#endif
