// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Global functions, which the verifier checks separately; one function is weak. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

__attribute__((noinline)) int protocol_of(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return -1;
	return ip->protocol;
}

__attribute__((weak, noinline)) int classify(int protocol)
{
	if (protocol < 0)
		return XDP_PASS;
	return protocol == IPPROTO_UDP ? XDP_DROP : XDP_TX;
}

SEC("xdp")
int global_functions(struct xdp_md *ctx)
{
	return classify(protocol_of(ctx));
}

char _license[] SEC("license") = "GPL";
