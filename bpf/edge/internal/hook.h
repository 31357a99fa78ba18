/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_HOOK_H
#define EDGE_INTERNAL_HOOK_H
/*
 * Differences between hooks: TC's verdicts, the device, and calls that a hook does not support.
 */
#include <edge/internal/bounds.h>

/* TC's verdicts, as linux/pkt_cls.h has them (TC_ACT_*), and as TCX calls them since kernel 6.6. */
enum {
	EDGE_TC_NEXT = -1,
	EDGE_TC_PASS = 0,
	EDGE_TC_DROP = 2,
	EDGE_TC_STOLEN = 4, /* cls_bpf only: dropped, and the sender is told of a success */
	EDGE_TC_REDIRECT = 7,
	EDGE_TC_TRAP = 8, /* cls_bpf only: as EDGE_TC_STOLEN */
};

/**
 * EDGE_UNSUPPORTED() - this hook does not support this call
 * @call, @hook: string literals
 *
 * Writes a comment of the assembler, which stays in the code only if the code can be reached. The
 * loader finds the comment in the fused program, and refuses the chain with the call's name. The
 * instruction before the comment is there because the kernel wants an instruction for each line of
 * the source.
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

/* Whether the packet is on its way out of this machine. */
EDGE_INLINE bool edge_at_egress(const struct edge_pkt *pkt)
{
	return pkt->hook != EDGE_HOOK_XDP && edge_hook == EDGE_HOOK_TC_EGRESS;
}

/* The number of the device that the packet came from. */
EDGE_INLINE __u32 edge_ingress(const struct edge_pkt *pkt)
{
	return pkt->hook == EDGE_HOOK_XDP ? ((struct xdp_md *)pkt->ctx)->ingress_ifindex
					  : ((struct __sk_buff *)pkt->ctx)->ifindex;
}

#endif
