// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * SEC("xdp"): passes all packets, and counts in its own data section. Its maps cover every per-CPU
 * kind, a map whose types have a union, and LRU caches.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAP(name, kind, entries, flags, key_type, value_type) \
	struct {                                              \
		__uint(type, kind);                           \
		__uint(max_entries, entries);                 \
		__uint(map_flags, flags);                     \
		__type(key, key_type);                        \
		__type(value, value_type);                    \
	} name SEC(".maps")

typedef __u64 edge_counter;

struct peer {
	char name[8];
	union {
		__u32 number;
		__u8 bytes[4];
	};
	_Bool on;
};

MAP(each, BPF_MAP_TYPE_PERCPU_ARRAY, 2, 0, __u32, __u32);
MAP(each_hash, BPF_MAP_TYPE_PERCPU_HASH, 8, 0, __u32, __u64);
MAP(each_cache, BPF_MAP_TYPE_LRU_PERCPU_HASH, 512, 0, __u32, struct peer);
MAP(counts, BPF_MAP_TYPE_PERCPU_HASH, 8, 0, __u32, edge_counter);
MAP(peers, BPF_MAP_TYPE_HASH, 8, 0, struct peer, struct peer);
MAP(cache, BPF_MAP_TYPE_LRU_HASH, 1024, 0, __u32, __u64);
MAP(lists, BPF_MAP_TYPE_LRU_HASH, 1024, BPF_F_NO_COMMON_LRU, __u32, __u64);

__u64 seen SEC(".data.hot") = 7;

SEC("xdp")
int values(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&seen, 1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
