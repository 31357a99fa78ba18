// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* wrap: puts packets into an IP tunnel, and takes them out again or leaves that to the next
 * function. */
#include <edge/edge.h>

EDGE_PARAM(edge_ip4, local, 0, "the tunnel's source address");
EDGE_PARAM(edge_ip4, remote, 0, "the tunnel's destination address");
EDGE_PARAM(__u8, unwrap, 0, "0: leave them in; 1: by edge_decap(); 2: by edge_pop()");

EDGE_INLINE long wrap_back(struct edge_pkt *pkt)
{
	if (unwrap == 1)
		return edge_decap(pkt, EDGE_TUNNEL_IP);
	return unwrap == 2 ? edge_pop(pkt, sizeof(struct iphdr), bpf_htons(ETH_P_IP)) : 0;
}

EDGE_FUNCTION(wrap)
{
	struct edge_tunnel outer = {
		.local = edge_ip_from_ip4(local),
		.remote = edge_ip_from_ip4(remote),
	};

	if (!pkt->ip4)
		return EDGE_NEXT;
	if (edge_encap(pkt, &outer, EDGE_TUNNEL_IP) || wrap_back(pkt))
		return edge_drop(pkt, "failed");
	return EDGE_NEXT;
}
