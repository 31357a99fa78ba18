// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* behind_move: makes one SDK call that moves the packet, for test_verifier.c. */
#include <edge/edge.h>
#include "behind.h"

EDGE_PARAM(__u32, call, 0, "an enum behind_move");

EDGE_INLINE long behind_move(struct edge_pkt *pkt)
{
	__u8 header[8] = {1, 2, 3, 4, 5, 6, 7, 8}, *payload;

	switch (call) {
	case BEHIND_VLAN_PUSH:
		return edge_vlan_push(pkt, bpf_htons(ETH_P_8021Q), 5);
	case BEHIND_VLAN_POP:
		return edge_vlan_pop(pkt);
	case BEHIND_VLAN_SET:
		return edge_vlan_set(pkt, 5);
	case BEHIND_PUSH:
		return edge_push(pkt, header, sizeof(header), bpf_htons(0x88b5));
	case BEHIND_POP:
		return edge_pop(pkt, 20, bpf_htons(ETH_P_IP));
	case BEHIND_TRIM:
		return edge_trim(pkt, 64);
	case BEHIND_PAYLOAD: /* without a payload, the packet goes on */
		payload = edge_payload(pkt, 4);
		return payload && *payload == 9;
	default:
		return edge_store_bytes(pkt, 60, header, sizeof(header));
	}
}

EDGE_FUNCTION_FRAGS(behind_move)
{
	return behind_move(pkt) ? EDGE_DROP : EDGE_NEXT;
}
