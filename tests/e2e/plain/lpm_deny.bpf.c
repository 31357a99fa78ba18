// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Drops packets whose source is in a prefix table; the first packet from an unlisted /16 adds the
 * /16 to the table. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct prefix {
	__u32 length;
	__be32 address;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 64);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u64);
} denied SEC(".maps");

SEC("xdp")
int lpm_deny(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct prefix prefix = {.length = 32};
	__u64 *hits, one = 1;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	prefix.address = ip->saddr;
	hits = bpf_map_lookup_elem(&denied, &prefix);
	if (hits) {
		__sync_fetch_and_add(hits, 1);
		return XDP_DROP;
	}
	prefix.length = 16;
	prefix.address &= bpf_htonl(0xffff0000);
	bpf_map_update_elem(&denied, &prefix, &one, BPF_ANY);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
