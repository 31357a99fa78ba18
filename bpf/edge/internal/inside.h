/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_INSIDE_H
#define EDGE_INTERNAL_INSIDE_H
/*
 * The packet inside a tunnel, at XDP, and its partial checksum.
 *
 * A tunnel of the sender's kernel (VXLAN, Geneve, GRE, IP in IP, GUE, FOU) leaves the checksum of
 * the packet inside it to the device as well; the outer checksum is then made as if the inner
 * checksum were complete. Such a tunnel may use any port, so it is recognised by its bytes.
 */
#include <edge/csum.h>
#include <edge/internal/begun.h>
#include <edge/internal/parse_link.h>

/* The IP header of the packet inside the tunnel. */
union edge_inside {
	__be32 word[sizeof(struct ipv6hdr) / 4];
	__u8 byte[sizeof(struct ipv6hdr)];
	__be16 half[sizeof(struct ipv6hdr) / 2];
};

/* The offset behind an Ethernet header at @at, with a tag or without. 0: the frame ends before. */
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

/* The offset of the packet inside UDP, whose payload begins at @at with the four bytes @first. */
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

/* The offset of the packet inside the transport header at @at; 0: this is no tunnel. */
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

/*
 * Read the IP header at @at into @ip. @begun gets the length of its payload, and in @begun->field
 * its protocol; @sum gets the sum of its addresses.
 *
 * Return: the header's length, in bytes; 0: there is no IP header, or it is a fragment's.
 */
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

/* A partial checksum in one word, 16 bits each: l4, field and length; 0: there is none. */
EDGE_INLINE __u64 edge_begun_word(const struct edge_begun *begun)
{
	return begun->l4 | begun->field << 16 | (__u64)begun->length << 32;
}

/* The partial checksum, if any, of the packet that begins at @at. */
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

/* The partial checksum of the packet inside the transport header at @l4. A subprogram, since
 * packets leave in many places. */
EDGE_SUBPROGRAM __u64 edge_sub_inside(struct xdp_md *ctx, __u32 l4, __u32 protocol)
{
	return edge_inside_begun(ctx, edge_inside_offset(ctx, l4, protocol));
}

#endif
