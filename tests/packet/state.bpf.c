// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* state: makes one SDK call that uses more than the packet, and stores its results. */
#include <edge/edge.h>
#include "state.h"

/* 1,600 letters. */
#define STATE_20(x) x x x x x x x x x x x x x x x x x x x x
#define STATE_TEXT  STATE_20(STATE_20("long"))

EDGE_ARRAY(asks, struct state_ask, 1);
EDGE_ARRAY(results, struct state_result, 1);
EDGE_ARRAY(buckets, struct edge_bucket, 1);
EDGE_ARRAY(counter, __u64, 1);
EDGE_PERCPU_ARRAY(counter_percpu, __u64, 1);
EDGE_TABLE(table, __u32, __u64, STATE_TABLE_ENTRIES);
EDGE_CACHE(cache, __u32, __u64, STATE_TABLE_ENTRIES);
EDGE_PERCPU_HASH(table_percpu, __u32, __u64, STATE_TABLE_ENTRIES);
EDGE_PERCPU_LRU(cache_percpu, __u32, __u64, STATE_TABLE_ENTRIES);
EDGE_PREFIX_TABLE(prefixes, __u64, 16);
EDGE_EVENTS(events, struct state_event, 4096);

EDGE_PARAM(__u32, call, 0, "which: enum state_call");

EDGE_INLINE void state_flow(struct edge_pkt *pkt, const struct state_ask *ask,
			    struct state_result *result)
{
	struct edge_flow flow;

	result->error = edge_flow_get(pkt, &flow) ? 0 : -1;
	if (result->error)
		return;
	__builtin_memcpy(&result->flow, &flow, sizeof(flow));
	result->numbers[0] = edge_flow_hash(&flow, ask->number);
	edge_flow_reverse(&flow);
	result->numbers[1] = edge_flow_hash(&flow, ask->number);
}

EDGE_INLINE void state_event(struct edge_pkt *pkt, const struct state_ask *ask,
			     struct state_result *result)
{
	struct state_event event = {.number = ask->number,
				    .length = pkt->length,
				    .port = edge_destination_port(pkt),
				    .protocol = pkt->protocol};

	result->error = edge_event(&events, &event);
}

EDGE_INLINE void state_time(struct edge_pkt *pkt, struct state_result *result)
{
	result->numbers[0] = edge_now_ns(pkt);
	result->numbers[1] = edge_now_coarse_ns(pkt);
	result->numbers[2] = edge_now_jiffies(pkt);
	result->numbers[3] = edge_now_ns(pkt);
	result->numbers[4] = edge_now_coarse_ns(pkt);
	result->numbers[5] = edge_now_jiffies(pkt);
}

EDGE_INLINE void state_bucket(struct edge_pkt *pkt, const struct state_ask *ask,
			      struct state_result *result)
{
	__u32 first = 0;
	struct edge_bucket *bucket = edge_table_lookup(&buckets, &first);

	if (bucket && edge_bucket_take(bucket, ask->now ?: edge_now_ns(pkt), ask->rate, ask->burst,
				       ask->tokens))
		result->numbers[0]++;
}

EDGE_INLINE void state_bytes(struct edge_pkt *pkt, const struct state_ask *ask,
			     struct state_result *result)
{
	__u8 bytes[STATE_BYTES];

	if (call == STATE_STORE) {
		for (int i = 0; i < STATE_BYTES; i++)
			bytes[i] = 0xa0 + i;
		result->error = edge_store_bytes(pkt, ask->offset, bytes, sizeof(bytes));
		/* The view must still be valid. */
		result->numbers[0] = pkt->udp ? edge_offset(pkt, pkt->udp) : 0;
		return;
	}
	result->error = edge_load_bytes(pkt, ask->offset, bytes, sizeof(bytes));
	if (!result->error)
		__builtin_memcpy(result->bytes, bytes, sizeof(bytes));
}

