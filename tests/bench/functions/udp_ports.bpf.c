// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * udp_ports: count UDP packets by destination port, modulo 64.
 *
 * The chains of the bench consist of many instances of this function. shapes.bpf.h has the same
 * work written by hand.
 */
#define EDGE_HELP "count UDP packets by destination port, modulo 64"
#include <edge/edge.h>

EDGE_PERCPU_ARRAY(ports, __u64, 64);
EDGE_PARAM_RANGE(__u16, number, 0, 0, 63, "which one it is: each counts a port in another slot");

EDGE_FUNCTION(udp_ports)
{
	__u64 *packets;
	__u32 slot;

	if (!pkt->udp)
		return EDGE_NEXT;
	slot = (bpf_ntohs(pkt->udp->dest) ^ number) & 63;
	packets = bpf_map_lookup_elem(&ports, &slot);
	if (packets)
		(*packets)++;
	return EDGE_NEXT;
}
