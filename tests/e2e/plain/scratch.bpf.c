// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Stores notes for itself in the skb's control block, and clears them again. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int scratch(struct __sk_buff *skb)
{
	skb->cb[0] = skb->len;
	skb->cb[4] = skb->cb[0] * 3;
	skb->mark = skb->cb[4] + skb->queue_mapping + skb->tc_index + skb->gso_segs;
	skb->cb[0] = 0;
	skb->cb[4] = 0;
	return skb->wire_len > 80 ? TC_ACT_OK : TC_ACT_RECLASSIFY;
}

char _license[] SEC("license") = "GPL";