EDGE_INLINE void state_table(const struct state_ask *ask, struct state_result *result)
{
	__u32 k = ask->key;
	__u64 value = ask->number, *found;

	switch (call) {
	case STATE_LOOKUP:
		found = edge_table_lookup(&table, &k);
		result->error = found ? 0 : -EDGE_ENOENT;
		result->numbers[0] = found ? *found : 0;
		break;
	case STATE_INSERT:
		result->error = edge_table_insert(&table, &k, &value);
		break;
	case STATE_UPDATE:
		result->error = edge_table_update(&table, &k, &value);
		break;
	case STATE_DELETE:
		result->error = edge_table_delete(&table, &k);
		break;
	default:
		result->error = edge_table_update(&cache, &k, &value);
	}
}

EDGE_INLINE void state_prefixes(struct edge_pkt *pkt, const struct state_ask *ask,
				struct state_result *result)
{
	struct edge_ip ip = {{ask->address[0], ask->address[1], ask->address[2], ask->address[3]}};
	struct in6_addr ip6;
	__u64 *found[5];

	__builtin_memcpy(&ip6, &ip, sizeof(ip6));
	found[0] = edge_prefix_lookup_source(&prefixes, pkt);
	found[1] = edge_prefix_lookup_destination(&prefixes, pkt);
	found[2] = edge_prefix_lookup_ip(&prefixes, ip);
	found[3] = edge_prefix_lookup_ip6(&prefixes, &ip6);
	found[4] = edge_prefix_lookup_ip4(&prefixes, ip.word[3]);
#pragma unroll
	for (int i = 0; i < 5; i++)
		result->numbers[i] = found[i] ? *found[i] : 0;
}

EDGE_INLINE void state_prefix_set(const struct state_ask *ask, struct state_result *result)
{
	struct edge_prefix prefix = {.length = ask->key};
	__u64 value = ask->number;

	__builtin_memcpy(&prefix.ip, ask->address, sizeof(prefix.ip));
	result->error = call == STATE_PREFIX_UPDATE ? edge_table_update(&prefixes, &prefix, &value)
						    : edge_table_delete(&prefixes, &prefix);
}

EDGE_INLINE void state_add(const struct state_ask *ask, struct state_result *result)
{
	__u32 first = 0, k = ask->key;
	__u64 one = 1, *shared = edge_table_lookup(&counter, &first);
	__u64 *own = edge_table_lookup(&counter_percpu, &first);

	if (!shared || !own)
		return;
	edge_add(shared, ask->number);
	++*own;
	result->error = edge_table_update(&table_percpu, &k, &one) ||
			edge_table_update(&cache_percpu, &k, &one);
}

EDGE_INLINE void state_call(struct edge_pkt *pkt, const struct state_ask *ask,
			    struct state_result *result)
{
	switch (call) {
	case STATE_FLOW:
		return state_flow(pkt, ask, result);
	case STATE_EVENT:
		return state_event(pkt, ask, result);
	case STATE_LOG:
		edge_log(pkt, "state %llx length %u", ask->number, pkt->length);
		return;
	case STATE_LONG:
		edge_log(pkt, "state %llx " STATE_TEXT, ask->number);
		return;
	case STATE_TIME:
		return state_time(pkt, result);
	case STATE_BUCKET:
		return state_bucket(pkt, ask, result);
	case STATE_LOAD:
	case STATE_STORE:
		return state_bytes(pkt, ask, result);
	case STATE_PREFIXES:
		return state_prefixes(pkt, ask, result);
	case STATE_PREFIX_UPDATE:
	case STATE_PREFIX_DELETE:
		return state_prefix_set(ask, result);
	case STATE_ADD:
		return state_add(ask, result);
	default:
		return state_table(ask, result);
	}
}

EDGE_FUNCTION_FRAGS(state)
{
	__u32 first = 0;
	struct state_result *result = edge_table_lookup(&results, &first);
	struct state_ask *ask = edge_table_lookup(&asks, &first);

	if (result && ask)
		state_call(pkt, ask, result);
	return EDGE_NEXT;
}
