/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_TIME_H
#define EDGE_TIME_H
/*
 * The time, read once in a chain and kept in the view: when a second function asks for it, that
 * costs nothing. All three clocks count from boot and stand still while the machine sleeps. Take
 * the coarsest that will do.
 */
#include <edge/packet.h>

/**
 * edge_now_ns() - the time, exactly
 * @pkt: the packet
 *
 * Return: nanoseconds since boot.
 * Hooks: all. Cost: 40 ns, once in a chain.
 */
EDGE_INLINE __u64 edge_now_ns(struct edge_pkt *pkt)
{
	if (!pkt->now_ns)
		pkt->now_ns = bpf_ktime_get_ns();
	return pkt->now_ns;
}

/**
 * edge_now_coarse_ns() - the time as of the last timer tick
 * @pkt: the packet
 *
 * Return: nanoseconds since boot, 1 to 10 ms old.
 * Hooks: all; kernel 5.11. Cost: 14 ns, once in a chain.
 */
EDGE_INLINE __u64 edge_now_coarse_ns(struct edge_pkt *pkt)
{
	if (!pkt->now_coarse_ns)
		pkt->now_coarse_ns = bpf_ktime_get_coarse_ns();
	return pkt->now_coarse_ns;
}

/**
 * edge_now_jiffies() - the time in timer ticks
 * @pkt: the packet
 *
 * Return: ticks; the kernel's CONFIG_HZ says how many there are in a second.
 * Hooks: all. Cost: 1 ns, once in a chain.
 */
EDGE_INLINE __u64 edge_now_jiffies(struct edge_pkt *pkt)
{
	if (!pkt->now_jiffies)
		pkt->now_jiffies = bpf_jiffies64();
	return pkt->now_jiffies;
}

#endif
