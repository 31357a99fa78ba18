/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_FUNCTION_H
#define EDGE_FUNCTION_H
/*
 * What makes C code a function: its entries, parameters and drop reasons, and how a packet leaves a
 * program.
 *
 * The entries here make an object whole by itself: it loads with ip, tc, xdp-loader or bpftool as a
 * chain of one. A fused chain has entries of its own (bpf/chain/chain.bpf.c) and leaves through the
 * same edge_leave().
 */
#include <edge/parse.h>

/* Set by the loader, as edge_hook and edge_flags in parse.h are; see abi.h. The defaults make a
 * chain of one. */
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

/* One for each program type: a program array belongs to the type that first used it. */
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

/**
 * EDGE_FUNCTION() - define the function of this object
 * @id: its name, a C identifier of up to 24 characters
 *
 * The body that follows gets `struct edge_pkt *pkt`, parsed, and returns an enum edge_verdict. One
 * to an object. EDGE_FUNCTION_FRAGS() is the same for a function that copes with XDP frames whose
 * tail is in fragments (kernel 5.18): what it touches beyond the headers, it reads through
 * edge_load_bytes() alone.
 */
#define EDGE_FUNCTION(id)	EDGE_FUNCTION_SECTION(id, "xdp", 0)
#define EDGE_FUNCTION_FRAGS(id) EDGE_FUNCTION_SECTION(id, "xdp.frags", EDGE_FUNCTION_FRAGS_OK)

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

/* What `edge-load inspect` says of the function; define it before including edge.h. */
#ifndef EDGE_HELP
#define EDGE_HELP ""
#endif

/* The licence that the kernel is told; define it before including edge.h when it is another one. */
#ifndef EDGE_LICENSE
#define EDGE_LICENSE "Dual BSD/GPL"
#endif

/**
 * EDGE_PARAM() - define a parameter: read-only data, set per instance when the chain is fused
 * @type:    an integer type, bool, edge_ip4, edge_port, struct edge_ip, struct edge_prefix or
 * struct edge_mac
 * @id:      its name, which is also the variable that the function reads
 * @initial: the value where none is given; braces around a struct's need EDGE_INIT(…). An
 *           edge_port's is the number as people write it, 443; bpf_htons(443) means the same,
 *           as does __bpf_constant_htons(443), but not through a macro of another name
 * @help_:   a line for `edge-load inspect`
 *
 * The optimiser and the verifier remove the branches that a parameter decides. EDGE_PARAM_RANGE()
 * adds the least and the greatest value that the loader accepts. A number is read by its name, a
 * struct with edge_ip_param(&name), edge_prefix_param(&name) or edge_mac_param(&name).
 */
#define EDGE_PARAM(type, id, initial, help_)     \
	EDGE_PARAM_DEFINE(type, id, 0, 0, help_, \
			  EDGE_INITIAL(EDGE_IS_PORT(EDGE_TYPE_##type), #initial, initial))

#define EDGE_PARAM_RANGE(type, id, initial, min_, max_, help_) \
	EDGE_PARAM_DEFINE(type, id, min_, max_, help_,         \
			  EDGE_INITIAL(EDGE_IS_PORT(EDGE_TYPE_##type), #initial, initial))

/* The initial value comes last, as its commas make several arguments of it. */
#define EDGE_PARAM_DEFINE(type, id, min_, max_, help_, ...)                        \
	static const struct edge_param_note edge_param_note_##id                   \
		__attribute__((section(".edge.param"), used)) = {                  \
			.name = #id, .help = help_, .min = min_, .max = max_};     \
	_Static_assert(sizeof(#id) <= EDGE_NAME_MAX, "EDGE_PARAM: name too long"); \
	const volatile type id = __VA_ARGS__

/* 1 for the type edge_port, 0 for any other: a typedef is no type of its own to the compiler, so
 * this is decided by the type's name. */
#define EDGE_TYPE_edge_port		~, 1
#define EDGE_IS_PORT(...)		EDGE_SECOND(__VA_ARGS__, 0, )
#define EDGE_SECOND(first, second, ...) second

/* @text: the initial value as it is written. */
#define EDGE_INITIAL(is_port, text, ...)    EDGE_INITIAL_OF(is_port, text, __VA_ARGS__)
#define EDGE_INITIAL_OF(is_port, text, ...) EDGE_INITIAL_##is_port(text, __VA_ARGS__)
#define EDGE_INITIAL_0(text, ...)	    __VA_ARGS__
#define EDGE_INITIAL_1(text, ...)                                               \
	(EDGE_IS_SWAPPED(text) || EDGE_IS_SWAPPED(#__VA_ARGS__) ? (__VA_ARGS__) \
								: bpf_htons(__VA_ARGS__))
/* In network order already, by its spelling: bpf_htons(), __bpf_constant_htons(), and what the
 * first of them expands to, in up to one pair of parentheses. */
#define EDGE_IS_SWAPPED(text)                                                                     \
	(EDGE_BEGINS(text, "bpf_htons") || EDGE_BEGINS(text, "(bpf_htons") ||                     \
	 EDGE_BEGINS(text, "__bpf_constant_htons") ||                                             \
	 EDGE_BEGINS(text, "(__bpf_constant_htons") || EDGE_BEGINS(text, "__builtin_bswap16") ||  \
	 EDGE_BEGINS(text, "(__builtin_bswap16") || EDGE_BEGINS(text, "(__builtin_constant_p") || \
	 EDGE_BEGINS(text, "((__builtin_constant_p"))
#define EDGE_BEGINS(text, beginning) !__builtin_strncmp(text, beginning, sizeof(beginning) - 1)

#define EDGE_INIT(...)      \
	{                   \
		__VA_ARGS__ \
	}

enum { EDGE_REASON_BASE = __COUNTER__ };

/**
 * edge_drop() - drop the packet, for a reason that is counted by itself
 * @pkt:    the packet
 * @reason: a string literal of up to 31 characters; `edge-load stats` shows it. The same one may
 * stand in many places; at most 15 uses in one function.
 *
 * Return: the verdict to return, EDGE_DROP.
 * Cost: an addition, for dropped packets only.
 */
#define edge_drop(pkt, reason) edge_drop_numbered(pkt, reason, __COUNTER__ - EDGE_REASON_BASE)

#define edge_drop_numbered(pkt, reason_, number_)                                               \
	({                                                                                      \
		enum { edge_reason_number_ = number_ };                                         \
		static const struct edge_reason_note edge_reason_note_                          \
			__attribute__((section(".edge.reason"), used)) = {                      \
				.number = edge_reason_number_, .name = reason_};                \
		_Static_assert(edge_reason_number_ < EDGE_REASONS_MAX,                          \
			       "edge_drop: at most 15 uses in one function");                   \
		_Static_assert(sizeof(reason_) <= EDGE_NAME_MAX, "edge_drop: reason too long"); \
		(pkt)->reason = edge_reason_number_;                                            \
		EDGE_DROP;                                                                      \
	})

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

/* The verdict as TC understands it: what nobody decided is left to the programs after us
 * (TCX_NEXT). */
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
 * edge_leave() - count the verdict and turn it into the hook's own; go on in the next program of a
 * cut chain
 * @pkt:     the packet
 * @index:   which instance of this program gave the verdict
 * @verdict: the verdict
 *
 * Return: what the BPF program returns.
 * Cost: one look-up in a per-CPU array.
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
