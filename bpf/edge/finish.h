/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_FINISH_H
#define EDGE_FINISH_H
/*
 * Partial checksums of packets that leave at XDP: where they are, and finishing them.
 *
 * A tunnel of the sender's kernel (VXLAN, Geneve, GRE, IP in IP, GUE, FOU) leaves the checksum of
 * the packet inside it to the device as well; the outer one is then made as if the inner one were
 * complete. So what may be a tunnel is looked into, by what it holds: it may use any port.
 */
#include <edge/csum.h>

/* What the packet inside a tunnel begins with, and is looked at of it. */
union edge_inside {
	__be32 word[sizeof(struct ipv6hdr) / 4];
	__u8 byte[sizeof(struct ipv6hdr)];
	__be16 half[sizeof(struct ipv6hdr) / 2];
};

/* What follows an Ethernet header at @at, with a tag or without. 0: the frame has not got it. */
EDGE_INLINE __u32 edge_inside_ethernet(struct xdp_md *ctx, __u32 at)
{
	__be16 type;

	if (bpf_xdp_load_bytes(ctx, at + 2 * ETH_ALEN, &type, sizeof(type)))
		return 0;
	return at + ETH_HLEN + edge_is_tag(type) * sizeof(struct edge_tag_header);
}

/* RFC 2784, RFC 2890. @first: the header's first four bytes. */
EDGE_INLINE __u32 edge_inside_gre(struct xdp_md *ctx, __u32 at, __u32 first)
{
	if (first & 0x40070000) /* routing, or another version */
		return 0;
	at += 4 + ((first >> 31) + (first >> 29 & 1) + (first >> 28 & 1)) * 4;
	return (first & 0xffff) == ETH_P_TEB ? edge_inside_ethernet(ctx, at) : at;
}

EDGE_INLINE __u32 edge_inside_udp(struct xdp_md *ctx, __u32 at, __u32 first)
{
	__u32 protocol = first >> 16 & 0xff;

	if ((first & 0x7f000000) == 0x08000000) /* VXLAN (RFC 7348), group policies */
		return edge_inside_ethernet(ctx, at + 8);
	if ((first & 0xc03fffff) == ETH_P_TEB) /* Geneve (RFC 8926) */
		return edge_inside_ethernet(ctx, at + 8 + (first >> 24 & 0x3f) * 4);
	if (!(first >> 29) && (protocol == IPPROTO_IPIP || protocol == IPPROTO_IPV6)) /* GUE */
		return at + 4 + (first >> 24 & 0x1f) * 4;
	return at; /* FOU: nothing stands between */
}

/* Where the packet would begin that is inside of what begins at @at; 0: this is no tunnel. */
EDGE_INLINE __u32 edge_inside_offset(struct xdp_md *ctx, __u32 at, __u32 protocol)
{
	__be32 first;

	if (protocol == IPPROTO_IPIP || protocol == IPPROTO_IPV6)
		return at;
	if (protocol != IPPROTO_GRE && protocol != IPPROTO_UDP)
		return 0;
	if (protocol == IPPROTO_UDP)
		at += sizeof(struct udphdr);
	if (bpf_xdp_load_bytes(ctx, at, &first, sizeof(first)))
		return 0;
	first = bpf_ntohl(first);
	return protocol == IPPROTO_UDP ? edge_inside_udp(ctx, at, first)
				       : edge_inside_gre(ctx, at, first);
}

/* The pseudo header's sum of the packet inside, of which @begun->length bytes and @protocol follow
   the IP header. Return: that header's length; 0: it is none, or a fragment's. */
EDGE_INLINE __u32 edge_inside_ip(struct xdp_md *ctx, __u32 at, union edge_inside *ip,
				 struct edge_begun *begun, __u64 *sum)
{
	__u32 header;

	if (bpf_xdp_load_bytes(ctx, at, ip, sizeof(struct iphdr)))
		return 0;
	if (ip->byte[0] >> 4 == 4) {
		header = (ip->byte[0] & 0xf) * 4;
		begun->length = bpf_ntohs(ip->half[1]) - header;
		begun->field = ip->byte[9]; /* the protocol, for now */
		*sum = (__u64)ip->word[3] + ip->word[4];
		return ip->half[3] & bpf_htons(0x3fff) ? 0 : header;
	}
	if (ip->byte[0] >> 4 != 6 || bpf_xdp_load_bytes(ctx, at, ip, sizeof(struct ipv6hdr)))
		return 0;
	begun->length = bpf_ntohs(ip->half[2]);
	begun->field = ip->byte[6];
	*sum = 0;
	for (int i = 2; i < 10; i++)
		*sum += ip->word[i];
	return sizeof(struct ipv6hdr);
}

/* A partial checksum in one word: 16 bits each for where what it covers begins, its field and the
   length; 0: there is none. */
EDGE_INLINE __u64 edge_begun_word(const struct edge_begun *begun)
{
	return begun->l4 | begun->field << 16 | (__u64)begun->length << 32;
}

