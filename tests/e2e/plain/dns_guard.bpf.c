// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Reads the name of a DNS query label by label, and drops queries for a listed name. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct name {
	char text[32];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, struct name);
	__type(value, __u32);
} seen SEC(".maps");

SEC("xdp")
int dns_guard(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);
	__u8 *at = (void *)(udp + 1) + 12;
	struct name name = {};
	__u32 one = 1, *count;
	int i;

	if ((void *)at > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->protocol != IPPROTO_UDP || udp->dest != bpf_htons(53))
		return XDP_PASS;
	for (i = 0; i < (int)sizeof(name.text) - 1; i++) {
		if ((void *)(at + 1) > end)
			return XDP_DROP;
		if (!*at)
			break;
		name.text[i] = *at < 32 ? '.' : *at | 0x20;
		at++;
	}
	count = bpf_map_lookup_elem(&seen, &name);
	if (count) {
		++*count;
		return XDP_DROP;
	}
	bpf_map_update_elem(&seen, &name, &one, BPF_ANY);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
