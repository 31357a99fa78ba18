// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The shape of libxdp's dispatcher (xdp-dispatcher.c of libxdp 1.3): a program that calls ten
 * global functions. Each function stands for an independent program, so it parses the packet
 * itself; after each call the dispatcher asks its configuration, in .rodata, whether to continue.
 * This shape is cheaper than the real dispatcher, because it leaves out the replacement of each
 * function (freplace, a further jump) and the counting of verdicts. libxdp has no dispatcher for
 * TC; the same shape is measured there.
 */
#include "shapes.bpf.h"

TEN(PORTS)

struct config {
	__u8 programs;
	__u32 go_on[10]; /* a bit for each action */
};

#define TEN_TIMES(x)                          \
	{                                     \
		x, x, x, x, x, x, x, x, x, x, \
	}

const volatile struct config config_xdp = {.programs = 10, .go_on = TEN_TIMES(1u << XDP_PASS)};
/* The actions of TC begin with -1, "continue". */
const volatile struct config config_tc = {.programs = 10, .go_on = TEN_TIMES(1u << 0)};

#define FUNCTION(n)                                                            \
	__attribute__((noinline)) int function_##n##_xdp(struct xdp_md *ctx)   \
	{                                                                      \
		struct udphdr *udp;                                            \
                                                                               \
		if (!ctx)                                                      \
			return XDP_ABORTED;                                    \
		udp = parse_xdp(ctx);                                          \
		if (udp)                                                       \
			count_port(&ports_##n, udp, n);                        \
		return XDP_PASS;                                               \
	}                                                                      \
	__attribute__((noinline)) int function_##n##_tc(struct __sk_buff *ctx) \
	{                                                                      \
		struct udphdr *udp;                                            \
                                                                               \
		if (!ctx)                                                      \
			return TC_ACT_SHOT;                                    \
		udp = parse_tc(ctx);                                           \
		if (udp)                                                       \
			count_port(&ports_##n, udp, n);                        \
		return TC_ACT_UNSPEC;                                          \
	}
TEN(FUNCTION)

SEC("xdp") int dispatcher_xdp(struct xdp_md *ctx)
{
	__u8 programs = config_xdp.programs;
	int action;

#define CALL_XDP(n)                                  \
	if (programs < n + 1)                        \
		return XDP_PASS;                     \
	action = function_##n##_xdp(ctx);            \
	if (!((1u << action) & config_xdp.go_on[n])) \
		return action;
	TEN(CALL_XDP)
	return XDP_PASS;
}

SEC("tc") int dispatcher_tc(struct __sk_buff *ctx)
{
	__u8 programs = config_tc.programs;
	int action;

#define CALL_TC(n)                                        \
	if (programs < n + 1)                             \
		return TC_ACT_UNSPEC;                     \
	action = function_##n##_tc(ctx);                  \
	if (!((1u << (action + 1)) & config_tc.go_on[n])) \
		return action;
	TEN(CALL_TC)
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "Dual BSD/GPL";
