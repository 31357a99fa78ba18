// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Rewrites source address and port, and updates the checksums with helpers; a UDP packet without a
 * checksum gets none. */
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define L4 (sizeof(struct ethhdr) + sizeof(struct iphdr))

SEC("tc")
int nat_source(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	__be32 old, new = bpf_htonl(0xc6336401);
	__be16 port, new_port = bpf_htons(40000);

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->protocol != IPPROTO_UDP || ip->ihl != 5)
		return TC_ACT_OK;
	old = ip->saddr;
	if (bpf_skb_load_bytes(skb, L4, &port, 2))
		return TC_ACT_SHOT;
	bpf_l4_csum_replace(skb, L4 + 6, old, new, BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0 | 4);
	bpf_l4_csum_replace(skb, L4 + 6, port, new_port, BPF_F_MARK_MANGLED_0 | 2);
	bpf_l3_csum_replace(skb, sizeof(*eth) + offsetof(struct iphdr, check), old, new, 4);
	bpf_skb_store_bytes(skb, sizeof(*eth) + offsetof(struct iphdr, saddr), &new, 4, 0);
	bpf_skb_store_bytes(skb, L4, &new_port, 2, 0);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "GPL";
