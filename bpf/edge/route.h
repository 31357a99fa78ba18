/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_ROUTE_H
#define EDGE_ROUTE_H
/*
 * Where a packet goes: out of the device it came from, out of another, or wherever the kernel's
 * routing table says.
 */
#include <edge/flow.h>
#include <edge/receive.h>
#include <edge/rewrite.h>
#include <edge/room.h>
#include <edge/time.h>

/* The families as the kernel numbers them; sys/socket.h has no place here. */
enum {
	EDGE_AF_INET = 2,
	EDGE_AF_INET6 = 10,
};

/* Newer than Debian 12's kernel headers (kernel 6.10): the lookup is given the packet's mark. */
enum {
	EDGE_FIB_MARK = 1 << 5, /* BPF_FIB_LOOKUP_MARK */
};

/*
 * How devices take packets that are sent at XDP, by the device's number: EDGE_TARGET_*. Bridges,
 * VLAN devices and many drivers take no redirected XDP frames: then the kernel drops the frame
 * after the program has ended, where no program sees it. Devices without an Ethernet header send it
 * on as if it were part of the packet. The loader fills this table. Every object
 * defines it; in a fused chain those instances have it that use it.
 */
EDGE_MAP(edge_targets, BPF_MAP_TYPE_HASH, __u32, __u32, 4096, BPF_F_NO_PREALLOC);

enum {
	EDGE_ASKED_SLOTS = 256,
	EDGE_ASKED_BITS = 8,
};

/* When the kernel last got a packet for a next hop, by a hash of the next hop: edge_route_asks().
 */
static __u64 edge_asked[EDGE_ASKED_SLOTS];

/* What edge_route() found. Everything but EDGE_ROUTED leaves the packet as it was. */
enum edge_routed {
	EDGE_ROUTED,	  /* return EDGE_REDIRECT */
	EDGE_ROUTE_LOCAL, /* to this machine, a multicast or broadcast, or there is no route */
	EDGE_ROUTE_BLACKHOLE,
	EDGE_ROUTE_UNREACHABLE,
	EDGE_ROUTE_PROHIBIT,
	EDGE_ROUTE_DISABLED,  /* forwarding is off on the device */
	EDGE_ROUTE_NEIGHBOUR, /* the next hop's address is not known yet: the kernel asks for it */
	EDGE_ROUTE_TOO_BIG, /* for the next device: the kernel fragments it, or tells the sender */
	EDGE_ROUTE_TTL,	    /* it has run out: the kernel tells the sender */
	EDGE_ROUTE_KERNEL,  /* for the kernel: not IP, tagged, with options, an encapsulating route
			     */
};

/* Is the packet on its way out already? */
EDGE_INLINE bool edge_at_egress(const struct edge_pkt *pkt)
{
	return pkt->hook != EDGE_HOOK_XDP && edge_hook == EDGE_HOOK_TC_EGRESS;
}

/*
 * Finish the packet's checksum, unless the device that sends it does. In generic mode the kernel
 * knows that a checksum is partial, and has the device add the packet up: a checksum that is
 * complete already would come out wrong. Devices that send to a wire do that where tx-checksumming
 * is on, and devices on top of others (bridge, VLAN, bond) leave it to these; a veth's other end
 * gets the packet with that note. A native frame has no such note.
 */
EDGE_INLINE long edge_csum_leave(struct edge_pkt *pkt, __u32 ifindex)
{
	__u32 *flags;

	if (pkt->hook == EDGE_HOOK_XDP && edge_flags & EDGE_CHAIN_GENERIC) {
		flags = bpf_map_lookup_elem(&edge_targets, &ifindex);
		if (flags && *flags & EDGE_TARGET_CHECKSUMS)
			return 0;
	}
	return edge_csum_complete(pkt);
}

EDGE_INLINE __u32 edge_ingress(const struct edge_pkt *pkt)
{
	return pkt->hook == EDGE_HOOK_XDP ? ((struct xdp_md *)pkt->ctx)->ingress_ifindex
					  : ((struct __sk_buff *)pkt->ctx)->ifindex;
}

