// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Does nothing: its time is the cost of the harness, the floor of all other times. */
#include "shapes.bpf.h"

SEC("xdp") int empty_xdp(struct xdp_md *ctx __attribute__((unused)))
{
	return XDP_PASS;
}

SEC("tc") int empty_tc(struct __sk_buff *ctx __attribute__((unused)))
{
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "Dual BSD/GPL";
