// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* small: a table with room for two entries. */
#include <edge/edge.h>

struct seen {
	edge_counter packets;
};

EDGE_HASH(table, edge_ip4, struct seen, 2);

EDGE_FUNCTION(small)
{
	struct seen *seen;
	edge_ip4 source;

	if (!pkt->ip4)
		return EDGE_NEXT;
	source = pkt->ip4->saddr;
	seen = bpf_map_lookup_elem(&table, &source);
	if (seen)
		edge_add(&seen->packets, 1);
	return EDGE_NEXT;
}
