// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* flows1: the first version of a flow table; flows2 and flows3 are later versions. */
#include <edge/edge.h>

enum state { OPEN, CLOSED };

struct flow {
	edge_counter32 packets;
	__u32 legacy;
	enum state state;
	__be16 port;
};

EDGE_HASH(flows, __u32, struct flow, 64);
EDGE_PERCPU_ARRAY(totals, edge_counter32, 4);
edge_counter32 seen;

EDGE_FUNCTION(flows1)
{
	struct flow fresh = {.packets = 0, .legacy = 7, .state = CLOSED}, *flow;
	__u32 key, first = 0, *total = bpf_map_lookup_elem(&totals, &first);

	if (!pkt->udp)
		return EDGE_NEXT;
	key = bpf_ntohs(pkt->udp->dest) % 8;
	fresh.port = pkt->udp->dest;
	flow = bpf_map_lookup_elem(&flows, &key);
	if (!flow) {
		bpf_map_update_elem(&flows, &key, &fresh, BPF_NOEXIST);
		flow = bpf_map_lookup_elem(&flows, &key);
	}
	if (flow)
		edge_add(&flow->packets, 1);
	if (total)
		*total += 1;
	edge_add(&seen, 1);
	return EDGE_NEXT;
}
