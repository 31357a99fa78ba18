/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_TIME_H
#define EDGE_TIME_H
/*
 * The time, read once a chain and kept in the view: a function that asks after another one did pays
 * nothing. All three count from boot and stand still while the machine sleeps; take the coarsest
 * that will do.
 */
#include <edge/packet.h>

/* Nanoseconds. Cost: 40 ns, once. */
EDGE_INLINE __u64 edge_now_ns(struct edge_pkt *pkt)
{
	if (!pkt->now_ns)
		pkt->now_ns = bpf_ktime_get_ns();
	return pkt->now_ns;
}

/* Nanoseconds as of the last timer tick: 1 to 10 ms old. Kernel 5.11. Cost: 14 ns, once. */
EDGE_INLINE __u64 edge_now_coarse_ns(struct edge_pkt *pkt)
{
	if (!pkt->now_coarse_ns)
		pkt->now_coarse_ns = bpf_ktime_get_coarse_ns();
	return pkt->now_coarse_ns;
}

/* Timer ticks: how many a second is the kernel's CONFIG_HZ. Cost: 1 ns, once. */
EDGE_INLINE __u64 edge_now_jiffies(struct edge_pkt *pkt)
{
	if (!pkt->now_jiffies)
		pkt->now_jiffies = bpf_jiffies64();
	return pkt->now_jiffies;
}

#endif
