/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_PARSE_H
#define EDGE_PARSE_H
/*
 * Making the view: Ethernet, VLAN tags, ARP, IPv4, IPv6 and its extension headers, the transport
 * header.
 *
 * It is written for three readers. The optimiser removes what nobody uses, so nothing here is
 * volatile. The verifier goes through all that follows once for each state the parse can end in:
 * so no path lets it know an offset (edge_unknown_zero()), the rare paths (tags, extension headers)
 * are laid out first, and when it comes along the plain path it finds that a state like this one,
 * of which it knew less, was good already. And the packet's bytes are touched in order, each bound
 * checked once.
 */
#include <edge/extensions.h>
#include <edge/wire.h>

EDGE_INLINE void edge_parse_clear(struct edge_pkt *pkt)
{
	pkt->eth = NULL;
	pkt->vlan = (struct edge_vlan){0};
	pkt->arp = NULL;
	pkt->ip4 = NULL;
	pkt->ip6 = NULL;
	pkt->tcp = NULL;
	pkt->udp = NULL;
	pkt->icmp = NULL;
	pkt->icmp6 = NULL;
	pkt->sctp = NULL;
	pkt->l4 = NULL;
	pkt->l4_length = 0;
	pkt->payload = NULL;
	pkt->payload_length = 0;
	pkt->ethertype = 0;
	pkt->protocol = 0;
	pkt->fragment = 0;
}

EDGE_INLINE bool edge_is_tag(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_8021Q) || ethertype == bpf_htons(ETH_P_8021AD);
}

/*
 * 0, of which the verifier knows no more than that it is below 2,048. A packet pointer with a known
 * offset is another kind of pointer to it than one with a variable offset, so that states with the
 * one and with the other never count as the same; and a bound that is checked on a pointer with a
 * known offset counts for pkt->data as well. Cost: two instructions.
 */
EDGE_INLINE __u32 edge_unknown_zero(const struct edge_pkt *pkt)
{
	__u64 length = pkt->end - pkt->data;

	asm("%0 >>= 53" : "+r"(length));
	return length;
}

struct edge_tag_header {
	__be16 tci, ethertype; /* of what follows */
};

/* The tags in the packet, one at least. The one in the metadata, if any, is in pkt->vlan already.
 */
EDGE_INLINE enum edge_parsed edge_parse_tags(struct edge_pkt *pkt, __u32 *l3)
{
	struct edge_tag_header *tag = edge_at(pkt, *l3);
	struct edge_tag first, second = {0};
	__u32 tags = 1;

	if ((void *)(tag + 1) > pkt->end)
		return EDGE_PARSED_CUT;
	first = (struct edge_tag){pkt->ethertype, bpf_ntohs(tag->tci)};
	pkt->ethertype = tag->ethertype;
	if (edge_is_tag(pkt->ethertype)) {
		if ((void *)(tag + 2) > pkt->end)
			return EDGE_PARSED_CUT;
		second = (struct edge_tag){pkt->ethertype, bpf_ntohs(tag[1].tci)};
		pkt->ethertype = tag[1].ethertype;
		tags = 2;
	}
	*l3 = (*l3 + tags * sizeof(*tag)) & EDGE_HEADERS_MAX;
	if (pkt->vlan.tags) {
		pkt->vlan.inner = first;
		tags++;
	} else {
		pkt->vlan.outer = first;
		pkt->vlan.inner = second;
	}
	pkt->vlan.tags = edge_forget(tags < EDGE_TAGS_MAX ? tags : EDGE_TAGS_MAX);
	if (tags > EDGE_TAGS_MAX || edge_is_tag(pkt->ethertype))
		return EDGE_PARSED_END;
	return EDGE_PARSED;
}

/* The tag that the kernel took out of the packet: at TC, the outermost. */
EDGE_INLINE void edge_parse_metadata_tag(struct edge_pkt *pkt)
{
	struct __sk_buff *skb = pkt->ctx;

	if (pkt->hook == EDGE_HOOK_XDP)
		return;
	/* Without a branch, or the verifier goes both ways through all that follows. Before kernel
	   6.2 the other two are not cleared when the tag is. */
	pkt->vlan.tags = skb->vlan_present;
	pkt->vlan.outer.proto = skb->vlan_proto & -pkt->vlan.tags;
	pkt->vlan.outer.tci = skb->vlan_tci & -pkt->vlan.tags;
}

/**
 * edge_parse_link() - Ethernet and tags
 * @l3: gets the offset of what follows
 */
