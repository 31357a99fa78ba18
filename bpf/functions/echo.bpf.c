// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * echo: answer ping, for IPv4 and IPv6, without the kernel's stack.
 *
 * The request becomes the answer (RFC 792, RFC 4443 section 4.2): addresses change places, the type
 * changes, and the packet goes back out of the device it came from. Left to the kernel are
 * fragments, headers with IPv4 options or a wrong checksum, frames for other machines, and requests
 * from or to addresses that are not one host's (edge_is_sound()). At tc-egress nothing can be sent
 * back, and the loader says so.
 */
#define EDGE_HELP "answer ping at the device"
#include <edge/edge.h>

EDGE_PARAM(struct edge_ip, address, EDGE_INIT({0}), "only for this address; :: is any");

enum {
	ECHO_TTL = 64,
	ECHO_REQUEST = 8,
	ECHO_REPLY = 0,
	ECHO_REQUEST6 = 128,
	ECHO_REPLY6 = 129,
};

/* Whether the packet is from a single host, to this host's MAC address and the answered address. */
EDGE_INLINE bool echo_is_ours(const struct edge_pkt *pkt)
{
	struct edge_ip ours = edge_ip_param(&address), to;

	if (!edge_is_for_host(pkt) || !edge_is_sound(pkt) || !edge_destination(pkt, &to))
		return false;
	return edge_ip_is_zero(&ours) || edge_ip_equal(&ours, &to);
}

EDGE_FUNCTION_FRAGS(echo)
{
	__u8 reply;

	if (pkt->icmp && pkt->ip4 && pkt->icmp->type == ECHO_REQUEST)
		reply = ECHO_REPLY;
	else if (pkt->icmp6 && pkt->ip6 && pkt->icmp6->icmp6_type == ECHO_REQUEST6)
		reply = ECHO_REPLY6;
	else
		return EDGE_NEXT;
	if (pkt->fragment || !echo_is_ours(pkt))
		return EDGE_NEXT;
	if (edge_swap_ips(pkt)) /* a source route: for the kernel */
		return EDGE_NEXT;
	edge_swap_macs(pkt);
	edge_set_ttl(pkt, ECHO_TTL);
	edge_set_icmp_type(pkt, reply);
	return edge_tx(pkt);
}
