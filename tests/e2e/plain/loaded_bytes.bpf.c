// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Reads and writes the packet with helpers only, like programs for frames in fragments. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_helpers.h>

SEC("xdp.frags")
int loaded_bytes(struct xdp_md *ctx)
{
	__u8 macs[2 * ETH_ALEN], swapped[2 * ETH_ALEN];
	__u64 length = bpf_xdp_get_buff_len(ctx);

	if (bpf_xdp_load_bytes(ctx, 0, macs, sizeof(macs)))
		return XDP_DROP;
	__builtin_memcpy(swapped, macs + ETH_ALEN, ETH_ALEN);
	__builtin_memcpy(swapped + ETH_ALEN, macs, ETH_ALEN);
	if (bpf_xdp_store_bytes(ctx, 0, swapped, sizeof(swapped)))
		return XDP_ABORTED;
	return length > 100 ? XDP_TX : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
