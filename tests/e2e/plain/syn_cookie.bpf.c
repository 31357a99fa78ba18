// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Answers a SYN with a SYN and ACK whose sequence number is a hash of the connection, and accepts
 * an ACK only if it returns this number. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

static const volatile __u64 secret[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

#define TURN(x, by) ((x) << (by) | (x) >> (64 - (by)))

static __always_inline __u64 siphash(__u64 word)
{
	__u64 v0 = secret[0] ^ 0x736f6d6570736575, v1 = secret[1] ^ 0x646f72616e646f6d;
	__u64 v2 = secret[0] ^ 0x6c7967656e657261, v3 = secret[1] ^ 0x7465646279746573;

	v3 ^= word;
#pragma unroll
	for (int i = 0; i < 4; i++) {
		v0 += v1;
		v1 = TURN(v1, 13) ^ v0;
		v0 = TURN(v0, 32);
		v2 += v3;
		v3 = TURN(v3, 16) ^ v2;
		v0 += v3;
		v3 = TURN(v3, 21) ^ v0;
		v2 += v1;
		v1 = TURN(v1, 17) ^ v2;
		v2 = TURN(v2, 32);
	}
	return v0 ^ v1 ^ v2 ^ v3 ^ word;
}

static __always_inline __u16 sum_tcp(struct iphdr *ip, struct tcphdr *tcp)
{
	__s64 sum;

	tcp->check = 0;
	sum = bpf_csum_diff(0, 0, (void *)tcp, sizeof(*tcp), bpf_htons(IPPROTO_TCP));
	sum = bpf_csum_diff(0, 0, (void *)&ip->saddr, 8, sum);
	sum += bpf_htons(sizeof(*tcp));
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

SEC("xdp")
int syn_cookie(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = (void *)(ip + 1);
	__u32 cookie;
	__be32 swap;
	__be16 port;

	if ((void *)(tcp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_TCP)
		return XDP_PASS;
	cookie = siphash((__u64)ip->saddr << 32 | (__u32)tcp->source << 16 | tcp->dest);
	if (!tcp->syn)
		return !tcp->ack || bpf_ntohl(tcp->ack_seq) == cookie + 1 ? XDP_PASS : XDP_DROP;
	swap = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = swap;
	port = tcp->source;
	tcp->source = tcp->dest;
	tcp->dest = port;
	tcp->ack_seq = bpf_htonl(bpf_ntohl(tcp->seq) + 1);
	tcp->seq = bpf_htonl(cookie);
	tcp->ack = 1;
	tcp->doff = 5;
	tcp->check = sum_tcp(ip, tcp);
	return XDP_TX;
}

char _license[] SEC("license") = "GPL";
