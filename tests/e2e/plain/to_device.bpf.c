// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Redirects IPv6 packets to a device index, and other packets to the device they came from. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

static const volatile __u32 device = 1;

SEC("xdp")
int to_device(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;

	if ((void *)(eth + 1) > end)
		return XDP_ABORTED;
	return eth->h_proto == bpf_htons(ETH_P_IPV6) ? bpf_redirect(device, 0) : XDP_TX;
}

char _license[] SEC("license") = "GPL";