/**
 * edge_tx() - send the packet out of the device it came from
 *
 * At XDP on a veth, the other end of the pair must have an XDP program, or the packet waits there:
 * with GRO alone the driver does not wake it (drivers/net/veth.c, veth_xdp_flush(), Linux 6.18).
 *
 * Return: the verdict to return. At tc-egress, where it is on its way out already, the loader
 * refuses the chain.
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
 * @ifindex: its number
 *
 * Its addresses must be right for the next hop. At XDP the other device's driver must be able to
 * take it: a veth takes it where the other end of the pair has an XDP program, or GRO on.
 *
 * Return: the verdict to return.
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

/*
 * What to compare with the route's MTU: the packet's length, or of a GSO packet that of the packets
 * it will become. 0 where that is not known: then the kernel compares with the device's MTU alone.
 */
EDGE_INLINE __u16 edge_route_length(const struct edge_pkt *pkt, __u32 length)
{
	const struct __sk_buff *skb = pkt->ctx;

	if (pkt->hook == EDGE_HOOK_XDP || !skb->gso_size)
		return length;
	if (!pkt->payload_length || pkt->payload_length > length)
		return 0;
	return length - pkt->payload_length + skb->gso_size;
}

/* IPv6's link-local addresses, fe80::/10, are never forwarded. */
EDGE_INLINE bool edge_route_is_local(const struct in6_addr *ip)
{
	return (bpf_ntohl(ip->in6_u.u6_addr32[0]) & 0xffc00000) == 0xfe800000;
}

/*
 * Is it a packet that we route ourselves? Frames of more than 60 bytes that go on behind the IP
 * packet are not: the kernel cuts that off, and a device might find them too long.
 */
EDGE_INLINE bool edge_route_is_ours(const struct edge_pkt *pkt, __u32 *length)
{
	if (pkt->vlan.tags || !edge_is_for_host(pkt) || !edge_is_sound(pkt))
		return false;
	if (pkt->ip4) {
		*length = pkt->l4_length + sizeof(*pkt->ip4);
	} else if (pkt->ip6) {
		if (pkt->ip6->nexthdr == IPPROTO_HOPOPTS || edge_route_is_local(&pkt->ip6->saddr) ||
		    edge_route_is_local(&pkt->ip6->daddr))
			return false;
		*length = bpf_ntohs(pkt->ip6->payload_len);
		if (!*length)
			*length = edge_big_length(pkt, ETH_HLEN + sizeof(*pkt->ip6));
		*length += sizeof(*pkt->ip6);
	} else {
		return false;
	}
	return pkt->length <= ETH_ZLEN || pkt->length == ETH_HLEN + *length;
}

/* As the kernel's flow dissector has them: fragments have none, the first one neither. */
EDGE_INLINE edge_port edge_route_port(const struct edge_pkt *pkt, bool source)
{
	if (pkt->fragment)
		return 0;
	return source ? edge_source_port(pkt) : edge_destination_port(pkt);
}

EDGE_INLINE void edge_route_addresses(const struct edge_pkt *pkt, struct bpf_fib_lookup *fib)
{
	if (pkt->ip4) {
		fib->family = EDGE_AF_INET;
		fib->tos = pkt->ip4->tos;
		fib->ipv4_src = pkt->ip4->saddr;
		fib->ipv4_dst = pkt->ip4->daddr;
	} else if (pkt->ip6) {
		fib->family = EDGE_AF_INET6;
		fib->flowinfo = *(edge_word32 *)pkt->ip6 & bpf_htonl(0x0fffffff);
		for (int i = 0; i < 4; i++) {
			fib->ipv6_src[i] = pkt->ip6->saddr.in6_u.u6_addr32[i];
			fib->ipv6_dst[i] = pkt->ip6->daddr.in6_u.u6_addr32[i];
		}
	}
}

/* Where the packet goes, by its addresses, ports and, at TC, mark. */
EDGE_INLINE long edge_route_lookup(const struct edge_pkt *pkt, __u32 length,
				   struct bpf_fib_lookup *fib)
{
	const struct __sk_buff *skb = pkt->ctx;
	__u32 flags = 0;

	edge_route_addresses(pkt, fib);
	fib->l4_protocol = pkt->protocol;
	fib->sport = edge_route_port(pkt, true);
	fib->dport = edge_route_port(pkt, false);
	fib->tot_len = edge_route_length(pkt, length);
	if (pkt->hook == EDGE_HOOK_XDP) {
		fib->ifindex = ((struct xdp_md *)pkt->ctx)->ingress_ifindex;
	} else {
		fib->ifindex = skb->ifindex;
		if (skb->mark) {
			/* Where the MAC addresses come back; kernels before 6.10 say -EINVAL. */
			*(edge_word32 *)fib->smac = skb->mark;
			flags = EDGE_FIB_MARK;
		}
	}
	return bpf_fib_lookup(pkt->ctx, fib, sizeof(*fib), flags);
}

