// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Functions that are not inlined and take the skb; swap_macs() changes the packet. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

static __attribute__((noinline)) int swap_macs(struct __sk_buff *skb)
{
	__u8 macs[2 * ETH_ALEN];

	if (bpf_skb_load_bytes(skb, 0, macs, sizeof(macs)))
		return -1;
	if (bpf_skb_store_bytes(skb, 0, macs + ETH_ALEN, ETH_ALEN, 0))
		return -1;
	return bpf_skb_store_bytes(skb, ETH_ALEN, macs, ETH_ALEN, 0);
}

static __attribute__((noinline)) int first_byte(struct __sk_buff *skb)
{
	__u8 *data = (void *)(long)skb->data;

	return (void *)(data + 1) > (void *)(long)skb->data_end ? -1 : *data;
}

SEC("tc")
int called_skb(struct __sk_buff *skb)
{
	int before = first_byte(skb);

	if (swap_macs(skb))
		return TC_ACT_SHOT;
	skb->mark = before << 8 | (first_byte(skb) & 0xff);
	return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
