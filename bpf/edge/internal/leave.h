/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_LEAVE_H
#define EDGE_INTERNAL_LEAVE_H
/*
 * How a packet leaves a program: it is counted, and the verdict becomes the hook's own.
 */
#include <edge/internal/hook.h>

/* Set by the loader, as edge_hook and edge_flags in internal/bounds.h are; see abi.h. The defaults
 * make a chain of one instance. */
const volatile __u32 edge_first = 0;
const volatile __u32 edge_length = 1;
const volatile __u32 edge_end = 1;
const volatile __u32 edge_next = EDGE_LAST;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct edge_counters);
} edge_counters SEC(".maps");

/* A program array for each program type: an array belongs to the type that first used it. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} edge_tail_xdp SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} edge_tail_tc SEC(".maps");

/* Count the packet in a slot of edge_counters, under its verdict. */
EDGE_INLINE void edge_count(const struct edge_pkt *pkt, __u32 slot, enum edge_verdict verdict)
{
	struct edge_counters *counters = bpf_map_lookup_elem(&edge_counters, &slot);
	struct edge_count *count;

	if (!counters)
		return;
	count = (struct edge_count *)counters + verdict;
	count->packets += pkt->entry_packets;
	count->bytes += pkt->entry_bytes;
	if (verdict == EDGE_DROP)
		counters->reasons[pkt->reason & (EDGE_REASONS_MAX - 1)] += pkt->entry_packets;
}

/* The verdict as the XDP hook understands it. */
EDGE_INLINE int edge_action_xdp(enum edge_verdict verdict)
{
	switch (verdict) {
	case EDGE_NEXT:
	case EDGE_PASS:
		return XDP_PASS;
	case EDGE_DROP:
		return XDP_DROP;
	case EDGE_TX:
		return XDP_TX;
	case EDGE_REDIRECT:
		return XDP_REDIRECT;
	default:
		return XDP_ABORTED;
	}
}

/* The verdict as TC understands it. A packet on which no instance decided is left to the programs
 * after this one (TCX_NEXT). */
EDGE_INLINE int edge_action_tc(const struct edge_pkt *pkt, enum edge_verdict verdict)
{
	const struct __sk_buff *skb = pkt->ctx;

	switch (verdict) {
	case EDGE_NEXT:
		return EDGE_TC_NEXT;
	case EDGE_PASS:
		return EDGE_TC_PASS;
	case EDGE_TX:
		return bpf_redirect(skb->ifindex, 0);
	case EDGE_REDIRECT:
		return EDGE_TC_REDIRECT;
	case EDGE_DROP:
		return pkt->tc_drop;
	default:
		return EDGE_TC_DROP;
	}
}

/**
 * edge_leave() - count the verdict and turn it into the hook's own; or go on in the next program of
 *                a cut chain
 * @pkt:     the packet
 * @index:   which instance of this program returned the verdict
 * @verdict: the verdict
 *
 * Return: the return value of the BPF program.
 * Cost: one lookup in a per-CPU array.
 */
EDGE_INLINE int edge_leave(struct edge_pkt *pkt, __u32 index, enum edge_verdict verdict)
{
	__u32 slot = edge_first + index;

	if (verdict == EDGE_NEXT) {
		slot = edge_end;
		if (edge_next != EDGE_LAST) {
			if (edge_flags & EDGE_CHAIN_NEXT_PLAIN)
				edge_count(pkt, edge_first + edge_length, EDGE_NEXT);
			if (pkt->hook == EDGE_HOOK_XDP)
				bpf_tail_call(pkt->ctx, &edge_tail_xdp, edge_next);
			else
				bpf_tail_call(pkt->ctx, &edge_tail_tc, edge_next);
			/* Not reached while the program array is whole. Fail closed: half a chain
			 * has run. */
			verdict = EDGE_ABORT;
		}
	}
	if (verdict >= EDGE_VERDICTS)
		verdict = EDGE_ABORT;
	edge_count(pkt, slot, verdict);
	if (pkt->hook == EDGE_HOOK_XDP)
		return edge_action_xdp(verdict);
	return edge_action_tc(pkt, verdict);
}

#endif
