/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_SEND_H
#define EDGE_SEND_H
/*
 * Sending the packet: out of the device it came from, or out of another.
 */
#include <edge/internal/send.h>

/**
 * edge_tx() - send the packet out of the device it came from
 * @pkt: the packet
 *
 * At XDP on a veth, the other end of the pair must have an XDP program, or the packet waits there:
 * with GRO alone the driver does not wake it (drivers/net/veth.c, veth_xdp_flush(), Linux 6.18).
 *
 * Return: the verdict to return: EDGE_TX, or EDGE_ABORT if its checksum can't be finished.
 * Hooks: xdp, tc-ingress. At tc-egress the packet is on its way out already, and the loader refuses
 * the chain.
 * Cost: none on devices whose frames have complete checksums; elsewhere, 1 ns for 10 bytes of a
 * packet whose checksum is not.
 */
EDGE_INLINE enum edge_verdict edge_tx(struct edge_pkt *pkt)
{
	if (edge_at_egress(pkt)) {
		EDGE_UNSUPPORTED("edge_tx()", "tc-egress");
		return EDGE_ABORT;
	}
	return edge_csum_leave(pkt, edge_ingress(pkt)) ? EDGE_ABORT : EDGE_TX;
}

/**
 * edge_redirect() - send the packet out of another device
 * @pkt:     the packet
 * @ifindex: the device's number
 *
 * Its MAC addresses must be right for the next hop. At XDP the other device's driver must be able
 * to take it (edge_can_redirect()): a veth takes it if the other end of the pair has an XDP
 * program, or GRO on.
 *
 * Return: the verdict to return: EDGE_REDIRECT, or EDGE_ABORT if the kernel refuses or its checksum
 * can't be finished.
 * Hooks: all. Cost: a helper call, and as edge_tx().
 */
EDGE_INLINE enum edge_verdict edge_redirect(struct edge_pkt *pkt, __u32 ifindex)
{
	if (edge_csum_leave(pkt, ifindex))
		return EDGE_ABORT;
	/* XDP_REDIRECT or TC_ACT_REDIRECT, unless the kernel refuses. */
	if (bpf_redirect(ifindex, 0) !=
	    (pkt->hook == EDGE_HOOK_XDP ? XDP_REDIRECT : EDGE_TC_REDIRECT))
		return EDGE_ABORT;
	return EDGE_REDIRECT;
}

/**
 * edge_can_redirect() - whether a device takes packets from this hook
 * @pkt:     the packet
 * @ifindex: the device's number
 *
 * At XDP in native mode the device's driver must take other devices' frames, which bridges, VLAN
 * devices and some drivers don't; a veth does if its peer has an XDP program or GRO on. Generic XDP
 * sends out of every device whose frames have an Ethernet header: a tun device, for example, would
 * take that header for the packet's beginning. TC sends out of every device.
 *
 * Return: whether it does; false also for a device that came after the last edge-load command that
 * changed a chain.
 * Hooks: all. Cost: 10 ns at XDP.
 */
EDGE_INLINE bool edge_can_redirect(const struct edge_pkt *pkt, __u32 ifindex)
{
	__u32 wanted = EDGE_TARGET_FRAMES, *flags;

	if (pkt->hook != EDGE_HOOK_XDP || !(edge_flags & (EDGE_CHAIN_TARGETS | EDGE_CHAIN_GENERIC)))
		return true;
	if (edge_flags & EDGE_CHAIN_GENERIC)
		wanted = EDGE_TARGET_ETHERNET;
	else if (pkt->end - pkt->data < pkt->length)
		wanted |= EDGE_TARGET_FRAGMENTS;
	flags = bpf_map_lookup_elem(&edge_targets, &ifindex);
	return flags && (*flags & wanted) == wanted;
}

/**
 * edge_mtu() - the MTU of a device
 * @pkt:     the packet
 * @ifindex: the device's number
 *
 * Return: the MTU in bytes, without the link header; 0 if there is no such device: test for it
 * before subtracting a tunnel's size.
 * Hooks: all; kernel 5.12. Cost: 20 ns.
 */
EDGE_INLINE __u32 edge_mtu(const struct edge_pkt *pkt, __u32 ifindex)
{
	__u32 mtu = 0;

	return bpf_check_mtu(pkt->ctx, ifindex, &mtu, 0, 0) < 0 ? 0 : mtu;
}

#endif
