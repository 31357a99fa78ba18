// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Pulls nonlinear data into the linear part, and reads it. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int pulled(struct __sk_buff *skb)
{
	void *data, *end;
	__u32 want = skb->len < 60 ? skb->len : 60, sum = 0;

	if (bpf_skb_pull_data(skb, want))
		return TC_ACT_SHOT;
	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	for (int i = 0; i < 60; i++) {
		__u8 *byte = data + i;

		if ((void *)(byte + 1) > end)
			break;
		sum = sum * 31 + *byte;
	}
	skb->mark = sum;
	return sum & 1 ? TC_ACT_OK : TC_ACT_SHOT;
}

char _license[] SEC("license") = "GPL";
