// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * SEC("xdp"): counts IPv4 packets by protocol in tables that it finds through maps of maps: an
 * array of hashes, a hash of arrays with BPF_F_INNER_MAP, and an array of arrays without this flag.
 * -DWIDE makes the counts of the hashes wider; -DNUMBER=TYPE changes the type of the outer hash's
 * key; -DTWO adds a second program with the same maps, which counts in key 0 of slots.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

typedef __u64 edge_counter;
typedef __u32 edge_counter32;

#ifdef WIDE
typedef edge_counter table_count;
#else
typedef edge_counter32 table_count;
#endif

#ifdef NUMBER
#define FILLED /* libbpf fills outer maps whose key has 4 bytes */
#else
#define NUMBER __u32
#define FILLED = {.values = {[1] = &slots}}
#endif

struct table {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, table_count);
} table SEC(".maps"), spare SEC(".maps");

struct slots {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, edge_counter);
} slots SEC(".maps");

struct rigid {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, edge_counter);
} rigid SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 3);
	__type(key, __u32);
	__array(values, struct table);
} tables SEC(".maps") = {.values = {&table, &spare}};

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 3);
	__type(key, NUMBER);
	__array(values, struct slots);
} slots_by_number SEC(".maps") FILLED;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct rigid);
} rigids SEC(".maps") = {.values = {&rigid}};

static __always_inline void count(void *outer, NUMBER slot, __u32 key)
{
	void *inner = bpf_map_lookup_elem(outer, &slot);
	__u64 *count = inner ? bpf_map_lookup_elem(inner, &key) : NULL;

	if (count)
		__sync_fetch_and_add(count, 1);
}

SEC("xdp")
int nested(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	__u32 first = 0, protocol;
	table_count one = 1, *known;
	void *inner;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	protocol = ip->protocol;
	inner = bpf_map_lookup_elem(&tables, &first);
	if (!inner)
		return XDP_PASS;
	known = bpf_map_lookup_elem(inner, &protocol);
	if (known)
		__sync_fetch_and_add(known, 1);
	else
		bpf_map_update_elem(inner, &protocol, &one, BPF_NOEXIST);
	count(&slots_by_number, 1, protocol & 3);
	count(&rigids, 0, protocol & 3);
	return XDP_PASS;
}

#ifdef TWO
SEC("xdp")
int again(struct xdp_md *ctx)
{
	(void)ctx;
	count(&slots_by_number, 1, 0);
	return XDP_PASS;
}
#endif

char LICENSE[] SEC("license") = "GPL";
