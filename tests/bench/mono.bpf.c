// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * One program written by hand: it parses the packet once, runs ten inlined functions, and counts
 * packets and bytes by verdict. It is the reference for the fused chain.
 */
#include "shapes.bpf.h"

TEN(PORTS)

struct verdict_count {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct verdict_count);
} verdicts SEC(".maps");

static __always_inline void count_verdict(__u32 verdict, __u64 packets, __u64 bytes)
{
	struct verdict_count *count = bpf_map_lookup_elem(&verdicts, &verdict);

	if (!count)
		return;
	count->packets += packets;
	count->bytes += bytes;
}

static __always_inline void count_ports(const struct udphdr *udp)
{
#define COUNT(n) count_port(&ports_##n, udp, n);
	TEN(COUNT)
}

SEC("xdp") int mono_xdp(struct xdp_md *ctx)
{
	__u64 bytes = ctx->data_end - ctx->data;
	struct udphdr *udp = parse_xdp(ctx);

	if (udp)
		count_ports(udp);
	count_verdict(XDP_PASS, 1, bytes);
	return XDP_PASS;
}

SEC("tc") int mono_tc(struct __sk_buff *ctx)
{
	struct udphdr *udp = parse_tc(ctx);
	__u64 packets = 1, bytes = ctx->len, headers;

	if (udp)
		count_ports(udp);
	if (ctx->gso_size) { /* count packets and bytes as on the wire */
		headers = udp ? (long)(udp + 1) - ctx->data : sizeof(struct ethhdr);
		packets = ctx->gso_segs;
		bytes += (packets - 1) * headers;
	}
	count_verdict(TC_ACT_OK, packets, bytes);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "Dual BSD/GPL";
