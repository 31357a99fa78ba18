// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Encapsulates IPv4 in IPv4 with bpf_skb_adjust_room(). */
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int wrap_ipip(struct __sk_buff *skb)
{
	struct iphdr outer = {.version = 4, .ihl = 5, .ttl = 9, .protocol = IPPROTO_IPIP};
	__u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4;

	if (skb->protocol != bpf_htons(ETH_P_IP) || skb->len < 34)
		return TC_ACT_OK;
	outer.tot_len = bpf_htons(skb->len - sizeof(struct ethhdr) + sizeof(outer));
	outer.saddr = bpf_htonl(0x0a000001);
	outer.daddr = bpf_htonl(0x0a000002);
	if (bpf_skb_adjust_room(skb, sizeof(outer), BPF_ADJ_ROOM_MAC, flags))
		return TC_ACT_SHOT;
	if (bpf_skb_store_bytes(skb, sizeof(struct ethhdr), &outer, sizeof(outer),
				BPF_F_INVALIDATE_HASH))
		return TC_ACT_SHOT;
	return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
