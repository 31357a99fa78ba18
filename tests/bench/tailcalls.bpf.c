// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Ten programs joined by tail calls. Each program parses the packet itself.
 */
#include "shapes.bpf.h"

TEN(PORTS)

#define DECLARE(n)                                   \
	int tailcalls_##n##_xdp(struct xdp_md *ctx); \
	int tailcalls_##n##_tc(struct __sk_buff *ctx);
TEN(DECLARE)

/* One program array for each program type: an array belongs to the type that first used it. */
#define NEXT(context, hook)                            \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY); \
		__uint(max_entries, 11);               \
		__uint(key_size, sizeof(__u32));       \
		__array(values, int(context *));       \
	} next_##hook SEC(".maps") = {.values = {TEN(ENTRY_##hook)}};
#define ENTRY_xdp(n) [n] = (void *)&tailcalls_##n##_xdp,
#define ENTRY_tc(n)  [n] = (void *)&tailcalls_##n##_tc,

NEXT(struct xdp_md, xdp)
NEXT(struct __sk_buff, tc)

#define PROGRAM(n)                                              \
	SEC("xdp") int tailcalls_##n##_xdp(struct xdp_md *ctx)  \
	{                                                       \
		struct udphdr *udp = parse_xdp(ctx);            \
                                                                \
		if (udp)                                        \
			count_port(&ports_##n, udp, n);         \
		bpf_tail_call(ctx, &next_xdp, n + 1);           \
		return XDP_PASS;                                \
	}                                                       \
	SEC("tc") int tailcalls_##n##_tc(struct __sk_buff *ctx) \
	{                                                       \
		struct udphdr *udp = parse_tc(ctx);             \
                                                                \
		if (udp)                                        \
			count_port(&ports_##n, udp, n);         \
		bpf_tail_call(ctx, &next_tc, n + 1);            \
		return TC_ACT_UNSPEC;                           \
	}
TEN(PROGRAM)

char _license[] SEC("license") = "Dual BSD/GPL";
