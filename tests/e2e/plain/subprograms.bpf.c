// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Static functions that are not inlined: BPF-to-BPF calls with the context and with pointers to the
 * stack. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct facts {
	__u32 length;
	__u16 proto;
	__u8 protocol, ttl;
};

static __attribute__((noinline)) int read_facts(struct xdp_md *ctx, struct facts *facts)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > end)
		return -1;
	facts->length = end - data;
	facts->proto = eth->h_proto;
	facts->protocol = ip->protocol;
	facts->ttl = ip->ttl;
	return 0;
}

static __attribute__((noinline)) int judge(const struct facts *facts)
{
	if (facts->proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	return facts->protocol == IPPROTO_TCP && facts->length < 70 ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int subprograms(struct xdp_md *ctx)
{
	struct facts facts = {};

	if (read_facts(ctx, &facts))
		return XDP_TX;
	return judge(&facts);
}

char _license[] SEC("license") = "GPL";
