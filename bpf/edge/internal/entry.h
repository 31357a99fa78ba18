/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_ENTRY_H
#define EDGE_INTERNAL_ENTRY_H
/*
 * The entries of a function's object.
 *
 * With them an object is complete: ip, tc, xdp-loader or bpftool load it as a chain of one
 * function. A fused chain has entries of its own (bpf/chain/chain.bpf.c), and leaves through
 * edge_leave(), too.
 */
#include <edge/internal/enter.h>
#include <edge/internal/leave.h>

/* The note for the loader, both entries, the licence, and the head of the function's body. */
#define EDGE_FUNCTION_SECTION(id, xdp_section, flags_)                                       \
	static const struct edge_function_note edge_function_note                            \
		__attribute__((section(".edge.function"), used)) = {                         \
			.abi = EDGE_ABI, .flags = flags_, .name = #id, .help = EDGE_HELP};   \
	_Static_assert(sizeof(#id) <= 25, "EDGE_FUNCTION: at most 24 characters");           \
	__attribute__((always_inline)) enum edge_verdict edge_fn_##id(struct edge_pkt *pkt); \
	SEC(xdp_section) int id##_xdp(struct xdp_md *ctx)                                    \
	{                                                                                    \
		struct edge_pkt pkt;                                                         \
                                                                                             \
		edge_enter(&pkt, ctx, EDGE_HOOK_XDP);                                        \
		return edge_leave(&pkt, 0, edge_fn_##id(&pkt));                              \
	}                                                                                    \
	SEC("tc") int id##_tc(struct __sk_buff *ctx)                                         \
	{                                                                                    \
		struct edge_pkt pkt;                                                         \
                                                                                             \
		edge_enter(&pkt, ctx, EDGE_HOOK_TC_INGRESS);                                 \
		return edge_leave(&pkt, 0, edge_fn_##id(&pkt));                              \
	}                                                                                    \
	char edge_license[] SEC("license") = EDGE_LICENSE;                                   \
	__attribute__((always_inline)) enum edge_verdict edge_fn_##id(struct edge_pkt *pkt)

#endif
