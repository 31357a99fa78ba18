// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A chain's entries. The loader takes the bitcode of this file, keeps the entry of the hook that it
 * needs, and puts the instances' bodies in place of edge_instance_N; edge_length says how many
 * there are.
 */
#include <edge/edge.h>
#include <edge/internal/enter.h>
#include <edge/internal/leave.h>

/* struct edge_metadata, field by field: the names and the order are the ABI's. */
#define EDGE_METADATA(type, id, size)                   \
	const volatile type bpf_metadata_edge_##id size \
		__attribute__((section(".rodata"), used, aligned(4))) = {0}

EDGE_METADATA(__u64, time, );
EDGE_METADATA(__u32, abi, );
EDGE_METADATA(__u32, generation, );
EDGE_METADATA(__u32, program, );
EDGE_METADATA(__u32, mode, );
EDGE_METADATA(__u32, ifindex, );
EDGE_METADATA(__u32, keep, );
EDGE_METADATA(__u64, netns, );
EDGE_METADATA(__u32, declared, );
EDGE_METADATA(__u32, unused, );
EDGE_METADATA(char, user, [64]);
EDGE_METADATA(char, version, [16]);
EDGE_METADATA(char, cut, [512]);
EDGE_METADATA(char, programs, [1024]);
EDGE_METADATA(char, digests, [2048]);
EDGE_METADATA(char, chain, [8192]);
EDGE_METADATA(char, reasons, [8192]);

/* clang-format off */
#define EDGE_INSTANCES(X) \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) \
	X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31) \
	X(32) X(33) X(34) X(35) X(36) X(37) X(38) X(39) X(40) X(41) X(42) X(43) X(44) X(45) X(46) X(47) \
	X(48) X(49) X(50) X(51) X(52) X(53) X(54) X(55) X(56) X(57) X(58) X(59) X(60) X(61) X(62) X(63)
/* clang-format on */

#define EDGE_DECLARE(n) enum edge_verdict edge_instance_##n(struct edge_pkt *pkt);
EDGE_INSTANCES(EDGE_DECLARE)

#define EDGE_RUN(n)                                 \
	if (n < edge_length) {                      \
		if (edge_flags & EDGE_CHAIN_SETTLE) \
			edge_parse_settle(pkt);     \
		verdict = edge_instance_##n(pkt);   \
		if (verdict != EDGE_NEXT) {         \
			index = n;                  \
			goto leave;                 \
		}                                   \
	}

EDGE_INLINE int edge_chain(void *ctx, enum edge_hook hook)
{
	struct edge_pkt view, *pkt = &view;
	enum edge_verdict verdict = EDGE_NEXT;
	__u32 index = 0;

	if (edge_length || hook != EDGE_HOOK_XDP)
		edge_enter(pkt, ctx, hook);
	else /* it only counts and hands over; at TC that takes the headers' length */
		edge_enter_unparsed(pkt, ctx, hook);
	EDGE_INSTANCES(EDGE_RUN)
leave:
	return edge_leave(pkt, index, verdict);
}

SEC("xdp") int edge_xdp(struct xdp_md *ctx)
{
	return edge_chain(ctx, EDGE_HOOK_XDP);
}

SEC("tc") int edge_tc(struct __sk_buff *ctx)
{
	return edge_chain(ctx, EDGE_HOOK_TC_INGRESS);
}

/*
 * A program without the SDK, as one instance: the loader makes edge_instance_N out of
 * edge_plain_ctx(), the program, and edge_plain_xdp() or edge_plain_tc(). The program may
 * have moved or rewritten any bytes, so the view is made anew.
 */
__attribute__((always_inline)) void *edge_plain_ctx(struct edge_pkt *pkt)
{
	return pkt->ctx;
}

/* The program may have moved the packet: notes of places in it are dropped. */
EDGE_INLINE void edge_plain_passed(struct edge_pkt *pkt)
{
	__u32 before = pkt->length;

	edge_parse(pkt);
	pkt->tunnel = 0;
	pkt->tunnel_size = 0;
	if (pkt->length != before)
		pkt->begun = (struct edge_begun){0};
}

__attribute__((always_inline)) enum edge_verdict edge_plain_xdp(struct edge_pkt *pkt, int action)
{
	switch (action) {
	case XDP_PASS:
		edge_plain_passed(pkt);
		return EDGE_NEXT;
	case XDP_DROP:
		return EDGE_DROP;
	case XDP_TX:
		return EDGE_TX;
	case XDP_REDIRECT:
		return EDGE_REDIRECT;
	default:
		return EDGE_ABORT;
	}
}

/*
 * The kernel's own tables. Of the numbers that a program may return, TCX knows OK, SHOT and
 * REDIRECT (tcx_action_code(), include/net/tcx.h, kernel 6.6); cls_bpf knows STOLEN and TRAP as
 * well (cls_bpf_exec_opcode(), net/sched/cls_bpf.c). Both take every other number, such as
 * TC_ACT_PIPE, for UNSPEC: the packet goes on.
 */
__attribute__((always_inline)) enum edge_verdict edge_plain_tc(struct edge_pkt *pkt, int action)
{
	bool ends = edge_flags & EDGE_CHAIN_CLSACT &&
		    (action == EDGE_TC_STOLEN || action == EDGE_TC_TRAP);

	if (ends)
		pkt->tc_drop = action;
	if (ends || action == EDGE_TC_DROP)
		return EDGE_DROP;
	if (action == EDGE_TC_REDIRECT)
		return EDGE_REDIRECT;
	edge_plain_passed(pkt);
	return EDGE_NEXT;
}

/*
 * An instance whose own tail call may take the packet away for good: it is counted before, as if
 * the instance let it go on (NEXT), and taken off again when it comes back.
 */
__attribute__((always_inline)) void edge_leaves(struct edge_pkt *pkt, __u32 index)
{
	edge_count(pkt, edge_first + index, EDGE_NEXT);
}

__attribute__((always_inline)) void edge_comes_back(struct edge_pkt *pkt, __u32 index)
{
	__u32 slot = edge_first + index;
	struct edge_counters *counters = bpf_map_lookup_elem(&edge_counters, &slot);

	if (!counters)
		return;
	counters->next.packets -= pkt->entry_packets;
	counters->next.bytes -= pkt->entry_bytes;
}

char edge_license[] SEC("license") = "Dual BSD/GPL";