/* Whether the packet has the IPv4 source that it came with; IPv6 packets always pass. */
EDGE_INLINE bool edge_route_source_came(const struct edge_pkt *pkt)
{
	return !pkt->ip4 || pkt->ip4->saddr == pkt->entry_source;
}

/*
 * Would the kernel take the packet's source at this device? Of IPv4, rp_filter may want the way
 * back to lead there, and a source that is this machine's, a broadcast's or nobody's is refused
 * (fib_validate_source()). So the way back is looked up; where it leads elsewhere the kernel
 * decides. A source that the chain has given the packet (an address translation, a tunnel) is the
 * chain's own business, and often this machine's. IPv6 has no such check.
 */
EDGE_INLINE bool edge_route_source(const struct edge_pkt *pkt, __u32 out)
{
	struct bpf_fib_lookup back = {0};
	long result;

	if (!pkt->ip4 || !edge_route_source_came(pkt))
		return true;
	back.family = EDGE_AF_INET;
	back.tos = pkt->ip4->tos;
	back.ipv4_src = pkt->ip4->daddr;
	back.ipv4_dst = pkt->ip4->saddr;
	back.l4_protocol = pkt->protocol;
	back.sport = edge_route_port(pkt, false);
	back.dport = edge_route_port(pkt, true);
	back.ifindex = out;
	result = bpf_fib_lookup(pkt->ctx, &back, sizeof(back), 0);
	/* The device is told also where its neighbour is not known (kernel 5.13). */
	return (result == BPF_FIB_LKUP_RET_SUCCESS || result == BPF_FIB_LKUP_RET_NO_NEIGH) &&
	       back.ifindex == edge_ingress(pkt);
}

/**
 * edge_can_redirect() - whether a device takes packets from this hook
 * @ifindex: its number
 *
 * At XDP in native mode the device's driver must take other devices' frames, which bridges, VLAN
 * devices and some drivers don't; a veth does where its peer has an XDP program or GRO on. Generic
 * XDP sends out of every device whose frames have an Ethernet header: a tun device, say, would take
 * that header for the packet's beginning. TC sends out of every device.
 *
 * Return: false also for a device that came after the last edge-load command that changed a chain.
 * Cost: 10 ns at XDP.
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

/*
 * Nobody asks whether a neighbour is still there while XDP takes its address from the table: an
 * entry that is out of date would be used for ever. So the kernel gets about one packet a second
 * for each next hop, and asks, as it does for its own. At TC bpf_redirect_neigh() does that.
 *
 * A packet with an IPv4 source that the chain has given it is never left to the kernel, which would
 * drop it: that source is often an address of this machine, and so a martian one.
 */
EDGE_INLINE bool edge_route_asks(struct edge_pkt *pkt, const struct bpf_fib_lookup *fib)
{
	__u32 hash = (fib->ipv6_dst[0] ^ fib->ipv6_dst[1] ^ fib->ipv6_dst[2] ^ fib->ipv6_dst[3] ^
		      fib->ifindex) *
		     0x9e3779b1; /* 2^32 divided by the golden ratio */
	volatile __u64 *asked = &edge_asked[hash >> (32 - EDGE_ASKED_BITS)];
	__u64 now, then;

	if (!edge_route_source_came(pkt))
		return false;
	now = edge_now_coarse_ns(pkt);
	then = *asked;
	if (now - then < 1000000000)
		return false;
	*asked = now;
	return then; /* the first packet only starts the clock */
}

EDGE_INLINE enum edge_routed edge_route_result(long result)
{
	switch (result) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		return EDGE_ROUTED;
	case BPF_FIB_LKUP_RET_BLACKHOLE:
		return EDGE_ROUTE_BLACKHOLE;
	case BPF_FIB_LKUP_RET_UNREACHABLE:
		return EDGE_ROUTE_UNREACHABLE;
	case BPF_FIB_LKUP_RET_PROHIBIT:
		return EDGE_ROUTE_PROHIBIT;
	case BPF_FIB_LKUP_RET_NOT_FWDED:
		return EDGE_ROUTE_LOCAL;
	case BPF_FIB_LKUP_RET_FWD_DISABLED:
		return EDGE_ROUTE_DISABLED;
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		return EDGE_ROUTE_NEIGHBOUR;
	case BPF_FIB_LKUP_RET_FRAG_NEEDED:
		return EDGE_ROUTE_TOO_BIG;
	default:
		return EDGE_ROUTE_KERNEL;
	}
}

