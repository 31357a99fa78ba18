// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* behind_rewrite: makes one SDK call that rewrites a header, for test_verifier.c. */
#include <edge/edge.h>
#include "behind.h"

EDGE_PARAM(__u32, call, 0, "an enum behind_rewrite");

EDGE_INLINE long behind_address(struct edge_pkt *pkt, bool ip4)
{
	struct edge_ip ip = {{bpf_htonl(0x20010db8), 0, 0, bpf_htonl(9)}};

	if (ip4)
		ip = edge_ip_from_ip4(bpf_htonl(0xcb007109)); /* 203.0.113.9 */
	switch (call) {
	case BEHIND_SOURCE_IP4:
	case BEHIND_SOURCE_IP6:
		return edge_set_source_ip(pkt, &ip);
	case BEHIND_DESTINATION_IP4:
	case BEHIND_DESTINATION_IP6:
		return edge_set_destination_ip(pkt, &ip);
	case BEHIND_SOURCE:
		return edge_set_source(pkt, &ip, bpf_htons(53));
	default:
		return edge_set_destination(pkt, &ip, bpf_htons(53));
	}
}

EDGE_INLINE long behind_rewrite(struct edge_pkt *pkt)
{
	struct edge_mac mac = {{2, 0, 0, 0, 0, 9}};

	switch (call) {
	case BEHIND_SOURCE_PORT:
		return edge_set_source_port(pkt, bpf_htons(53));
	case BEHIND_DESTINATION_PORT:
		return edge_set_destination_port(pkt, bpf_htons(53));
	case BEHIND_TTL:
		return edge_set_ttl(pkt, 64);
	case BEHIND_DECREMENT_TTL:
		return edge_decrement_ttl(pkt) <= 0;
	case BEHIND_DSCP:
		return edge_set_dscp(pkt, 46);
	case BEHIND_ICMP_TYPE:
		return edge_set_icmp_type(pkt, 0);
	case BEHIND_MAC_SOURCE:
		return edge_set_mac_source(pkt, &mac);
	case BEHIND_MAC_DESTINATION:
		return edge_set_mac_destination(pkt, &mac);
	case BEHIND_SWAP_MACS:
		return edge_swap_macs(pkt);
	case BEHIND_SWAP_IPS:
		return edge_swap_ips(pkt);
	default:
		return behind_address(pkt,
				      call != BEHIND_SOURCE_IP6 && call != BEHIND_DESTINATION_IP6);
	}
}

EDGE_FUNCTION_FRAGS(behind_rewrite)
{
	return behind_rewrite(pkt) ? EDGE_DROP : EDGE_NEXT;
}
