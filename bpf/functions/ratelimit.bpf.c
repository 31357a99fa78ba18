// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * ratelimit: limit the packets a second from each source address, or each source prefix.
 *
 * Each prefix has a token bucket, in a table that forgets prefixes from which no packet came for
 * long: a forgotten source starts with a full bucket. The clock is coarse (1 to 10 ms) if the
 * burst lasts longer than a tick, which is the usual case, and otherwise exact.
 *
 * Packets are counted as they are on the wire: at TC a packet may stand for many (GRO, GSO), and
 * takes as many tokens.
 */
#define EDGE_HELP "limit the packets a second of each source address or prefix"
#include <edge/edge.h>

struct ratelimit_entry {
	struct edge_bucket bucket;
	edge_counter passed;
	edge_counter dropped;
};

EDGE_CACHE(sources, struct edge_prefix, struct ratelimit_entry, 1 << 16);
EDGE_PARAM_RANGE(__u32, pps, 1000, 1, 1000000000, "packets a second");
EDGE_PARAM_RANGE(__u32, burst, 1000, 1, EDGE_BUCKET_BURST_MAX, "packets at once");
EDGE_PARAM_RANGE(__u8, prefix4, 32, 0, 32, "bits of an IPv4 address that make a source");
EDGE_PARAM_RANGE(__u8, prefix6, 64, 0, 128, "bits of an IPv6 address that make a source");

EDGE_INLINE struct ratelimit_entry *ratelimit_entry(const struct edge_prefix *key)
{
	struct ratelimit_entry *entry = edge_table_lookup(&sources, key), fresh = {0};

	if (entry)
		return entry;
	/* If two processors insert at once, the second finds the entry of the first. */
	edge_table_insert(&sources, key, &fresh);
	return edge_table_lookup(&sources, key);
}

EDGE_FUNCTION_FRAGS(ratelimit)
{
	struct ratelimit_entry *entry;
	struct edge_prefix key;
	struct edge_ip ip;
	__u32 packets = edge_packets(pkt);
	__u64 now_ns;

	if (!edge_source(pkt, &ip))
		return EDGE_NEXT;
	key = edge_prefix_of(&ip, pkt->ip4 ? 96 + prefix4 : prefix6);
	entry = ratelimit_entry(&key);
	if (!entry)
		return EDGE_NEXT;
	now_ns = burst >= pps / 100 ? edge_now_coarse_ns(pkt) : edge_now_ns(pkt);
	if (edge_bucket_take_ahead(&entry->bucket, now_ns, pps, burst, packets)) {
		edge_add(&entry->passed, packets);
		return EDGE_NEXT;
	}
	edge_add(&entry->dropped, packets);
	return edge_drop(pkt, "over");
}
