// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * forgives: drop the first packet from each listed prefix, and take the prefix off the list. The
 * function changes the map, so the map cannot be a table of the SDK.
 */
#include <edge/edge.h>

EDGE_PREFIX_TABLE(listed, __u32, 100000);

EDGE_FUNCTION(forgives)
{
	struct edge_prefix_key key = {.length = EDGE_PREFIX_FAMILY_BITS + 32,
				      .family = EDGE_PREFIX_IP4};

	if (!pkt->ip4 || !edge_prefix_lookup_source(&listed, pkt))
		return EDGE_NEXT;
	key.ip.word[0] = pkt->ip4->saddr;
	bpf_map_delete_elem(&listed, &key);
	return EDGE_DROP;
}
