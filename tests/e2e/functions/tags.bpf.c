// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* tags: count the packets to one address by how many VLAN tags they have. */
#include <edge/edge.h>

EDGE_PARAM(edge_ip4, to, 0, "the destination address");

EDGE_ARRAY(seen, __u64, 4);

EDGE_FUNCTION_FRAGS(tags)
{
	__u32 tags = pkt->vlan.tags & 3;
	__u64 *count = bpf_map_lookup_elem(&seen, &tags);

	if (count && pkt->ip4 && pkt->ip4->daddr == to)
		edge_add(count, 1);
	return EDGE_NEXT;
}
