// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A tail call at TC through the program's own program array, which is empty. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} stages SEC(".maps");

SEC("tc")
int tc_tail_call(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &stages, skb->len & 1);
	return skb->len > 80 ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "GPL";
