// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Returns a long, of which the kernel uses the lower 32 bits. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
long wide(struct __sk_buff *skb)
{
	return (long)skb->len << 32 | (skb->len & 3);
}

char _license[] SEC("license") = "GPL";