EDGE_INLINE enum edge_parsed edge_parse_link(struct edge_pkt *pkt, __u32 *l3)
{
	struct ethhdr *eth = pkt->data;

	if ((void *)(eth + 1) > pkt->end)
		return EDGE_PARSED_CUT;
	pkt->eth = eth;
	pkt->ethertype = eth->h_proto;
	*l3 = ETH_HLEN + edge_unknown_zero(pkt);
	edge_parse_metadata_tag(pkt);
	/* Likely only in layout: the verifier then goes this way first. */
	if (EDGE_LIKELY(edge_is_tag(pkt->ethertype)))
		return edge_parse_tags(pkt, l3);
	return EDGE_PARSED;
}

EDGE_INLINE enum edge_parsed edge_parse_arp(struct edge_pkt *pkt, __u32 l3)
{
	struct edge_arp *arp = edge_at(pkt, l3);

	if ((void *)(arp + 1) > pkt->end)
		return EDGE_PARSED_CUT;
	if (arp->hardware == bpf_htons(1) && arp->protocol == bpf_htons(ETH_P_IP) &&
	    arp->hardware_length == ETH_ALEN && arp->protocol_length == sizeof(__be32))
		pkt->arp = arp;
	return EDGE_PARSED_END;
}

/*
 * How long the IP packet is from offset @l3 on, where its header says 0: the kernel does so in GSO
 * packets of more than 64 KiB ("BIG TCP": IPv6 since 5.19, IPv4 since 6.3). Otherwise 0 means 0.
 */
EDGE_INLINE __u32 edge_big_length(const struct edge_pkt *pkt, __u32 l3)
{
	const struct __sk_buff *skb = pkt->ctx;

	if (pkt->hook == EDGE_HOOK_XDP || !skb->gso_size)
		return 0;
	return pkt->length - l3;
}

/**
 * edge_parse_ip4() - IPv4 with its options
 * @l3: its offset
 * @l4: gets the offset of what follows it
 */
EDGE_INLINE enum edge_parsed edge_parse_ip4(struct edge_pkt *pkt, __u32 l3, __u32 *l4)
{
	struct iphdr *ip4 = edge_at(pkt, l3);
	__u32 first, header, total;

	if ((void *)(ip4 + 1) > pkt->end)
		return EDGE_PARSED_CUT;
	first = *(__u8 *)ip4;
	if (first < 0x45 || first > 0x4f)
		return EDGE_PARSED_END;
	header = (first & 0xf) * 4;
	if (edge_at(pkt, l3 + header) > pkt->end)
		return EDGE_PARSED_CUT;
	total = bpf_ntohs(ip4->tot_len);
	if (EDGE_UNLIKELY(total < header)) {
		total = total ? 0 : edge_big_length(pkt, l3);
		if (total < header)
			return EDGE_PARSED_END;
	}
	pkt->ip4 = ip4;
	pkt->protocol = ip4->protocol;
	pkt->fragment = bpf_ntohs(ip4->frag_off) & (EDGE_FRAGMENT_MORE | EDGE_FRAGMENT_OFFSET);
	pkt->l4_length = total - header;
	*l4 = l3 + header;
	return EDGE_PARSED;
}

/* The extension headers, one at least. */
EDGE_INLINE enum edge_parsed edge_parse_extensions(struct edge_pkt *pkt, __u32 start, __u32 *l4)
{
	__u64 walk = edge_extensions(pkt, start, pkt->protocol, pkt->l4_length);

	*l4 = walk & EDGE_HEADERS_MAX;
	pkt->protocol = walk >> EDGE_WALK_NEXT;
	pkt->fragment = walk >> EDGE_WALK_FRAGMENT & (EDGE_FRAGMENT_MORE | EDGE_FRAGMENT_OFFSET);
	pkt->l4_length = walk >> EDGE_WALK_LEFT;
	return walk >> EDGE_WALK_PARSED & 3;
}

/* IPv6 with its extension headers. */
EDGE_INLINE enum edge_parsed edge_parse_ip6(struct edge_pkt *pkt, __u32 l3, __u32 *l4)
{
	struct ipv6hdr *ip6 = edge_at(pkt, l3);

	if ((void *)(ip6 + 1) > pkt->end)
		return EDGE_PARSED_CUT;
	if (*(__u8 *)ip6 >> 4 != 6)
		return EDGE_PARSED_END;
	pkt->ip6 = ip6;
	pkt->protocol = ip6->nexthdr;
	pkt->l4_length = bpf_ntohs(ip6->payload_len);
	if (EDGE_UNLIKELY(!pkt->l4_length))
		pkt->l4_length = edge_big_length(pkt, l3 + sizeof(*ip6));
	*l4 = (l3 + sizeof(*ip6)) & EDGE_HEADERS_MAX;
	/* Likely only in layout, as above. */
	if (EDGE_LIKELY(edge_is_extension(pkt->protocol)))
		return edge_parse_extensions(pkt, *l4, l4);
	return EDGE_PARSED;
}

