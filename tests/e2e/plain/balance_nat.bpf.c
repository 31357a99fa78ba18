// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A balancer that rewrites the destination, with a connection table. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct connection {
	__be32 client;
	__be16 port;
	__u16 protocol;
};

struct server {
	__be32 address;
	__be16 port;
	__u16 packets;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 128);
	__type(key, struct connection);
	__type(value, struct server);
} connections SEC(".maps");

__u32 next = 0;

static __always_inline void mend(__sum16 *sum, __u32 from, __u32 to)
{
	__u64 total = (__u16) ~*sum;

	total += (__u16)~from + (__u16) ~(from >> 16);
	total += (__u16)to + (to >> 16);
	total = (total & 0xffff) + (total >> 16);
	total = (total & 0xffff) + (total >> 16);
	*sum = ~total;
}

SEC("xdp")
int balance_nat(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = (void *)(ip + 1);
	struct connection connection = {};
	struct server *server, fresh = {};

	if ((void *)(tcp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->protocol != IPPROTO_TCP || ip->ihl != 5)
		return XDP_PASS;
	connection.client = ip->saddr;
	connection.port = tcp->source;
	connection.protocol = ip->protocol;
	server = bpf_map_lookup_elem(&connections, &connection);
	if (!server) {
		fresh.address = bpf_htonl(0x0a000100 + next++ % 16);
		fresh.port = bpf_htons(8080);
		if (bpf_map_update_elem(&connections, &connection, &fresh, BPF_ANY))
			return XDP_DROP;
		server = &fresh;
	} else {
		server->packets++;
	}
	mend(&ip->check, ip->daddr, server->address);
	mend(&tcp->check, ip->daddr, server->address);
	mend(&tcp->check, tcp->dest, server->port);
	ip->daddr = server->address;
	tcp->dest = server->port;
	return XDP_TX;
}

char _license[] SEC("license") = "GPL";
