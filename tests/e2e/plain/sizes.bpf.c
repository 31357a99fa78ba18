// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * SEC("classifier"), the section name of iproute2 and of libbpf before 1.0: counts packets by size
 * class, with initialised data, a global subprogram and a string for the trace.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

__u32 limit = 1000;
__u64 counts[2] = {0, 0};
const volatile bool verbose = false;

__attribute__((noinline)) int size_class(struct __sk_buff *skb)
{
	return skb->len > limit;
}

SEC("classifier")
int sizes(struct __sk_buff *skb)
{
	int class = size_class(skb);

	__sync_fetch_and_add(&counts[class & 1], 1);
	if (verbose)
		bpf_printk("sizes: %d bytes, class %d", skb->len, class);
	return TC_ACT_OK;
}

char _license[] SEC("license") = "Dual BSD/GPL";
