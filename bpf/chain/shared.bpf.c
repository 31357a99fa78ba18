// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A shared chain's entry in libxdp's dispatcher: it goes on in the chain's first program, which the
 * loader keeps in an array of one element. A swap changes that element, and the dispatcher stays as
 * it is.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} edge_shared SEC(".maps");

SEC("xdp")
int edge_chain(struct xdp_md *context)
{
	bpf_tail_call(context, &edge_shared, 0);
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
