// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Writes metadata in front of the packet and removes it again; aborts if there is no room for
 * it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct meta {
	__u32 mark, length;
};

SEC("xdp")
int meta_bytes(struct xdp_md *ctx)
{
	struct meta *meta;
	__u32 length = ctx->data_end - ctx->data;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*meta)))
		return XDP_ABORTED;
	meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > (void *)(long)ctx->data)
		return XDP_DROP;
	meta->mark = 42;
	meta->length = length;
	if (bpf_xdp_adjust_meta(ctx, sizeof(*meta)))
		return XDP_ABORTED;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
