/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_ROUTE_H
#define EDGE_INTERNAL_ROUTE_H
/*
 * The steps of edge_route(): is the packet ours to route, where does it go, may it come from there.
 *
 * Included by edge/route.h, behind the types that it uses.
 */
#include <edge/flow.h>
#include <edge/receive.h>
#include <edge/rewrite.h>
#include <edge/send.h>
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

enum {
	EDGE_ASKED_SLOTS = 256,
	EDGE_ASKED_BITS = 8,
};

/* When the kernel last got a packet for a next hop, by a hash of the next hop: edge_route_asks().
 */
static __u64 edge_asked[EDGE_ASKED_SLOTS];

/*
 * The length to compare with the route's MTU, in bytes: the packet's, or of a GSO packet that of
 * its segments. 0 if it is not known: then the kernel compares with the device's MTU alone.
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
 * Whether edge_route() routes the packet itself. The kernel gets frames of more than 60 bytes that
 * go on behind the IP packet: it cuts the rest off, and a device might find them too long.
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

/* The ports as the kernel's flow dissector sees them: a fragment has none, not even the first. */
EDGE_INLINE edge_port edge_route_port(const struct edge_pkt *pkt, bool source)
{
	if (pkt->fragment)
		return 0;
	return source ? edge_source_port(pkt) : edge_destination_port(pkt);
}

/* Copy the packet's addresses into the lookup's arguments. */
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
 * Whether the kernel would accept the packet's source at this device. For IPv4, rp_filter may
 * require that the way back leads there, and a source is refused if it is an address of this
 * machine, a broadcast address or no host's address (fib_validate_source()). So the way back is
 * looked up; if it leads elsewhere, the kernel decides. A source that the chain has set (an address
 * translation, a tunnel) is not checked, since it is often an address of this machine. IPv6 has no
 * such check.
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

/*
 * While XDP takes a neighbour's address from the table, the kernel does not ask whether the
 * neighbour is still there: an entry that is out of date would be used for ever. So the kernel gets
 * about one packet a second for each next hop, and asks, as it does for its own packets. At TC
 * bpf_redirect_neigh() does that.
 *
 * A packet with an IPv4 source that the chain has given it is never left to the kernel, which would
 * drop it: that source is often an address of this machine, and so a martian.
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

/* The result of bpf_fib_lookup(), as an enum edge_routed. */
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

/* Whether the TTL or hop limit allows another hop. */
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

#endif
