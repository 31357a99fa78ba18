// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A TC program that returns any number of a list: the UDP port of the datagram, less 2000, is the
 * index.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

static const int numbers[] = {
	-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -2, 256, 0x10000000, 0x20000001, -2147483647, 2147483647,
};

SEC("tc")
int numbered(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);
	__u32 place;

	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->protocol != IPPROTO_UDP)
		return -1;
	place = bpf_ntohs(udp->dest) - 2000u;
	return place < sizeof(numbers) / sizeof(*numbers) ? numbers[place] : -1;
}

char _license[] SEC("license") = "Dual BSD/GPL";
