// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* SEC("tc"): marks packets by UDP port for the next program; has a map and no global variables. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

typedef __u64 edge_counter; /* edge-load knows the type by its name, without a header */

struct mark {
	__u32 mark;
	edge_counter packets;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u16);
	__type(value, struct mark);
} marks SEC(".maps");

SEC("tc")
int marker(struct __sk_buff *skb)
{
	struct iphdr ip;
	struct mark *mark;
	struct udphdr udp;
	__u16 port;

	if (skb->protocol != bpf_htons(ETH_P_IP) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) || ip.protocol != IPPROTO_UDP ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + ip.ihl * 4, &udp, sizeof(udp)))
		return TC_ACT_OK;
	port = bpf_ntohs(udp.dest);
	mark = bpf_map_lookup_elem(&marks, &port);
	if (!mark)
		return TC_ACT_UNSPEC;
	__sync_fetch_and_add(&mark->packets, 1);
	skb->mark = mark->mark;
	return TC_ACT_OK;
}

char __license[] SEC("license") = "GPL";
