// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * dnat: packets for an address and port go to another address and port, and the answers back.
 *
 * The mapping is one to one, so there is no table and nothing to expire: a packet to ADDRESS:PORT
 * gets the destination TO:TO_PORT, and a packet from TO:TO_PORT gets the source ADDRESS:PORT. Both
 * directions are the same function; the answers must pass a chain with it, with the same
 * parameters, on their way.
 *
 * So a client that speaks to TO:TO_PORT itself, through that chain, gets answers from ADDRESS. With
 * ports, fragments are left alone, as only the first has ports; without ports (port=0), all of a
 * host is mapped, fragments and ping included. The packet that is quoted in an ICMP error
 * is not translated, so the error does not reach a socket: path MTU discovery does not work across
 * the mapping.
 */
#define EDGE_HELP "map one address and port to another, both ways"
#include <edge/edge.h>

EDGE_PARAM(struct edge_ip, address, EDGE_INIT({0}), "the address that clients use");
EDGE_PARAM(edge_port, port, 0, "the port that clients use; 0: every port, unchanged");
EDGE_PARAM(struct edge_ip, to, EDGE_INIT({0}), "the server's address, of the same family");
EDGE_PARAM(edge_port, to_port, 0, "the server's port; 0: the same");
EDGE_PARAM(__u8, protocol, 0, "only this protocol: 6 TCP, 17 UDP; 0: any");

EDGE_INLINE enum edge_verdict dnat_result(struct edge_pkt *pkt, long error)
{
	return error ? edge_drop(pkt, "untranslatable") : EDGE_NEXT;
}

/* With ports: TCP and UDP. */
EDGE_INLINE enum edge_verdict dnat_port(struct edge_pkt *pkt, const struct edge_flow *flow,
					const struct edge_ip *from, const struct edge_ip *server)
{
	edge_port server_port = to_port ?: port;

	if (pkt->fragment || (!pkt->tcp && !pkt->udp))
		return EDGE_NEXT;
	if (flow->destination_port == port && edge_ip_equal(&flow->destination, from))
		return dnat_result(pkt, edge_set_destination(pkt, server, server_port));
	if (flow->source_port == server_port && edge_ip_equal(&flow->source, server))
		return dnat_result(pkt, edge_set_source(pkt, from, port));
	return EDGE_NEXT;
}

/* Without: all that the host sends and gets. */
EDGE_INLINE enum edge_verdict dnat_host(struct edge_pkt *pkt, const struct edge_flow *flow,
					const struct edge_ip *from, const struct edge_ip *server)
{
	if (edge_ip_equal(&flow->destination, from))
		return dnat_result(pkt, edge_set_destination_ip(pkt, server));
	if (edge_ip_equal(&flow->source, server))
		return dnat_result(pkt, edge_set_source_ip(pkt, from));
	return EDGE_NEXT;
}

EDGE_FUNCTION_FRAGS(dnat)
{
	struct edge_ip from = edge_ip_param(&address), server = edge_ip_param(&to);
	struct edge_flow flow;

	if (protocol && protocol != pkt->protocol)
		return EDGE_NEXT;
	if (!edge_flow_get(pkt, &flow))
		return EDGE_NEXT;
	return port ? dnat_port(pkt, &flow, &from, &server) : dnat_host(pkt, &flow, &from, &server);
}
