/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef STATE_H
#define STATE_H
/* The calls that state.bpf.c makes, and what it writes down of them. */
#include <linux/types.h>

enum state_call {
	STATE_FLOW,   /* the flow, its hash, the hash of the answers */
	STATE_EVENT,  /* a record in the ring buffer */
	STATE_LOG,    /* a line in the trace log */
	STATE_LONG,   /* a line that is longer than the kernel keeps */
	STATE_TIME,   /* the three clocks, twice */
	STATE_BUCKET, /* a token bucket at the time `now`, or at the clock's where that is 0 */
	STATE_LOAD,   /* 16 bytes at `offset` */
	STATE_STORE,  /* 16 bytes 0xa0, 0xa1, … there */
	STATE_LOOKUP, /* `key` in the table */
	STATE_INSERT,
	STATE_UPDATE,
	STATE_DELETE,
	STATE_CACHE,	     /* update `key` in the cache */
	STATE_PREFIXES,	     /* what holds the source, the destination, and `address` three ways */
	STATE_PREFIX_UPDATE, /* set the prefix of `key` bits at `address` */
	STATE_PREFIX_DELETE,
	STATE_ADD, /* add `number` to a counter, and one in a slot of each processor */
};

enum {
	STATE_TABLE_ENTRIES = 4,
	STATE_BYTES = 16,
};

struct state_event {
	__u64 number;
	__u32 length;
	__u16 port; /* network order */
	__u8 protocol;
	__u8 unused;
};

/* What the call is given. */
struct state_ask {
	__u64 number; /* a value, a seed, what the log says */
	__u64 now;    /* the time; 0: the clock's */
	__u64 rate;
	__u32 burst, tokens;
	__u32 key, offset;
	__u32 address[4];
};

/* As struct edge_flow is laid out: two addresses, two ports, the protocol, zeroes. */
struct state_flow {
	__u32 source[4], destination[4];
	__u16 source_port, destination_port;
	__u8 protocol, unused[3];
};

struct state_result {
	__s64 error; /* what the call returned */
	__u64 numbers[6];
	struct state_flow flow;
	__u8 bytes[STATE_BYTES];
};

#endif
