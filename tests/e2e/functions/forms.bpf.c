// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* forms: parameters, keys and values of every form that a value's text can have. */
#include <edge/edge.h>

enum color { RED = 1, GREEN = 2, BLUE = 40 };
typedef char label[12];
typedef __u16 pair[2];

struct server {
	struct edge_ip ip;
	edge_port port;
	label name;
	bool on;
};

struct every {
	__u8 u8;
	__s8 s8;
	__u16 u16;
	__s32 s32;
	__u64 u64;
	__s64 s64;
	bool on;
	enum color color;
	label name;
	edge_ip4 ip4;
	struct edge_ip ip;
	struct edge_prefix_key prefix;
	struct edge_mac mac;
	edge_port port;
	__u32 low : 3, high : 20;
	__s32 below : 9;
	union {
		__u32 number;
		__u8 bytes[4];
	} word;
	struct server servers[2];
	__u16 matrix[2][3];
};

struct place {
	__u32 key;
	struct edge_mac mac;
	label value;
};

EDGE_HASH(by_place, struct place, struct every, 16);
EDGE_HASH(by_name, label, __u64, 16);
EDGE_HASH(by_pair, pair, pair, 16);
EDGE_PERCPU_HASH(each, struct edge_mac, struct server, 16);

EDGE_PARAM(struct every, all, {}, "a struct of every form");
EDGE_PARAM(label, name, {}, "a text");
EDGE_PARAM(__s64, least, 0, "a number");
EDGE_PARAM(struct edge_mac, mac, {}, "a MAC address");

EDGE_FUNCTION(forms)
{
	struct place place = {.key = all.u8, .mac = mac};
	struct every *every = bpf_map_lookup_elem(&by_place, &place);
	struct server *server = bpf_map_lookup_elem(&each, &place.mac);
	__u64 *number = bpf_map_lookup_elem(&by_name, &place.value);

	pair first = {};

	if (!every || !server || !number || bpf_map_lookup_elem(&by_pair, first))
		return EDGE_NEXT;
	return name[0] && least < every->s64 ? edge_drop(pkt, "forms") : EDGE_NEXT;
}
