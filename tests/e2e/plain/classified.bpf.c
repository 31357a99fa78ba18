// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A classifier: class, priority, mark and queue by protocol; TC_ACT_PIPE, TC_ACT_OK and
 * TC_ACT_UNSPEC. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int classified(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return TC_ACT_UNSPEC;
	switch (ip->protocol) {
	case IPPROTO_TCP:
		skb->priority = 6;
		skb->tc_classid = 0x10001;
		return TC_ACT_OK;
	case IPPROTO_UDP:
		skb->mark = skb->len << 8 | 17;
		return TC_ACT_PIPE;
	case IPPROTO_ICMP:
		return TC_ACT_SHOT;
	}
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "GPL";
