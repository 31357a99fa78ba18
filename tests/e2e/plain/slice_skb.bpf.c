// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Reads the packet through a dynptr of the skb, with kernel functions (kernel 6.4). */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

extern int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *out) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u32 offset, void *buffer,
			      __u32 size) __ksym;

SEC("tc")
int slice_skb(struct __sk_buff *skb)
{
	struct bpf_dynptr packet;
	__u8 buffer[20] = {}, *ip;

	if (bpf_dynptr_from_skb(skb, 0, &packet))
		return TC_ACT_SHOT;
	ip = bpf_dynptr_slice(&packet, 14, buffer, sizeof(buffer));
	if (!ip)
		return TC_ACT_OK;
	skb->mark = ip[9];
	return ip[8] & 1 ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

char _license[] SEC("license") = "GPL";
