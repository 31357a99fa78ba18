// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Adds a VLAN tag to untagged frames and removes the tag of tagged frames, with helpers. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int tagger(struct __sk_buff *skb)
{
	if (skb->vlan_present)
		return bpf_skb_vlan_pop(skb) ? TC_ACT_SHOT : TC_ACT_OK;
	return bpf_skb_vlan_push(skb, bpf_htons(0x8100), 55) ? TC_ACT_SHOT : TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
