/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef STATE_H
#define STATE_H
/* The calls that state.bpf.c makes, and the results that it stores. */
#include <linux/types.h>

enum state_call {
	STATE_FLOW,   /* the flow, its hash, the hash of the reverse flow */
	STATE_EVENT,  /* a record in the ring buffer */
	STATE_LOG,    /* a line in the trace log */
	STATE_LONG,   /* a line that is longer than the kernel's limit */
	STATE_TIME,   /* the three clocks, twice */
	STATE_BUCKET, /* a token bucket at the time `now`; 0: at the clock's time */
	STATE_LOAD,   /* 16 bytes at `offset` */
	STATE_STORE,  /* 16 bytes 0xa0, 0xa1, … at `offset` */
	STATE_LOOKUP, /* `key` in the table */
	STATE_INSERT,
	STATE_UPDATE,
	STATE_DELETE,
	STATE_CACHE,	     /* update `key` in the cache */
	STATE_PREFIXES,	     /* look up source, destination, and `address` in three ways */
	STATE_PREFIX_UPDATE, /* set the prefix of `key` bits at `address` */
	STATE_PREFIX_DELETE,
	STATE_ADD, /* add `number` to a counter, and 1 to a slot of each processor */
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

/* Arguments of the call. */
struct state_ask {
	__u64 number; /* a value, a seed, a number for the log line */
	__u64 now;    /* the time; 0: use the clock */
	__u64 rate;
	__u32 burst, tokens;
	__u32 key, offset;
	__u32 address[4];
};

/* The layout of struct edge_flow: two addresses, two ports, the protocol, zeros. */
struct state_flow {
	__u32 source[4], destination[4];
	__u16 source_port, destination_port;
	__u8 protocol, unused[3];
};

struct state_result {
	__s64 error; /* return value of the call */
	__u64 numbers[6];
	struct state_flow flow;
	__u8 bytes[STATE_BYTES];
};

#endif
