// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * SEC("xdp"): passes all packets. For its map types and flags, the kernel reports a map that
 * differs from the definition: libbpf fills in or rounds sizes, and flags are added or dropped.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAP(name, kind, entries, flags, key_bytes, value_bytes) \
	struct {                                                \
		__uint(type, kind);                             \
		__uint(max_entries, entries);                   \
		__uint(map_flags, flags);                       \
		__uint(key_size, key_bytes);                    \
		__uint(value_size, value_bytes);                \
	} name SEC(".maps")

MAP(read_only, BPF_MAP_TYPE_HASH, 8, BPF_F_RDONLY_PROG, 4, 8);
MAP(write_only, BPF_MAP_TYPE_ARRAY, 8, BPF_F_WRONLY_PROG, 4, 8);
MAP(reader, BPF_MAP_TYPE_HASH, 8, BPF_F_RDONLY, 4, 8);
MAP(writer, BPF_MAP_TYPE_ARRAY, 8, BPF_F_WRONLY, 4, 8);
MAP(on_demand, BPF_MAP_TYPE_HASH, 8, BPF_F_NO_PREALLOC, 4, 8);
MAP(mapped, BPF_MAP_TYPE_ARRAY, 3, BPF_F_MMAPABLE, 4, 8);
MAP(lists, BPF_MAP_TYPE_LRU_HASH, 257, BPF_F_NO_COMMON_LRU, 4, 8);
MAP(lists_each, BPF_MAP_TYPE_LRU_PERCPU_HASH, 257, BPF_F_NO_COMMON_LRU, 4, 8);
MAP(each, BPF_MAP_TYPE_PERCPU_ARRAY, 3, 0, 4, 12);
MAP(each_hash, BPF_MAP_TYPE_PERCPU_HASH, 3, 0, 4, 12);
MAP(devices, BPF_MAP_TYPE_DEVMAP, 4, 0, 4, 4);
MAP(devices_hash, BPF_MAP_TYPE_DEVMAP_HASH, 4, 0, 4, 8);
MAP(processors, BPF_MAP_TYPE_CPUMAP, 2, 0, 4, 4);
MAP(sockets, BPF_MAP_TYPE_XSKMAP, 4, 0, 4, 4);
MAP(line, BPF_MAP_TYPE_QUEUE, 5, 0, 0, 8);
MAP(pile, BPF_MAP_TYPE_STACK, 5, 0, 0, 8);
MAP(filter, BPF_MAP_TYPE_BLOOM_FILTER, 5, 0, 0, 8);
MAP(prefixes, BPF_MAP_TYPE_LPM_TRIE, 5, BPF_F_NO_PREALLOC, 8, 8);
MAP(programs, BPF_MAP_TYPE_PROG_ARRAY, 3, 0, 4, 4);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__uint(map_flags, BPF_F_NUMA_NODE);
	__uint(numa_node, 0);
	__uint(key_size, 4);
	__uint(value_size, 8);
} on_node SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 5000);
} orders SEC(".maps");

SEC("xdp")
int kinds(struct xdp_md *ctx)
{
	__u64 length[2] = {ctx->data_end - ctx->data, 0x1122334455667788};

	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, length, sizeof(length));
	bpf_ringbuf_output(&records, length, sizeof(length), 0);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
