// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A balancer that encapsulates packets in IPIP, to the server that a hash of the packet selects. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

static const volatile __u32 servers[8] = {0x0a000001, 0x0a000002, 0x0a000003, 0x0a000004,
					  0x0a000005, 0x0a000006, 0x0a000007, 0x0a000008};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} sent SEC(".maps");

static __always_inline __u32 mix(__u32 a, __u32 b)
{
	a ^= b;
	a *= 0x9e3779b1;
	a ^= a >> 15;
	a *= 0x85ebca77;
	return a ^ a >> 13;
}

static __always_inline __u16 header_sum(struct iphdr *ip)
{
	__u16 *word = (void *)ip;
	__u32 sum = 0;

#pragma unroll
	for (int i = 0; i < 10; i++)
		sum += word[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

SEC("xdp")
int balance_ipip(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data, *new_eth;
	struct iphdr *ip = (void *)(eth + 1), *outer;
	__be16 *ports = (void *)(ip + 1);
	__u32 place, length;
	__be32 from, to;
	__u64 *count;

	if ((void *)(ports + 2) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
	    (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP))
		return XDP_PASS;
	place = mix(mix(ip->saddr, ip->daddr), ports[0] | ports[1] << 16) & 7;
	from = ip->daddr;
	to = bpf_htonl(servers[place]);
	length = bpf_ntohs(ip->tot_len);
	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*outer)))
		return XDP_DROP;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	new_eth = data;
	outer = (void *)(new_eth + 1);
	eth = data + sizeof(*outer);
	if ((void *)(eth + 1) > end || (void *)(outer + 1) > end)
		return XDP_DROP;
	__builtin_memcpy(new_eth, eth, sizeof(*eth));
	*outer = (struct iphdr){.version = 4,
				.ihl = 5,
				.ttl = 64,
				.protocol = IPPROTO_IPIP,
				.saddr = from,
				.daddr = to};
	outer->tot_len = bpf_htons(length + sizeof(*outer));
	outer->check = header_sum(outer);
	count = bpf_map_lookup_elem(&sent, &place);
	if (count)
		++*count;
	return XDP_TX;
}

char _license[] SEC("license") = "GPL";