/* Is there a hop left behind this one? */
EDGE_INLINE bool edge_route_hops(const struct edge_pkt *pkt)
{
	if (pkt->ip4)
		return pkt->ip4->ttl > 1;
	return pkt->ip6 && pkt->ip6->hop_limit > 1;
}

/* Send the packet, whose way @fib tells, with one hop less and the next hop's addresses. All that
   can fail comes before the first change. */
EDGE_INLINE enum edge_routed edge_route_send(struct edge_pkt *pkt, const struct bpf_fib_lookup *fib)
{
	struct bpf_redir_neigh next = {.nh_family = fib->family};

	if (pkt->hook == EDGE_HOOK_XDP) {
		if (edge_redirect(pkt, fib->ifindex) != EDGE_REDIRECT)
			return EDGE_ROUTE_KERNEL;
		edge_decrement_ttl(pkt);
		edge_set_mac_source(pkt, fib->smac);
		edge_set_mac_destination(pkt, fib->dmac);
		return EDGE_ROUTED;
	}
	for (int i = 0; i < 4; i++)
		next.ipv6_nh[i] = fib->ipv6_dst[i];
	if (bpf_redirect_neigh(fib->ifindex, &next, sizeof(next), 0) != EDGE_TC_REDIRECT)
		return EDGE_ROUTE_KERNEL;
	edge_decrement_ttl(pkt);
	return EDGE_ROUTED;
}

/**
 * edge_route() - forward the packet as the kernel's routing table says
 *
 * Looks the route up (both families, the device's own table and rules, ports, at TC the mark),
 * takes one hop off the TTL, sets the MAC addresses, and redirects. It forwards what the kernel
 * would forward: packets to this device's MAC address, with sound headers and a source that the
 * kernel takes; to devices that take packets from this hook. At XDP, about one packet a second of
 * each next hop is left to the kernel, which so learns whether the next hop is still there, unless
 * the chain has changed the packet's IPv4 source. At tc-egress, where the kernel has routed
 * already, the loader refuses the chain.
 *
 * A packet whose IPv4 source the chain has set (a translation, a tunnel) is sent whatever that
 * source is, unless the chain was cut between the two functions: then it counts as the packet's
 * own. Where the next hop of such a packet is not known, the kernel may drop it without asking, if
 * the source is this machine's: other traffic, or a permanent neighbour, must make it known.
 *
 * It does not see the kernel's filters (nftables) and IPsec policies, nor the hash policies 2 and 3
 * of multipath routes, nor, with policy 1, the hash that the device made. Of an IPv4 route's MTU
 * bpf_fib_lookup() knows only a locked one ("mtu lock"), or any with net.ipv4.ip_forward_use_pmtu.
 *
 * Return: EDGE_ROUTED: return EDGE_REDIRECT. Anything else: the packet is as it was; EDGE_NEXT
 * leaves it to the kernel, which comes to the same result and does what is due.
 * Cost: 50 to 200 ns.
 */
EDGE_INLINE enum edge_routed edge_route(struct edge_pkt *pkt)
{
	struct bpf_fib_lookup fib = {0};
	enum edge_routed routed;
	__u32 length;

	if (edge_at_egress(pkt)) {
		EDGE_UNSUPPORTED("edge_route()", "tc-egress");
		return EDGE_ROUTE_KERNEL;
	}
	if (!edge_route_is_ours(pkt, &length))
		return EDGE_ROUTE_KERNEL;
	routed = edge_route_result(edge_route_lookup(pkt, length, &fib));
	if (routed == EDGE_ROUTE_TOO_BIG)
		pkt->route_mtu = fib.mtu_result;
	if (routed != EDGE_ROUTED)
		return routed;
	if (!edge_route_source(pkt, fib.ifindex) || !edge_can_redirect(pkt, fib.ifindex))
		return EDGE_ROUTE_KERNEL;
	if (!edge_route_hops(pkt))
		return EDGE_ROUTE_TTL;
	if (pkt->hook == EDGE_HOOK_XDP && edge_route_asks(pkt, &fib))
		return EDGE_ROUTE_NEIGHBOUR;
	return edge_route_send(pkt, &fib);
}

#endif
