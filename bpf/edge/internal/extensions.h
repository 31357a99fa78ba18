/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_EXTENSIONS_H
#define EDGE_INTERNAL_EXTENSIONS_H
/*
 * The walk along the extension headers of IPv6 (RFC 8200, section 4), as a subprogram.
 *
 * A chain parses packets in many places, and few packets have extension headers. The verifier would
 * go through the loop once for each state in which the parse arrives here. It goes through a global
 * function once for the whole program, and a caller knows nothing of the result but its type.
 */
#include <edge/internal/bounds.h>

EDGE_INLINE bool edge_is_extension(__u32 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
	       next == IPPROTO_FRAGMENT || next == IPPROTO_AH;
}

/* How a part of the parse ended. */
enum edge_parsed {
	EDGE_PARSED,	 /* go on */
	EDGE_PARSED_END, /* there are no more headers that we can read */
	EDGE_PARSED_CUT, /* the linear part ends within a header */
};

/* The first 8 bytes of an extension header, of which none is shorter. */
struct edge_extension {
	__u8 next, length; /* in units of 8 bytes, the first 8 not counted; of 4 for AH */
	union {
		__be16 fragment; /* of a fragment header: 13 bits offset, 2 reserved, 1 more */
		struct {
			__u8 type, segments_left; /* of a routing header */
		};
	};
	__be32 identification;
};

/* Where the walk is. */
struct edge_walk {
	__u32 offset;	/* of the header we are at, from the frame's start */
	__u32 next;	/* which header it is: IPPROTO_* */
	__u32 left;	/* how long the packet is from it on, by the IP header */
	__u32 fragment; /* EDGE_FRAGMENT_* */
	bool routed;	/* a routing header names further destinations */
};

EDGE_INLINE enum edge_parsed edge_walk_step(struct edge_walk *walk, void *data, void *end)
{
	struct edge_extension *extension = edge_data_at(data, walk->offset & EDGE_HEADERS_MAX);
	__u32 length;

	if ((void *)(extension + 1) > end)
		return EDGE_PARSED_CUT;
	length = (extension->length + 1) * 8;
	if (walk->next == IPPROTO_AH)
		length = (extension->length + 2) * 4;
	if (walk->next == IPPROTO_ROUTING && extension->segments_left)
		walk->routed = true;
	if (walk->next == IPPROTO_FRAGMENT) {
		__u32 fragment = bpf_ntohs(extension->fragment);

		length = sizeof(*extension);
		walk->fragment = fragment >> 3 | (fragment & 1) << 13;
	}
	if (walk->offset + length > EDGE_HEADERS_MAX || length > walk->left)
		return EDGE_PARSED_END;
	walk->next = extension->next;
	walk->offset += length;
	walk->left -= length;
	return EDGE_PARSED;
}

/* The result of a walk, in one word: 12 bits offset, 8 next, 2 how it ended, 1 routed, 14 fragment,
   27 left. */
enum {
	EDGE_WALK_NEXT = 12,
	EDGE_WALK_PARSED = 20,
	EDGE_WALK_ROUTED = 22,
	EDGE_WALK_FRAGMENT = 23,
	EDGE_WALK_LEFT = 37,
};

EDGE_INLINE __u64 edge_walk(void *data, void *end, __u32 offset, __u32 next, __u32 left)
{
	struct edge_walk walk = {.offset = offset & EDGE_HEADERS_MAX, .next = next, .left = left};
	enum edge_parsed parsed = EDGE_PARSED_END;

#pragma clang loop unroll(disable)
	for (int i = 0; i < EDGE_EXTENSIONS_MAX; i++) {
		parsed = edge_walk_step(&walk, data, end);
		/* Behind the header of a later fragment there is the middle of something. */
		if (parsed != EDGE_PARSED || walk.fragment & EDGE_FRAGMENT_OFFSET ||
		    !edge_is_extension(walk.next))
			break;
		parsed = EDGE_PARSED_END; /* unless the next header is the last */
	}
	return walk.offset | walk.next << EDGE_WALK_NEXT | parsed << EDGE_WALK_PARSED |
	       walk.routed << EDGE_WALK_ROUTED | (__u64)walk.fragment << EDGE_WALK_FRAGMENT |
	       (__u64)walk.left << EDGE_WALK_LEFT;
}

EDGE_SUBPROGRAM __u64 edge_sub_walk_xdp(struct xdp_md *ctx, __u32 offset, __u32 next, __u32 left)
{
	return edge_walk(edge_pointer(ctx->data), edge_pointer(ctx->data_end), offset, next, left);
}

EDGE_SUBPROGRAM __u64 edge_sub_walk_tc(struct __sk_buff *ctx, __u32 offset, __u32 next, __u32 left)
{
	return edge_walk(edge_pointer(ctx->data), edge_pointer(ctx->data_end), offset, next, left);
}

/* Walk along the extension headers, of which there is at least one: the first is at @offset, of the
 * type @next. */
EDGE_INLINE __u64 edge_extensions(const struct edge_pkt *pkt, __u32 offset, __u32 next, __u32 left)
{
	return pkt->hook == EDGE_HOOK_XDP ? edge_sub_walk_xdp(pkt->ctx, offset, next, left)
					  : edge_sub_walk_tc(pkt->ctx, offset, next, left);
}

#endif
