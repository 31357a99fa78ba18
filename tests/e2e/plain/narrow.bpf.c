// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Returns a signed type that is narrower than int. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
signed char narrow(struct __sk_buff *skb)
{
	return skb->len & 1 ? -1 : skb->len & 2 ? 2 : 0;
}

char _license[] SEC("license") = "GPL";
