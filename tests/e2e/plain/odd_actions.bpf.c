// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Returns numbers that are not XDP actions. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int odd_actions(struct xdp_md *ctx)
{
	__u32 length = ctx->data_end - ctx->data;

	switch (length & 3) {
	case 0:
		return XDP_PASS;
	case 1:
		return 5;
	case 2:
		return -1;
	default:
		return 1000 + length;
	}
}

char _license[] SEC("license") = "GPL";
