/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_SOURCE_ROUTE_H
#define EDGE_INTERNAL_SOURCE_ROUTE_H
/*
 * Source routes, which lead a packet on from its destination address.
 */
#include <edge/internal/extensions.h>

enum {
	EDGE_OPTION_END = 0, /* IPv4's options: RFC 791, section 3.1 */
	EDGE_OPTION_NOTHING = 1,
	EDGE_OPTION_LOOSE_ROUTE = 131,
	EDGE_OPTION_STRICT_ROUTE = 137,
	EDGE_OPTION_NOTHINGS = 0x01010101, /* four in a row */
	EDGE_OPTIONS_MAX = 12,
};

/* Whether the IPv4 options, from @at to @end, have a source route that is not used up. Also true if
   there are more than twelve options, which do not occur. */
EDGE_INLINE __u32 edge_options_route(void *data, void *data_end, __u32 at, __u32 end)
{
#pragma clang loop unroll(disable)
	for (int i = 0; i < EDGE_OPTIONS_MAX; i++) {
		__u8 *option = edge_data_at(data, at & EDGE_HEADERS_MAX);

		/* No source route finds room in less than 4 bytes. */
		if (at + 4 > end || (void *)(option + 4) > data_end || option[0] == EDGE_OPTION_END)
			return 0;
		if (option[0] == EDGE_OPTION_NOTHING) {
			at += *(edge_word32 *)option == EDGE_OPTION_NOTHINGS ? 4 : 1;
			continue;
		}
		/* Byte 1 is the length, byte 2 of a source route where its next address is. */
		if (option[0] == EDGE_OPTION_LOOSE_ROUTE || option[0] == EDGE_OPTION_STRICT_ROUTE)
			return option[2] <= option[1];
		if (option[1] < 2)
			return 0;
		at += option[1];
	}
	return 1;
}

EDGE_SUBPROGRAM __u32 edge_sub_options_xdp(struct xdp_md *ctx, __u32 at, __u32 end)
{
	return edge_options_route(edge_pointer(ctx->data), edge_pointer(ctx->data_end), at, end);
}

EDGE_SUBPROGRAM __u32 edge_sub_options_tc(struct __sk_buff *ctx, __u32 at, __u32 end)
{
	return edge_options_route(edge_pointer(ctx->data), edge_pointer(ctx->data_end), at, end);
}

EDGE_INLINE bool edge_source_routed4(const struct edge_pkt *pkt)
{
	__u32 at = edge_offset(pkt, pkt->ip4), end = at + pkt->ip4->ihl * 4;

	at += sizeof(*pkt->ip4);
	return pkt->hook == EDGE_HOOK_XDP ? edge_sub_options_xdp(pkt->ctx, at, end)
					  : edge_sub_options_tc(pkt->ctx, at, end);
}

/* Whether the first six extension headers include a routing header with further destinations.
   Behind a seventh header the view shows nothing. */
EDGE_INLINE bool edge_source_routed6(const struct edge_pkt *pkt)
{
	__u32 at = edge_offset(pkt, pkt->ip6) + sizeof(*pkt->ip6);

	return edge_extensions(pkt, at, pkt->ip6->nexthdr, pkt->length) >> EDGE_WALK_ROUTED & 1;
}

/**
 * edge_source_routed() - whether a source route leads the packet on from its destination address
 *
 * Then the transport checksum covers the final destination, not the destination in the IP header
 * (RFC 8200, section 8.1, for routing headers of IPv6; likewise for source route options of IPv4).
 * The final destination is not looked up, so calls that would need it return -EOPNOTSUPP.
 */
EDGE_INLINE bool edge_source_routed(const struct edge_pkt *pkt)
{
	if (pkt->ip4)
		return pkt->ip4->ihl > sizeof(*pkt->ip4) / 4 && edge_source_routed4(pkt);
	return pkt->ip6 && edge_is_extension(pkt->ip6->nexthdr) && edge_source_routed6(pkt);
}

#endif
