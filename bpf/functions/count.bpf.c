// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * count: packets and bytes per protocol and port.
 *
 * Each processor counts for itself, so counting costs no lock; a reader sums up. The port is the
 * destination's, or the source's by parameter; it is 0 for protocols without ports and for later
 * fragments. Packets and bytes are counted as they are on the wire (GRO, GSO). When the table is
 * full, an entry that was not used for long makes room for a new entry.
 */
#define EDGE_HELP "count packets and bytes per protocol and port"
#include <edge/edge.h>

struct count_key {
	__u8 protocol; /* IPPROTO_* */
	__u8 unused;
	edge_port port;
};

struct count_entry {
	edge_counter packets;
	edge_counter bytes;
};

EDGE_PERCPU_LRU(counts, struct count_key, struct count_entry, 16384);
EDGE_PARAM(bool, source, false, "count by source port");

EDGE_FUNCTION_FRAGS(count)
{
	struct count_key key = {.protocol = pkt->protocol};
	struct count_entry *entry, first;

	if (!edge_is_ip(pkt))
		return EDGE_NEXT;
	first = (struct count_entry){.packets = edge_packets(pkt), .bytes = edge_bytes(pkt)};
	key.port = source ? edge_source_port(pkt) : edge_destination_port(pkt);
	entry = edge_table_lookup(&counts, &key);
	if (!entry) {
		edge_table_update(&counts, &key, &first);
		return EDGE_NEXT;
	}
	entry->packets += first.packets;
	entry->bytes += first.bytes;
	return EDGE_NEXT;
}