/* The partial checksum of the packet that begins at @at, if it has one. */
EDGE_INLINE __u64 edge_inside_begun(struct xdp_md *ctx, __u32 at)
{
	__u32 length = bpf_xdp_get_buff_len(ctx);
	struct edge_begun inside = {0};
	union edge_inside ip = {0};
	__be16 field;
	__u64 sum;

	if (!at)
		return 0;
	inside.l4 = edge_inside_ip(ctx, at, &ip, &inside, &sum);
	if (inside.l4 < sizeof(struct iphdr) ||
	    (inside.field != IPPROTO_TCP && inside.field != IPPROTO_UDP))
		return 0;
	inside.l4 += at;
	if (inside.length > length || inside.l4 + inside.length > length)
		return 0;
	sum += bpf_htons(inside.field) + (__u64)bpf_htonl(inside.length);
	inside.field = inside.l4 + (inside.field == IPPROTO_TCP ? 16 : 6);
	if (inside.field + sizeof(field) > inside.l4 + inside.length ||
	    bpf_xdp_load_bytes(ctx, inside.field, &field, sizeof(field)) || !field ||
	    field != edge_csum_fold(sum))
		return 0;
	return edge_begun_word(&inside);
}

/* The same of the packet inside of the transport header at @l4. A subprogram, since packets leave
   in many places. */
EDGE_SUBPROGRAM __u64 edge_sub_inside(struct xdp_md *ctx, __u32 l4, __u32 protocol)
{
	return edge_inside_begun(ctx, edge_inside_offset(ctx, l4, protocol));
}

/* Where the packet's partial checksum is, its own or one in a tunnel; nothing where it has none. */
EDGE_INLINE struct edge_begun edge_csum_begun(const struct edge_pkt *pkt)
{
	enum edge_csum_state state = edge_csum_state(pkt);
	struct edge_begun begun = {0};
	__u16 *field = edge_csum_field(pkt);
	__u64 inside;

	if (pkt->hook != EDGE_HOOK_XDP || !(edge_flags & EDGE_CHAIN_PARTIAL_CSUM) || !pkt->l4 ||
	    pkt->fragment || (pkt->protocol == IPPROTO_UDP && !pkt->udp))
		return begun;
	if (state == EDGE_CSUM_COMPLETE) {
		inside = edge_sub_inside(pkt->ctx, edge_offset(pkt, pkt->l4), pkt->protocol);
		begun.l4 = inside & 0xffff;
		begun.field = inside >> 16 & 0xffff;
		begun.length = inside >> 32;
		return begun;
	}
	begun.l4 = edge_offset(pkt, pkt->l4);
	begun.length = EDGE_BEGUN_UNKNOWN;
	if (state == EDGE_CSUM_PARTIAL && field) {
		begun.field = edge_offset(pkt, field);
		begun.length = pkt->l4_length;
	}
	return begun;
}

/* Finish it. Its field holds the pseudo header's sum, and is summed up with the rest. */
EDGE_INLINE long edge_csum_finish(struct edge_pkt *pkt, const struct edge_begun *begun)
{
	__u32 sum;
	__u16 csum;

	if (!begun->l4)
		return 0;
	if (begun->length >= EDGE_BEGUN_UNKNOWN)
		return -EDGE_EOPNOTSUPP;
	if (!edge_csum_sum(pkt, begun->l4, begun->length, &sum))
		return -EDGE_EMSGSIZE;
	csum = ~edge_csum_fold(sum);
	/* UDP's field is 6 bytes behind its beginning, TCP's 16. */
	if (!csum && begun->field - begun->l4 == 6)
		csum = 0xffff;
	return bpf_xdp_store_bytes(pkt->ctx, begun->field, &csum, sizeof(csum));
}

/**
 * edge_csum_complete() - finish the checksum of a packet that leaves at XDP
 *
 * Once a packet is sent on or redirected at XDP, nobody knows that its checksum was only begun.
 * edge_tx(), edge_redirect() and edge_route() call this, unless the device finishes it:
 * edge_csum_leave().
 *
 * Return: 0; -EMSGSIZE it goes on beyond the linear part; -EOPNOTSUPP it is SCTP's. The packet is
 * unchanged on an error. XDP: kernel 5.18.
 * Cost: none on devices whose frames are complete; elsewhere, 1 ns for 10 bytes of packets that are
 * not.
 */
EDGE_INLINE long edge_csum_complete(struct edge_pkt *pkt)
{
	struct edge_begun begun;

	if (pkt->hook != EDGE_HOOK_XDP || !(edge_flags & EDGE_CHAIN_PARTIAL_CSUM))
		return 0;
	begun = edge_csum_begun(pkt);
	/* Of a packet in a tunnel, the one inside is finished: an outer one is never partial. */
	return edge_csum_finish(pkt, pkt->begun.l4 ? &pkt->begun : &begun);
}

/* The packet's bytes behind the link header have moved by @grow: the partial checksum @begun, noted
   before, has moved with them. */
EDGE_INLINE void edge_csum_moved(struct edge_pkt *pkt, struct edge_begun begun, int grow)
{
	if (pkt->hook != EDGE_HOOK_XDP || !(edge_flags & EDGE_CHAIN_PARTIAL_CSUM) || !begun.l4)
		return;
	begun.l4 += grow;
	if (begun.field)
		begun.field += grow;
	pkt->begun = begun;
}

/* A header may be in view again, whose checksum was noted: from here on, the view tells. */
EDGE_INLINE void edge_csum_seen(struct edge_pkt *pkt)
{
	if (pkt->begun.l4 && pkt->l4 && edge_offset(pkt, pkt->l4) == pkt->begun.l4)
		pkt->begun = (struct edge_begun){0};
}

#endif
