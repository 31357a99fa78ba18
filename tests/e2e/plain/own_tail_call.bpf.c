// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A tail call of the program to its second stage; the program array is empty, so the first stage
 * continues. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} stages SEC(".maps");

SEC("xdp")
int own_tail_call(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &stages, (ctx->data_end - ctx->data) & 1);
	return XDP_TX;
}

char _license[] SEC("license") = "GPL";
