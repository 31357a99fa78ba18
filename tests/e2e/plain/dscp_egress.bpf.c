// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Writes the differentiated services field and the mark; a helper updates the checksum. */
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int dscp_egress(struct __sk_buff *skb)
{
	int at = sizeof(struct ethhdr) + offsetof(struct iphdr, tos);
	__u8 old, new;

	if (skb->protocol != bpf_htons(ETH_P_IP))
		return TC_ACT_OK;
	if (bpf_skb_load_bytes(skb, at, &old, 1))
		return TC_ACT_SHOT;
	new = (old & 3) | 46 << 2;
	if (bpf_l3_csum_replace(skb, sizeof(struct ethhdr) + offsetof(struct iphdr, check),
				bpf_htons(old), bpf_htons(new), 2))
		return TC_ACT_SHOT;
	bpf_skb_store_bytes(skb, at, &new, 1, 0);
	skb->mark = new;
	return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
