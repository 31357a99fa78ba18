// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Shortens or lengthens the packet at its end, and writes the old length into the last byte. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int resized(struct __sk_buff *skb)
{
	__u8 length = skb->len;

	if (bpf_skb_change_tail(skb, skb->len > 100 ? 100 : skb->len + 6, 0))
		return TC_ACT_SHOT;
	return bpf_skb_store_bytes(skb, skb->len - 1, &length, 1, 0) ? TC_ACT_SHOT : TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
