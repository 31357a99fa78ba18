// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* tunnel: put datagrams to one port into a VXLAN tunnel over IPv4. */
#include <edge/edge.h>

EDGE_PARAM(__u16, port, 0, "the datagrams' destination port");
EDGE_PARAM(edge_ip4, local, 0, "the tunnel's source address");
EDGE_PARAM(edge_ip4, remote, 0, "the tunnel's destination address");
EDGE_PARAM(__u32, vni, 0, "the tunnel's network");

EDGE_FUNCTION_FRAGS(tunnel)
{
	struct edge_tunnel outer = {
		.local = edge_ip_from_ip4(local),
		.remote = edge_ip_from_ip4(remote),
		.vni = vni,
	};

	if (!pkt->ip4 || !pkt->udp || pkt->udp->dest != bpf_htons(port))
		return EDGE_NEXT;
	if (edge_encap(pkt, &outer, EDGE_TUNNEL_VXLAN))
		return edge_drop(pkt, "unwrapped");
	return EDGE_NEXT;
}
