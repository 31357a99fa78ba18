// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* behind_tunnel: encapsulates the packet in a tunnel, or decapsulates it, for test_verifier.c. */
#include <edge/edge.h>
#include "behind.h"

EDGE_PARAM(__u32, call, 0, "an enum behind_tunnel");

EDGE_INLINE long behind_encap(struct edge_pkt *pkt, enum edge_tunnel_kind kind, bool outer4)
{
	struct edge_tunnel tunnel = {.vni = 5};

	if (outer4) {
		tunnel.local = edge_ip_from_ip4(bpf_htonl(0xcb007101)); /* 203.0.113.1 */
		tunnel.remote = edge_ip_from_ip4(bpf_htonl(0xcb007109));
	} else {
		tunnel.local.word[0] = tunnel.remote.word[0] = bpf_htonl(0x20010db8);
		tunnel.local.word[3] = bpf_htonl(1);
		tunnel.remote.word[3] = bpf_htonl(9);
	}
	return edge_encap(pkt, &tunnel, kind);
}

EDGE_INLINE long behind_tunnel(struct edge_pkt *pkt)
{
	switch (call) {
	case BEHIND_ENCAP_IP_IN_IP4:
	case BEHIND_ENCAP_IP_IN_IP6:
		return behind_encap(pkt, EDGE_TUNNEL_IP, call == BEHIND_ENCAP_IP_IN_IP4);
	case BEHIND_ENCAP_GUE_IN_IP4:
	case BEHIND_ENCAP_GUE_IN_IP6:
		return behind_encap(pkt, EDGE_TUNNEL_GUE, call == BEHIND_ENCAP_GUE_IN_IP4);
	case BEHIND_ENCAP_VXLAN_IN_IP4:
	case BEHIND_ENCAP_VXLAN_IN_IP6:
		return behind_encap(pkt, EDGE_TUNNEL_VXLAN, call == BEHIND_ENCAP_VXLAN_IN_IP4);
	case BEHIND_DECAP_IP:
		return edge_decap(pkt, EDGE_TUNNEL_IP);
	case BEHIND_DECAP_GUE:
		return edge_decap(pkt, EDGE_TUNNEL_GUE);
	default:
		return edge_decap(pkt, EDGE_TUNNEL_VXLAN);
	}
}

EDGE_FUNCTION_FRAGS(behind_tunnel)
{
	return behind_tunnel(pkt) ? EDGE_DROP : EDGE_NEXT;
}
