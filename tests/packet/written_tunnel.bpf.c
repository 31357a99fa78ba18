// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* written_tunnel: like written.bpf.c. Only the table knows the outer header's family, and the
 * packet is sent at once. */
#include <edge/edge.h>

struct remote {
	struct edge_ip ip;
};

EDGE_TABLE(remotes, struct edge_ip, struct remote, 256);
EDGE_PARAM(struct edge_ip, local4, EDGE_INIT({0}), "source of IPv4 tunnels");
EDGE_PARAM(struct edge_ip, local6, EDGE_INIT({0}), "source of IPv6 tunnels");
EDGE_PARAM(__u32, call, 0, "a device's number; 0: leave it to others");

EDGE_FUNCTION_FRAGS(written_tunnel)
{
	struct edge_tunnel tunnel = {};
	struct edge_ip to;
	struct remote *remote;

	if (!edge_destination(pkt, &to))
		return EDGE_NEXT;
	remote = edge_table_lookup(&remotes, &to);
	if (!remote)
		return EDGE_NEXT;
	tunnel.remote = remote->ip;
	tunnel.local =
		edge_ip_is_ip4(&remote->ip) ? edge_ip_param(&local4) : edge_ip_param(&local6);
	if (edge_encap(pkt, &tunnel, EDGE_TUNNEL_IP))
		return edge_drop(pkt, "encap");
	return call ? edge_redirect(pkt, call) : EDGE_NEXT;
}