/* Note what follows the transport header of @header bytes. */
EDGE_INLINE void edge_parse_payload(struct edge_pkt *pkt, __u32 l4, __u32 header)
{
	pkt->payload_length = pkt->l4_length - header;
	pkt->payload = edge_at(pkt, l4 + header);
}

EDGE_INLINE enum edge_parsed edge_parse_tcp(struct edge_pkt *pkt, __u32 l4)
{
	struct tcphdr *tcp = pkt->l4;
	__u32 header;

	if (pkt->l4_length < sizeof(*tcp))
		return EDGE_PARSED_END;
	if ((void *)(tcp + 1) > pkt->end)
		return EDGE_PARSED_CUT;
	header = (((__u8 *)tcp)[12] >> 4) * 4;
	if (header < sizeof(*tcp) || header > pkt->l4_length)
		return EDGE_PARSED_END;
	pkt->tcp = tcp;
	edge_parse_payload(pkt, l4, header);
	if (pkt->payload > pkt->end) {
		pkt->payload = NULL;
		return EDGE_PARSED_CUT;
	}
	return EDGE_PARSED_END;
}

/* Is all of a transport header of @size bytes there? Then also note what follows it. */
EDGE_INLINE enum edge_parsed edge_parse_fixed(struct edge_pkt *pkt, __u32 size)
{
	void *at = pkt->l4;

	if (pkt->l4_length < size)
		return EDGE_PARSED_END;
	if (at + size > pkt->end)
		return EDGE_PARSED_CUT;
	pkt->payload_length = pkt->l4_length - size;
	pkt->payload = at + size;
	return EDGE_PARSED;
}

/*
 * Set a field of the view to where the transport header is, if all of it is there. Without the asm,
 * which the optimiser can't move, it makes one store of those to all the fields, to an address that
 * the protocol chooses: then they have to be in memory, and every function reads and tests them
 * anew.
 */
#define EDGE_PARSE_FIXED(pkt, field)                                                          \
	({                                                                                    \
		enum edge_parsed edge_parsed_ = edge_parse_fixed(pkt, sizeof(*(pkt)->field)); \
                                                                                              \
		if (edge_parsed_ == EDGE_PARSED)                                              \
			(pkt)->field = (pkt)->l4;                                             \
		asm volatile("");                                                             \
		edge_parsed_;                                                                 \
	})

EDGE_INLINE enum edge_parsed edge_parse_transport(struct edge_pkt *pkt, __u32 l4)
{
	void *at = edge_at(pkt, l4);

	if (edge_later_fragment(pkt))
		return EDGE_PARSED_END;
	if (at > pkt->end)
		return EDGE_PARSED_CUT;
	pkt->l4 = at;
	switch (pkt->protocol) {
	case IPPROTO_TCP:
		return edge_parse_tcp(pkt, l4);
	case IPPROTO_UDP:
		return EDGE_PARSE_FIXED(pkt, udp);
	case IPPROTO_ICMP:
		return EDGE_PARSE_FIXED(pkt, icmp);
	case IPPROTO_ICMPV6:
		return EDGE_PARSE_FIXED(pkt, icmp6);
	case IPPROTO_SCTP:
		return EDGE_PARSE_FIXED(pkt, sctp);
	default:
		return EDGE_PARSED_END;
	}
}

EDGE_INLINE enum edge_parsed edge_parse_headers(struct edge_pkt *pkt)
{
	enum edge_parsed parsed;
	__u32 l3, l4;

	parsed = edge_parse_link(pkt, &l3);
	if (parsed != EDGE_PARSED)
		return parsed;
	if (pkt->ethertype == bpf_htons(ETH_P_IP))
		parsed = edge_parse_ip4(pkt, l3, &l4);
	else if (pkt->ethertype == bpf_htons(ETH_P_IPV6))
		parsed = edge_parse_ip6(pkt, l3, &l4);
	else if (pkt->ethertype == bpf_htons(ETH_P_ARP))
		return edge_parse_arp(pkt, l3);
	else
		return EDGE_PARSED_END;
	if (parsed != EDGE_PARSED)
		return parsed;
	return edge_parse_transport(pkt, l4);
}

/* What edge_parse() pulls when the linear part ends within a header. */
#define EDGE_PULL 512

