/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_LINK_H
#define EDGE_INTERNAL_LINK_H
/*
 * The link header (Ethernet and its tags), which moves when room is made behind it.
 */
#include <edge/internal/bounds.h>
#include <edge/internal/compiler.h>

/* The offset behind the link header, in bytes. 0 if no IP header follows it. */
EDGE_INLINE __u32 edge_link_length(const struct edge_pkt *pkt)
{
	void *ip4 = pkt->ip4, *ip6 = pkt->ip6;

	/* Test both here, even if the compiler knows them: the verifier does not. */
	EDGE_SETTLE(ip4);
	EDGE_SETTLE(ip6);
	if (ip4)
		return edge_offset(pkt, ip4);
	return ip6 ? edge_offset(pkt, ip6) : 0;
}

/* Copy a MAC address, in three words: packet bytes have no useful alignment. */
EDGE_INLINE void edge_mac_copy(void *to, const volatile void *from)
{
	edge_word16 *a = to;
	const volatile edge_word16 *b = from;

	a[0] = b[0];
	a[1] = b[1];
	a[2] = b[2];
}

/* A link header on its way: Ethernet, and up to two tags behind it. */
struct edge_link {
	__u64 first; /* 14 bytes of Ethernet: 8, 4, 2 */
	__u32 second;
	__u16 third;
	__u32 tags[EDGE_TAGS_MAX];
};

/* Return: whether the frame has @length bytes. */
EDGE_INLINE bool edge_link_read(const struct edge_pkt *pkt, struct edge_link *link, __u32 length)
{
	void *data = pkt->data;

	if (data + ETH_HLEN > pkt->end)
		return false;
	link->first = *(edge_word64 *)data;
	link->second = *(edge_word32 *)(data + 8);
	link->third = *(edge_word16 *)(data + 12);
	link->tags[0] = link->tags[1] = 0;
	if (length > ETH_HLEN) {
		if (data + ETH_HLEN + 4 > pkt->end)
			return false;
		link->tags[0] = *(edge_word32 *)(data + 14);
	}
	if (length > ETH_HLEN + 4) {
		if (data + ETH_HLEN + 8 > pkt->end)
			return false;
		link->tags[1] = *(edge_word32 *)(data + 18);
	}
	return true;
}

/* edge_room_xdp() made sure that the frame has @length bytes; the tests are for the verifier. */
EDGE_INLINE void edge_link_write(struct edge_pkt *pkt, const struct edge_link *link, __u32 length)
{
	void *data = pkt->data;

	if (data + ETH_HLEN > pkt->end)
		return;
	*(edge_word64 *)data = link->first;
	*(edge_word32 *)(data + 8) = link->second;
	*(edge_word16 *)(data + 12) = link->third;
	if (length > ETH_HLEN && data + ETH_HLEN + 4 <= pkt->end)
		*(edge_word32 *)(data + 14) = link->tags[0];
	if (length > ETH_HLEN + 4 && data + ETH_HLEN + 8 <= pkt->end)
		*(edge_word32 *)(data + 18) = link->tags[1];
}

/* The ethertype behind the tags, of a link header of @length bytes. */
EDGE_INLINE long edge_link_set_ethertype(struct edge_pkt *pkt, __u32 length, __be16 ethertype)
{
	__be16 *field = edge_at(pkt, (length - sizeof(ethertype)) & 31);

	if (length < ETH_HLEN || (void *)(field + 1) > pkt->end)
		return -EDGE_EINVAL;
	*field = ethertype;
	return 0;
}

#endif
