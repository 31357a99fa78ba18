// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * blocklist: drop packets whose source is in a listed prefix.
 *
 * One table holds the prefixes of both families, and the longest prefix wins. An entry counts the
 * packets that it dropped; counts are added atomically, since one attacker's packets may arrive on
 * several processors. Packets that are neither IPv4 nor IPv6 pass.
 */
#define EDGE_HELP "drop packets whose source is in a listed prefix"
#include <edge/edge.h>

struct blocklist_entry {
	edge_counter packets;
	edge_counter bytes;
};

EDGE_PREFIX_TABLE(blocked, struct blocklist_entry, 1 << 20);
EDGE_PARAM(bool, count_only, false, "count packets that would be dropped, but let them pass");

EDGE_FUNCTION_FRAGS(blocklist)
{
	struct blocklist_entry *entry = edge_prefix_lookup_source(&blocked, pkt);

	if (!entry)
		return EDGE_NEXT;
	edge_add(&entry->packets, edge_packets(pkt));
	edge_add(&entry->bytes, edge_bytes(pkt));
	return count_only ? EDGE_NEXT : edge_drop(pkt, "listed");
}
