// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Counts flows by their five-tuple; a flow is dropped after its third packet. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct flow {
	__u32 source[4], target[4];
	__be16 ports[2];
	__u8 protocol, family, pad[2];
};

struct state {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, struct flow);
	__type(value, struct state);
} flows SEC(".maps");

static __always_inline void *find_l4(void *data, void *end, struct flow *flow)
{
	struct ethhdr *eth = data;

	if ((void *)(eth + 1) > end)
		return 0;
	if (eth->h_proto == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = (void *)(eth + 1);

		if ((void *)(ip + 1) > end)
			return 0;
		flow->source[0] = ip->saddr;
		flow->target[0] = ip->daddr;
		flow->protocol = ip->protocol;
		flow->family = 4;
		return ip + 1;
	}
	if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = (void *)(eth + 1);

		if ((void *)(ip + 1) > end)
			return 0;
		__builtin_memcpy(flow->source, &ip->saddr, 16);
		__builtin_memcpy(flow->target, &ip->daddr, 16);
		flow->protocol = ip->nexthdr;
		flow->family = 6;
		return ip + 1;
	}
	return 0;
}

SEC("xdp")
int flow_table(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct flow flow = {};
	struct state fresh = {1, end - data}, *state;
	void *l4 = find_l4(data, end, &flow);

	if (!l4)
		return XDP_PASS;
	if (flow.protocol == IPPROTO_TCP || flow.protocol == IPPROTO_UDP) {
		__be16 *ports = l4;

		if ((void *)(ports + 2) > end)
			return XDP_PASS;
		flow.ports[0] = ports[0];
		flow.ports[1] = ports[1];
	}
	state = bpf_map_lookup_elem(&flows, &flow);
	if (!state) {
		bpf_map_update_elem(&flows, &flow, &fresh, BPF_NOEXIST);
		return XDP_PASS;
	}
	state->packets++;
	state->bytes += end - data;
	return state->packets > 3 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
