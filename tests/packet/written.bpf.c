// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* written: functions as authors write them at first, which the verifier once refused.
 * test_verifier.c tries each function alone, at every place. */
#include <edge/edge.h>

EDGE_PARAM(__u32, call, 0, "not used");

struct written_connection {
	edge_counter packets, bytes;
	__u64 first, last;
	__u8 flags;
};

EDGE_CACHE(connections, struct edge_flow, struct written_connection, 1024);

/* The flow reads the ports, and so pkt->tcp, which is tested again after the maps. */
EDGE_INLINE enum edge_verdict written_connections(struct edge_pkt *pkt)
{
	struct written_connection *connection, fresh = {0};
	struct edge_flow flow;

	if (!edge_flow_get(pkt, &flow))
		return EDGE_NEXT;
	connection = edge_table_lookup(&connections, &flow);
	if (!connection) {
		edge_flow_reverse(&flow);
		connection = edge_table_lookup(&connections, &flow);
	}
	if (!connection) {
		edge_flow_reverse(&flow);
		fresh.first = edge_now_ns(pkt);
		edge_table_insert(&connections, &flow, &fresh);
		connection = edge_table_lookup(&connections, &flow);
	}
	if (!connection)
		return EDGE_NEXT;
	edge_add(&connection->packets, edge_packets(pkt));
	edge_add(&connection->bytes, edge_bytes(pkt));
	connection->last = edge_now_ns(pkt);
	if (pkt->tcp)
		connection->flags |= pkt->tcp->fin;
	return EDGE_NEXT;
}

EDGE_FUNCTION_FRAGS(written)
{
	return written_connections(pkt);
}
