// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Loads data_end in two branches, and uses it after both. */
#include <linux/bpf.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int two_ends(struct __sk_buff *skb)
{
	void *at = (void *)(long)skb->data + 14;
	__u16 port = 0;
	__u8 protocol;

	if (skb->protocol == bpf_htons(0x0800)) {
		if (at + 20 > (void *)(long)skb->data_end)
			return 0;
		protocol = ((struct iphdr *)at)->protocol;
		at += 20;
	} else {
		if (at + 40 > (void *)(long)skb->data_end)
			return 0;
		protocol = ((struct ipv6hdr *)at)->nexthdr;
		at += 40;
	}
	switch (protocol) {
	case 6:
		if (at + 20 > (void *)(long)skb->data_end)
			return 0;
		port = *(__u16 *)(at + 2);
		break;
	case 17:
		if (at + 8 > (void *)(long)skb->data_end)
			return 0;
		port = *(__u16 *)(at + 2);
		break;
	}
	return port == bpf_htons(53) ? 2 : 0;
}

char _license[] SEC("license") = "GPL";
