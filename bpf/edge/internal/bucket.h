/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_BUCKET_H
#define EDGE_INTERNAL_BUCKET_H
/*
 * The exchange behind edge_bucket_take() and edge_bucket_take_ahead().
 *
 * Included by edge/limit.h, behind the types that it uses.
 */
#include <edge/packet.h>

enum {
	EDGE_BUCKET_TRIES = 4,
	EDGE_BUCKET_SHIFT = 4,
};

/* One second, in 1/16 ns. */
#define EDGE_BUCKET_SECOND (1000000000ull << EDGE_BUCKET_SHIFT)

/*
 * Take @cost if @need is there. Both, and @full, are times, in 1/16 ns: how long it takes until so
 * many tokens have come in; @full is the whole bucket's.
 */
EDGE_INLINE bool edge_bucket_charge(struct edge_bucket *bucket, __u64 now, __u64 full, __u64 need,
				    __u64 cost)
{
	__u64 old, ahead;

#pragma unroll
	for (int i = 0; i < EDGE_BUCKET_TRIES; i++) {
		old = *(volatile __u64 *)&bucket->full_at;
		ahead = old > now ? old - now : 0;
		if (ahead > full - need) /* not a sum: two large numbers would overflow */
			return false;
		if (__sync_val_compare_and_swap(&bucket->full_at, old, now + ahead + cost) == old)
			return true;
	}
	return true;
}

#endif
