// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * SEC("xdp_prog"), the section name before libbpf 1.0: drops UDP packets to one port. It has
 * read-only data that its loader sets, zeroed data for its counts, and a subprogram.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

const volatile __u16 blocked_port = 7;
__u64 dropped;

static __attribute__((noinline)) int destination_port(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_UDP)
		return -1;
	return bpf_ntohs(udp->dest);
}

SEC("xdp_prog")
int port_filter(struct xdp_md *ctx)
{
	if (destination_port(ctx) != blocked_port)
		return XDP_PASS;
	__sync_fetch_and_add(&dropped, 1);
	return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
