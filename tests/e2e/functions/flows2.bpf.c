// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* flows2: flows1 with wider counts, an added field, a removed field, a field whose values have new
 * numbers, and a larger table of another kind. */
#include <edge/edge.h>

enum state { CLOSED = 5, OPEN = 6 };

struct flow {
	enum state state;
	__u32 port;
	edge_counter packets;
	edge_counter drops;
};

EDGE_LRU(flows, __u32, struct flow, 256);
EDGE_PERCPU_ARRAY(totals, edge_counter, 8);
edge_counter seen;
__u32 limit = 9; /* a variable with an initial value */

EDGE_FUNCTION(flows2)
{
	struct flow fresh = {.state = CLOSED, .packets = 0}, *flow;
	__u32 key, first = 0;
	__u64 *total = bpf_map_lookup_elem(&totals, &first);

	if (!pkt->udp || !limit)
		return EDGE_NEXT;
	key = bpf_ntohs(pkt->udp->dest) % 8;
	fresh.port = bpf_ntohs(pkt->udp->dest);
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
