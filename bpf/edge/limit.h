/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_LIMIT_H
#define EDGE_LIMIT_H
/*
 * A token bucket without a lock.
 *
 * It is kept as one number, the time when the bucket will be full again (the "theoretical arrival
 * time" of the generic cell rate algorithm, ITU-T I.371). This number says how many tokens are
 * left, needs no timer to refill, and is zero in a new entry, which is a full bucket. It is changed
 * by compare-and-exchange (kernel 5.12), so no processor's tokens are lost; a processor that is
 * overtaken EDGE_BUCKET_TRIES times in a row lets its packet pass uncounted, so under contention a
 * bucket lets too many packets pass rather than too few, by that packet.
 *
 * Time is counted in sixteenths of a nanosecond, or a fast rate's share of one packet would be
 * rounded: at 12.5 GB/s (100 Gbit/s) the error for 64 bytes is 1 %.
 */
#include <edge/time.h>

/* A bucket, in a map's value or a variable. Zero is a full bucket. */
struct edge_bucket {
	__u64 full_at; /* in 1/16 ns since boot */
};

#define EDGE_BUCKET_BURST_MAX (1u << 30) /* so that burst × second stays below 2^64 */

#include <edge/internal/bucket.h>

/**
 * edge_bucket_take() - take tokens, if there are enough
 * @bucket: in a map's value; shared by all processors
 * @now_ns: edge_now_ns(), or edge_now_coarse_ns() if a burst lasts for more than 10 ms
 * @rate:   tokens a second; 0 gives none
 * @burst:  how many tokens the full bucket holds, up to EDGE_BUCKET_BURST_MAX
 * @tokens: how many to take: edge_packets(pkt), or edge_bytes(pkt); up to EDGE_BUCKET_BURST_MAX
 *
 * Return: whether they were taken. A bucket never gives more than it holds: for packets that stand
 * for more than that on the wire there is edge_bucket_take_ahead().
 * Hooks: all; kernel 5.12.
 * Cost: 8 ns, and a division if @rate is not a constant.
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
 * edge_bucket_take_ahead() - take tokens; of a full bucket, also more than it holds
 * @bucket, @now_ns, @rate, @burst, @tokens: as for edge_bucket_take()
 *
 * A GSO packet can't be divided. A packet that takes more tokens than the bucket holds passes when
 * the bucket is full, and the next packet waits until all of them have come in: so the rate holds.
 *
 * Return: whether they were taken.
 * Hooks: all; kernel 5.12.
 * Cost: 8 ns, and a division if @rate is not a constant.
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
