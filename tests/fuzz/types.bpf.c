// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Types of every kind that the keys and values of a map, or a parameter, can have, for the targets
 * that read and write values. Compiled for BPF; the library reads the BTF.
 */
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/in6.h>

#include <bpf/bpf_helpers.h>

#include <edge/abi.h>

enum color { RED = 1, GREEN = 2, BLUE = 40 };
enum negative { MINUS = -1, ZERO = 0 };
enum large { SMALL = 1, LARGE = 1ULL << 32 };

struct count {
	edge_counter packets, bytes;
};

struct endpoint {
	struct edge_ip ip;
	edge_port port;
	__u8 protocol;
} __attribute__((packed));

struct nested {
	struct endpoint from, to;
	__u16 ports[4];
	char name[16];
	enum color color;
	_Bool on;
	struct count counts[2];
};

union word {
	__u8 first;
	__u32 number;
	__u8 bytes[4];
	struct {
		__u16 low, high;
	};
};

struct peer {
	__u32 family;
	union {
		edge_ip4 v4;
		struct in6_addr v6;
	};
};

struct bits {
	__u32 a : 3;
	__u32 b : 7;
	__s32 c : 5;
	_Bool d : 1;
	__u64 e : 48;
};

struct single {
	__u32 only;
};

struct name {
	char text[16];
};

struct mixed {
	edge_counter packets;
	__u64 limit;
};

#define MAP(name, kind, entries, key_type, value_type) \
	struct {                                       \
		__uint(type, kind);                    \
		__uint(max_entries, entries);          \
		__type(key, key_type);                 \
		__type(value, value_type);             \
	} name SEC(".maps")

/* The targets select these maps by their order. */
MAP(numbers, BPF_MAP_TYPE_HASH, 8, __u32, __u64);
MAP(signs, BPF_MAP_TYPE_HASH, 8, __s16, __s64);
MAP(prefixes, BPF_MAP_TYPE_LPM_TRIE, 8, struct edge_prefix, struct count);
MAP(keys, BPF_MAP_TYPE_LPM_TRIE, 8, struct edge_prefix_key, __u8);
MAP(flows, BPF_MAP_TYPE_HASH, 8, struct endpoint, struct nested);
MAP(words, BPF_MAP_TYPE_HASH, 8, union word, struct peer);
MAP(addresses, BPF_MAP_TYPE_HASH, 8, struct in6_addr, struct edge_mac);
MAP(ports, BPF_MAP_TYPE_HASH, 8, edge_port, edge_ip4);
MAP(names, BPF_MAP_TYPE_HASH, 8, struct name, enum color);
MAP(bits, BPF_MAP_TYPE_ARRAY, 8, __u32, struct bits);
MAP(matrix, BPF_MAP_TYPE_ARRAY, 8, __u32, struct single);
MAP(each, BPF_MAP_TYPE_PERCPU_HASH, 8, __u32, struct mixed);
MAP(flags, BPF_MAP_TYPE_PERCPU_ARRAY, 8, __u32, _Bool);
MAP(recent, BPF_MAP_TYPE_LRU_HASH, 8, enum negative, enum large);
MAP(strings, BPF_MAP_TYPE_HASH, 8, struct edge_ip, struct name);

__u8 rows[2][3];
char text[8] = "text";
void *pointer;
unsigned __int128 huge;
const volatile __be64 wide = 5;
const volatile struct in_addr source;

SEC("xdp") int types(struct xdp_md *ctx)
{
	__u32 zero = 0;

	rows[1][2] = text[0] + (__u8)wide + (__u8)source.s_addr + (__u8)huge;
	return pointer || bpf_map_lookup_elem(&numbers, &zero) ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
