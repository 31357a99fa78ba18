/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_ENTER_H
#define EDGE_INTERNAL_ENTER_H
/*
 * A program's entry: the view of the packet as it came, and the view between two instances.
 */
#include <edge/internal/hook.h>
#include <edge/internal/wire.h>
#include <edge/parse.h>
#include <edge/wire.h>

/*
 * Hide from the compiler its knowledge of the view's pointers (this pointer was tested and is
 * NULL), so that the next instance tests them for itself. Otherwise the compiler puts the ports of
 * TCP and of UDP behind one load, from an address that one function's tests chose, and reaches the
 * load through another function's tests. The verifier never takes a packet pointer for known to be
 * non-NULL (reg_not_null(), kernel 6.18), so it goes both ways at every test, and different ways at
 * two tests of one pointer; then it finds an address that never occurs.
 *
 * Cost: a test and a register for each instance, so a chain does it only if the verifier refuses
 * it otherwise.
 */
EDGE_INLINE void edge_parse_settle(struct edge_pkt *pkt)
{
	EDGE_SETTLE(pkt->ip4);
	EDGE_SETTLE(pkt->ip6);
	EDGE_SETTLE(pkt->tcp);
	EDGE_SETTLE(pkt->udp);
	EDGE_SETTLE(pkt->icmp);
	EDGE_SETTLE(pkt->icmp6);
	EDGE_SETTLE(pkt->sctp);
}

/* Fill in the fields that need no parse: the context, the bounds, and counters at their start. */
EDGE_INLINE void edge_enter_unparsed(struct edge_pkt *pkt, void *ctx, enum edge_hook hook)
{
	pkt->ctx = ctx;
	pkt->hook = hook;
	pkt->reason = 0;
	pkt->tc_drop = EDGE_TC_DROP;
	pkt->begun = (struct edge_begun){0};
	pkt->now_ns = 0;
	pkt->now_coarse_ns = 0;
	pkt->now_jiffies = 0;
	edge_bounds(pkt);
	pkt->entry_source = 0;
	pkt->entry_length = pkt->length;
	pkt->entry_bytes = pkt->length;
	pkt->entry_packets = 1;
	pkt->packets = 1;
	pkt->shared = 0;
	pkt->tunnel = 0;
	pkt->tunnel_size = 0;
	pkt->route_mtu = 0;
}

/* The first call in a program: make the view of the packet as it came. */
EDGE_INLINE void edge_enter(struct edge_pkt *pkt, void *ctx, enum edge_hook hook)
{
	edge_enter_unparsed(pkt, ctx, hook);
	edge_parse(pkt);
	if (pkt->ip4)
		pkt->entry_source = pkt->ip4->saddr;
	edge_wire_enter(pkt);
	pkt->entry_bytes = edge_bytes(pkt);
	pkt->entry_packets = edge_packets(pkt);
}

#endif
