/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_LIMIT_H
#define EDGE_LIMIT_H
/*
 * A token bucket without a lock.
 *
 * Kept as one number, the time when the bucket will be full again (the "theoretical arrival time"
 * of the generic cell rate algorithm, ITU-T I.371): it stands for how many tokens are left, is
 * never refilled by a timer, and is zero in a new entry, which is a full bucket. It is changed by
 * compare-and-exchange (kernel 5.12), so no processor's tokens are lost; one that is overtaken
 * EDGE_BUCKET_TRIES times in a row lets its packet pass uncounted, so under contention a bucket
 * errs to the generous side, by that packet.
 *
 * Time is counted in sixteenths of a nanosecond, or a fast rate's share of one packet would be
 * rounded: at 12.5 GB/s (100 Gbit/s) the error for 64 bytes is 1 %.
 */
#include <edge/time.h>

struct edge_bucket {
	__u64 full_at; /* in 1/16 ns since boot */
};

enum {
	EDGE_BUCKET_TRIES = 4,
	EDGE_BUCKET_SHIFT = 4,
};

#define EDGE_BUCKET_SECOND    (1000000000ull << EDGE_BUCKET_SHIFT)
#define EDGE_BUCKET_BURST_MAX (1u << 30) /* so that burst × second stays below 2^64 */

/* @cost is taken where @need is there; both in time, as @full, how long it takes to fill. */
EDGE_INLINE bool edge_bucket_charge(struct edge_bucket *bucket, __u64 now, __u64 full, __u64 need,
				    __u64 cost)
{
	__u64 old, ahead;

#pragma unroll
	for (int i = 0; i < EDGE_BUCKET_TRIES; i++) {
		old = *(volatile __u64 *)&bucket->full_at;
		ahead = old > now ? old - now : 0;
		if (ahead > full - need) /* not a sum: two large ones would overflow */
			return false;
		if (__sync_val_compare_and_swap(&bucket->full_at, old, now + ahead + cost) == old)
			return true;
	}
	return true;
}

/**
 * edge_bucket_take() - take tokens, if there are enough
 * @bucket: in a map's value; shared by all processors
 * @now_ns: edge_now_ns(), or edge_now_coarse_ns() where a burst lasts for more than 10 ms
 * @rate:   tokens a second; 0 gives none
 * @burst:  how many the full bucket holds, up to EDGE_BUCKET_BURST_MAX
 * @tokens: how many: edge_packets(pkt), or edge_bytes(pkt); up to EDGE_BUCKET_BURST_MAX
 *
 * Return: whether they were taken. More than the bucket holds are never there: for packets that
 * stand for more than that on the wire there is edge_bucket_take_ahead().
 * Cost: 8 ns, and a division where @rate is not a constant.
 */
EDGE_INLINE bool edge_bucket_take(struct edge_bucket *bucket, __u64 now_ns, __u64 rate, __u32 burst,
				  __u32 tokens)
{
	__u64 now = now_ns << EDGE_BUCKET_SHIFT, full, cost;

	if (!rate)
		return false;
	if (burst > EDGE_BUCKET_BURST_MAX)
		burst = EDGE_BUCKET_BURST_MAX;
	full = burst * EDGE_BUCKET_SECOND / rate;
	cost = tokens * EDGE_BUCKET_SECOND / rate;
	return cost <= full && edge_bucket_charge(bucket, now, full, cost, cost);
}

/**
 * edge_bucket_take_ahead() - the same, but of a full bucket also more tokens than it holds
 *
 * A GSO packet can't be divided. One that takes more tokens than the bucket holds passes when the
 * bucket is full, and the next one waits until all of them have come in: so the rate holds.
 */
EDGE_INLINE bool edge_bucket_take_ahead(struct edge_bucket *bucket, __u64 now_ns, __u64 rate,
					__u32 burst, __u32 tokens)
{
	__u64 now = now_ns << EDGE_BUCKET_SHIFT, full, cost;

	if (!rate)
		return false;
	if (burst > EDGE_BUCKET_BURST_MAX)
		burst = EDGE_BUCKET_BURST_MAX;
	full = burst * EDGE_BUCKET_SECOND / rate;
	cost = tokens * EDGE_BUCKET_SECOND / rate;
	return edge_bucket_charge(bucket, now, full, cost < full ? cost : full, cost);
}

#endif
