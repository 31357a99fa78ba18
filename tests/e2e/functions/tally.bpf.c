// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* tally: counts packets in its own map. The smallest function with state and a parameter. */
#include <edge/edge.h>

struct tally {
	edge_counter packets;
	edge_counter bytes;
};

EDGE_ARRAY(tallies, struct tally, 1);
EDGE_PARAM_RANGE(__u32, step, 1, 1, 1000, "what a packet counts");

EDGE_FUNCTION(tally)
{
	__u32 first = 0;
	struct tally *tally = bpf_map_lookup_elem(&tallies, &first);

	if (tally) {
		edge_add(&tally->packets, step);
		edge_add(&tally->bytes, pkt->entry_length);
	}
	return EDGE_NEXT;
}
