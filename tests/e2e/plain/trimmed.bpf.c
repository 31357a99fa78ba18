// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Cuts long packets to 60 bytes, and lengthens short packets. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int trimmed(struct xdp_md *ctx)
{
	int length = ctx->data_end - ctx->data;
	__u8 *last;

	if (bpf_xdp_adjust_tail(ctx, 60 - length))
		return XDP_DROP;
	last = (void *)(long)ctx->data + 59;
	if ((void *)(last + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	*last = length;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
