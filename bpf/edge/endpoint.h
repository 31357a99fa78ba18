/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_ENDPOINT_H
#define EDGE_ENDPOINT_H
/*
 * The packet's endpoints: setting the addresses and ports of source and destination in place, with
 * every checksum that covers them.
 *
 * All calls return 0 or a negative error, and leave the packet alone on an error. They may be
 * called on any packet: if it does not have the field, that is an error, not a crash. A later
 * fragment has no transport header, so a changed address needs no checksum there, and its ports
 * can't be set.
 */
#include <edge/internal/endpoint.h>

/**
 * edge_swap_ips() - let source and destination address change places: no checksum changes
 * @pkt: the packet
 *
 * Return: 0; -EINVAL neither IPv4 nor IPv6; -EOPNOTSUPP a source route leads the packet on, so that
 * its checksum covers another destination, or may lead it on, behind too many headers.
 * Hooks: all. Cost: no helper call.
 */
EDGE_INLINE long edge_swap_ips(struct edge_pkt *pkt)
{
	if (edge_source_routed(pkt) || (pkt->ip6 && !pkt->l4 && !edge_later_fragment(pkt)))
		return -EDGE_EOPNOTSUPP;
	if (pkt->ip4) {
		__be32 source = pkt->ip4->saddr;

		pkt->ip4->saddr = pkt->ip4->daddr;
		pkt->ip4->daddr = source;
		return 0;
	}
	if (pkt->ip6) {
		struct in6_addr source = pkt->ip6->saddr;

		pkt->ip6->saddr = pkt->ip6->daddr;
		pkt->ip6->daddr = source;
		return 0;
	}
	return -EDGE_EINVAL;
}

/**
 * edge_set_source_ip() - set the source address
 * @pkt: the packet
 * @ip:  of the packet's family; edge_ip_from_ip4() makes one
 *
 * Return: 0; -EINVAL another family, or a transport header that is cut off or malformed;
 * -EOPNOTSUPP a checksum that the view does not show covers the address: of UDP-Lite, DCCP, OSPF,
 * PIM, VRRP, Mobile IPv6 and HIP (the last five over IPv6), or behind a seventh extension header.
 * Hooks: all. Cost: 5 ns at XDP; at TC 30, for the kernel's helper and a view made anew.
 */
EDGE_INLINE long edge_set_source_ip(struct edge_pkt *pkt, const struct edge_ip *ip)
{
	return edge_set_endpoint(pkt, (struct edge_endpoint){.source = true, .ip = ip});
}

/**
 * edge_set_source_port() - set the source port of TCP or UDP
 * @pkt:  the packet
 * @port: in network order
 *
 * Return: 0; -EINVAL the packet has no ports in view; -EOPNOTSUPP SCTP (a CRC32c of the whole
 * packet).
 * Hooks: all. Cost: as edge_set_source_ip().
 */
EDGE_INLINE long edge_set_source_port(struct edge_pkt *pkt, edge_port port)
{
	return edge_set_endpoint(
		pkt, (struct edge_endpoint){.source = true, .port_too = true, .port = port});
}

/**
 * edge_set_source() - set source address and port together, at the cost of a single call
 * @pkt:  the packet
 * @ip:   of the packet's family
 * @port: in network order
 *
 * Return: as edge_set_source_ip() and edge_set_source_port().
 * Hooks: all. Cost: as edge_set_source_ip().
 */
EDGE_INLINE long edge_set_source(struct edge_pkt *pkt, const struct edge_ip *ip, edge_port port)
{
	return edge_set_endpoint(
		pkt,
		(struct edge_endpoint){.source = true, .ip = ip, .port_too = true, .port = port});
}

/**
 * edge_set_destination_ip() - set the destination address
 * @pkt: the packet
 * @ip:  of the packet's family
 *
 * Return: as edge_set_source_ip(); -EOPNOTSUPP also if a source route (IPv4's options, IPv6's
 * routing header) leads the packet on: then the transport checksum covers the final destination.
 * Hooks: all. Cost: as edge_set_source_ip().
 */
EDGE_INLINE long edge_set_destination_ip(struct edge_pkt *pkt, const struct edge_ip *ip)
{
	return edge_set_endpoint(pkt, (struct edge_endpoint){.ip = ip});
}

/**
 * edge_set_destination_port() - set the destination port of TCP or UDP
 * @pkt:  the packet
 * @port: in network order
 *
 * Return: as edge_set_source_port().
 * Hooks: all. Cost: as edge_set_source_ip().
 */
EDGE_INLINE long edge_set_destination_port(struct edge_pkt *pkt, edge_port port)
{
	return edge_set_endpoint(pkt, (struct edge_endpoint){.port_too = true, .port = port});
}

/**
 * edge_set_destination() - set destination address and port together, at the cost of a single call
 * @pkt:  the packet
 * @ip:   of the packet's family
 * @port: in network order
 *
 * Return: as edge_set_destination_ip() and edge_set_destination_port().
 * Hooks: all. Cost: as edge_set_source_ip().
 */
EDGE_INLINE long edge_set_destination(struct edge_pkt *pkt, const struct edge_ip *ip,
				      edge_port port)
{
	return edge_set_endpoint(pkt,
				 (struct edge_endpoint){.ip = ip, .port_too = true, .port = port});
}

#endif
