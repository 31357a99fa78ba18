/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_ROUTE_H
#define EDGE_ROUTE_H
/*
 * Where a packet goes: out of the device it came from, out of another, or wherever the kernel's
 * routing table says.
 */
#include <edge/rewrite.h>
#include <edge/room.h>

/* The families as the kernel numbers them; sys/socket.h has no place here. */
enum {
	EDGE_AF_INET = 2,
	EDGE_AF_INET6 = 10,
};

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

/**
 * edge_tx() - send the packet out of the device it came from
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
	return edge_csum_complete(pkt) ? EDGE_ABORT : EDGE_TX;
}

/**
 * edge_redirect() - send the packet out of another device
 * @ifindex: its number
 *
 * Its addresses must be right for the next hop. At XDP the other device's driver must be able to
 * take it: a veth takes it where its peer has an XDP program, or GRO on.
 *
 * Return: the verdict to return.
 */
EDGE_INLINE enum edge_verdict edge_redirect(struct edge_pkt *pkt, __u32 ifindex)
{
	if (edge_csum_complete(pkt))
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

/* What the lookup is asked with. Return: whether it is a packet that we route ourselves. */
EDGE_INLINE bool edge_route_ask(const struct edge_pkt *pkt, struct bpf_fib_lookup *fib)
{
	if (pkt->vlan.tags)
		return false;
	fib->l4_protocol = pkt->protocol;
	if (pkt->hook == EDGE_HOOK_XDP)
		fib->ifindex = ((struct xdp_md *)pkt->ctx)->ingress_ifindex;
	else
		fib->ifindex = ((struct __sk_buff *)pkt->ctx)->ifindex;
	if (pkt->ip4) {
		if (pkt->ip4->ihl != sizeof(*pkt->ip4) / 4)
			return false;
		fib->family = EDGE_AF_INET;
		fib->tos = pkt->ip4->tos;
		fib->ipv4_src = pkt->ip4->saddr;
		fib->ipv4_dst = pkt->ip4->daddr;
		fib->tot_len = edge_route_length(pkt, bpf_ntohs(pkt->ip4->tot_len));
		return true;
	}
	if (!pkt->ip6 || pkt->ip6->nexthdr == IPPROTO_HOPOPTS)
		return false;
	fib->family = EDGE_AF_INET6;
	fib->flowinfo = *(edge_word32 *)pkt->ip6 & bpf_htonl(0x0fffffff);
	for (int i = 0; i < 4; i++) {
		fib->ipv6_src[i] = pkt->ip6->saddr.in6_u.u6_addr32[i];
		fib->ipv6_dst[i] = pkt->ip6->daddr.in6_u.u6_addr32[i];
	}
	fib->tot_len = edge_route_length(pkt, sizeof(*pkt->ip6) + bpf_ntohs(pkt->ip6->payload_len));
	return true;
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

/**
 * edge_route() - forward the packet as the kernel's routing table says
 *
 * Looks the route up (both families, the device's own table and rules), takes one hop off the TTL,
 * sets the MAC addresses, and redirects. At tc-egress, where the kernel has routed already, the
 * loader refuses the chain.
 *
 * Return: EDGE_ROUTED: return EDGE_REDIRECT. Anything else: the packet is as it was; EDGE_NEXT
 * leaves it to the kernel, which comes to the same result and does what is due.
 * Cost: 20 to 100 ns.
 */
EDGE_INLINE enum edge_routed edge_route(struct edge_pkt *pkt)
{
	struct bpf_fib_lookup fib = {0};
	enum edge_routed routed;

	if (edge_at_egress(pkt)) {
		EDGE_UNSUPPORTED("edge_route()", "tc-egress");
		return EDGE_ROUTE_KERNEL;
	}
	if (!edge_route_ask(pkt, &fib))
		return EDGE_ROUTE_KERNEL;
	routed = edge_route_result(bpf_fib_lookup(pkt->ctx, &fib, sizeof(fib), 0));
	if (routed != EDGE_ROUTED)
		return routed;
	if (edge_decrement_ttl(pkt) <= 0)
		return EDGE_ROUTE_TTL;
	edge_set_mac_source(pkt, fib.smac);
	edge_set_mac_destination(pkt, fib.dmac);
	return edge_redirect(pkt, fib.ifindex) == EDGE_REDIRECT ? EDGE_ROUTED : EDGE_ROUTE_KERNEL;
}

#endif
