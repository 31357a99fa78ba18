// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Redirects packets by device index: IPv6 to the device's ingress, ARP to its egress. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

const volatile __u32 device = 1;

SEC("tc")
int sent_elsewhere(struct __sk_buff *skb)
{
	if (skb->protocol == bpf_htons(ETH_P_IPV6))
		return bpf_redirect(device, BPF_F_INGRESS);
	if (skb->protocol == bpf_htons(ETH_P_ARP))
		return bpf_redirect(device, 0);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "GPL";
