// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* flows3: a table with the name of flows1's table, to which that table cannot be converted. */
#include <edge/edge.h>

EDGE_ARRAY(flows, edge_counter, 8);

EDGE_FUNCTION(flows3)
{
	__u32 first = 0;
	__u64 *flow = bpf_map_lookup_elem(&flows, &first);

	if (flow)
		edge_add(flow, 1);
	return EDGE_NEXT;
}
