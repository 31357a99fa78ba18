// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * dscp: mark packets with a differentiated services code point (RFC 2474).
 *
 * It marks all IP packets, or the packets of one protocol, or the packets with a given port at
 * either end. ECN's two bits stay as they are.
 */
#define EDGE_HELP "set the differentiated services code point"
#include <edge/edge.h>

EDGE_PARAM_RANGE(__u8, dscp, 46, 0, 63, "code point: 46 is expedited forwarding");
EDGE_PARAM(__u8, protocol, 0, "only this protocol: 6 TCP, 17 UDP; 0: any");
EDGE_PARAM(edge_port, port, 0, "only this port, source or destination; 0: any");

EDGE_FUNCTION_FRAGS(dscp)
{
	if (protocol && protocol != pkt->protocol)
		return EDGE_NEXT;
	if (port && port != edge_source_port(pkt) && port != edge_destination_port(pkt))
		return EDGE_NEXT;
	edge_set_dscp(pkt, dscp); /* other packets than IP stay as they are */
	return EDGE_NEXT;
}