/**
 * edge_parse() - make the view anew
 *
 * For whoever moved the packet without the SDK's calls; those do it themselves. At TC, where the
 * linear part ends within a header, more of the packet is pulled into it, once.
 *
 * The way back is a jump that the compiler can't lay out as a fall-through: kernel 6.1's
 * check_cfg() takes a loop only where a jump closes it.
 *
 * Cost: 3 ns for IPv4 and UDP.
 */
EDGE_INLINE void edge_parse(struct edge_pkt *pkt)
{
	__u32 pulled = 0;

again:
	/* The compiler must not know that it is at most once, or it makes a second copy of all of
	   this; nor that the context stays the same, or it keeps a pointer into its middle, which
	   the verifier refuses. */
	if (pkt->hook == EDGE_HOOK_XDP)
		asm("" : "+r"(pulled));
	else
		asm("" : "+r"(pulled), "+r"(pkt->ctx));
	edge_bounds(pkt);
	edge_parse_clear(pkt);
	if (edge_parse_headers(pkt) != EDGE_PARSED_CUT || pkt->hook == EDGE_HOOK_XDP || pulled ||
	    pkt->end - pkt->data >= pkt->length)
		return;
	bpf_skb_pull_data(pkt->ctx, pkt->length < EDGE_PULL ? pkt->length : EDGE_PULL);
	pulled = 1;
	asm goto("if %0 != 0 goto %l[again]" : : "r"(pulled) : : again);
}

#define EDGE_SETTLE(pointer) asm("" : "+r"(pointer))

/*
 * Hide from the compiler what it knows of the view's pointers, as that one of them was tested and
 * is NULL, so that the next instance tests them for itself. The compiler puts the ports of TCP and
 * of UDP behind one load, from an address that one function's tests chose, and reaches it through
 * another's. The verifier never takes a packet pointer for known to be non-NULL (reg_not_null(),
 * kernel 6.18), so it goes both ways at every test, and not the same ones at two of them; then it
 * finds an address there that never was.
 *
 * Cost: a test and a register an instance, which is why a chain does so only when it has to.
 */
EDGE_INLINE void edge_parse_settle(struct edge_pkt *pkt)
{
	EDGE_SETTLE(pkt->ip4);
	EDGE_SETTLE(pkt->ip6);
	EDGE_SETTLE(pkt->tcp);
	EDGE_SETTLE(pkt->udp);
	EDGE_SETTLE(pkt->icmp);
	EDGE_SETTLE(pkt->icmp6);
	EDGE_SETTLE(pkt->sctp);
}

/**
 * edge_is_ip() - whether the packet is IPv4 or IPv6
 *
 * What follows still tests the pointer that it uses: the verifier never takes a packet pointer for
 * known to be non-NULL (reg_not_null(), kernel 6.18), so after `if (!edge_is_ip(pkt)) return …`
 * neither `else` nor the compiler's reasoning makes pkt->ip6 usable; `else if (pkt->ip6)` does.
 */
EDGE_INLINE bool edge_is_ip(const struct edge_pkt *pkt)
{
	__u64 ip4 = pkt->ip4 != NULL, ip6 = pkt->ip6 != NULL;

	/* Else the compiler makes a bitwise or of the two pointers. */
	asm("" : "+r"(ip4), "+r"(ip6));
	return ip4 | ip6;
}

/* What there is before the headers are looked at. */
EDGE_INLINE void edge_enter_unparsed(struct edge_pkt *pkt, void *ctx, enum edge_hook hook)
{
	pkt->ctx = ctx;
	pkt->hook = hook;
	pkt->reason = 0;
	pkt->tc_drop = EDGE_TC_DROP;
	pkt->begun = (struct edge_begun){0};
	pkt->now_ns = 0;
	pkt->now_coarse_ns = 0;
	pkt->now_jiffies = 0;
	edge_bounds(pkt);
	pkt->entry_source = 0;
	pkt->entry_length = pkt->length;
	pkt->entry_bytes = pkt->length;
	pkt->entry_packets = 1;
	pkt->packets = 1;
	pkt->shared = 0;
	pkt->tunnel = 0;
	pkt->tunnel_size = 0;
	pkt->route_mtu = 0;
}

/* The first thing in a program: the view of the packet as it came. */
EDGE_INLINE void edge_enter(struct edge_pkt *pkt, void *ctx, enum edge_hook hook)
{
	edge_enter_unparsed(pkt, ctx, hook);
	edge_parse(pkt);
	if (pkt->ip4)
		pkt->entry_source = pkt->ip4->saddr;
	edge_wire_enter(pkt);
	pkt->entry_bytes = edge_bytes(pkt);
	pkt->entry_packets = edge_packets(pkt);
}

#endif
