// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * hello: count the TCP connections that each client opens, and refuse connections to one port.
 */
#define EDGE_HELP "count the connections of each client, refuse those to a port"
#include <edge/edge.h>

struct client {
	edge_counter connections;
	edge_port last_port;
};

EDGE_CACHE(clients, struct edge_ip, struct client, 1024);
EDGE_PARAM(edge_port, refuse, 0, "refuse connections to this port; 0: none");

EDGE_FUNCTION(hello)
{
	struct client *client, first = {0};
	struct edge_ip source;

	if (!pkt->tcp || !pkt->tcp->syn || pkt->tcp->ack || !edge_source(pkt, &source))
		return EDGE_NEXT;
	if (refuse && pkt->tcp->dest == refuse)
		return edge_drop(pkt, "refused");
	edge_table_insert(&clients, &source, &first);
	client = edge_table_lookup(&clients, &source);
	if (client) {
		edge_add(&client->connections, 1);
		client->last_port = pkt->tcp->dest;
	}
	return EDGE_NEXT;
}
