/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_CHAIN_PREFIX_H
#define EDGE_CHAIN_PREFIX_H
/*
 * The layout of a prefix table in one array map: the map has one entry, whose value is the space
 * below. prefix.bpf.c finds the longest prefix of an address in it; loader/table/ builds and
 * changes it through mmap() while packets read.
 *
 *   0            struct edge_prefix_header
 *   roots[f]     an edge_prefix_ref for each value of the first root_bits of an address
 *   nodes        units of 16 bytes, of which nodes are made
 *   exact[f]     buckets of prefixes of one length, with their values
 *   values       the values of the other prefixes, by number
 *   entries      struct edge_prefix_entry of the same prefixes, by number
 *
 * A reference (edge_prefix_ref) is the number of an entry, or a node. Entry 0 is no entry. In the
 * subtree of a root cell the number 0 stands for the cell's default: the longest prefix of at most
 * root_bits bits that holds all of the cell; the first node of the subtree has it in its header.
 * With EDGE_PREFIX_WINS, the entry's length is at least that of the exact prefixes, so these need
 * not be searched.
 *
 * A node begins with struct edge_prefix_node and divides the rest of the address, of which the bits
 * above it are cut off, into ranges. A range begins at a start and ends before the next; the first
 * range begins at 0, which is not stored.
 *
 *   EDGE_PREFIX_SHORT   count - 1 starts of the next 16 bits, __u16 each, then count references
 *   EDGE_PREFIX_DIRECT  one reference for each value of the next 16 bits
 *   EDGE_PREFIX_LONG    count - 1 starts of the next 64 bits, __u64 each, then count numbers
 *   EDGE_PREFIX_LONGER  count - 1 starts of all bits, two __u64 each, then count numbers
 *
 * After a start of 16 bits the next node goes on with the bits behind them. A node with longer starts
 * has no node below it. (Ranges in place of bits: DXR, Zec, Rizzo and Mikuc, CCR 2012.)
 *
 * A change is made in a copy of one node and published by one store into a reference. A place that a
 * reader may still look at is used again only after a grace period.
 */
#include "../edge/abi.h"

#define EDGE_PREFIX_MAGIC 0x31787065 /* "epx1" */
#define EDGE_PREFIX_UNIT  16
#define EDGE_PREFIX_ROOT6 16 /* bits of the root of IPv6 */

typedef __u32 edge_prefix_ref;

#define EDGE_PREFIX_NODE   0x80000000u /* the reference is a node */
#define EDGE_PREFIX_SHORT  0x00000000u
#define EDGE_PREFIX_DIRECT 0x20000000u
#define EDGE_PREFIX_LONG   0x40000000u
#define EDGE_PREFIX_LONGER 0x60000000u
#define EDGE_PREFIX_KIND   0x60000000u
#define EDGE_PREFIX_AT	   0x1fffffffu /* the node's first unit */
#define EDGE_PREFIX_WINS   0x40000000u /* of an entry */
#define EDGE_PREFIX_NUMBER 0x3fffffffu

enum {
	EDGE_PREFIX_SHORT_MAX = 4096, /* ranges of such a node */
	EDGE_PREFIX_LONG_MAX = 9,
	EDGE_PREFIX_SLOTS_MAX = 7, /* of a bucket */
	EDGE_PREFIX_LEVELS = 7,	   /* nodes below a root cell */
};

/* Where a bucket's first 8 bytes say that a key did not find room in it. */
#define EDGE_PREFIX_OVERFLOWED (1ull << 56)

struct edge_prefix_node {
	__u32 none; /* the root cell's default, in the first node of a subtree */
	__u16 count;
	__u16 unused;
};

/* Bytes of a node with 65,536 references, which is changed in its place. */
#define EDGE_PREFIX_DIRECT_SIZE (8 + 65536 * 4)

/* The prefixes of one length that have their own buckets. A bucket begins with a word, whose byte N
 * is 1 if slot N is in use; then the keys of all slots, then their values. */
struct edge_prefix_exact {
	__u32 bits; /* 0: there are none */
	__u32 at;
	__u32 buckets;
	__u32 bucket_size;
	__u32 slots;
	__u32 key_size; /* 4, 8 or 16 */
	__u32 values;	/* in the bucket */
	__u32 unused;
};

/* What never changes in a table. The fuser folds it into prefix.bpf.c. */
struct edge_prefix_space {
	__u32 size;
	__u32 root_bits; /* of IPv4 */
	__u32 roots[2];	 /* 0: IPv4, 1: IPv6 */
	__u32 nodes, units;
	__u32 values, stride;
	__u32 entries, numbers; /* the numbers are 1 to numbers - 1 */
	__u32 value_size;
	__u32 seed;
	struct edge_prefix_exact exact[2];
};

/* One prefix that has a number. */
struct edge_prefix_entry {
	struct edge_prefix_key key;
	__u32 parent; /* the longest shorter prefix that holds it, in its cell; or the next free number */
	__u32 used;
};

enum { EDGE_PREFIX_CLASSES = 64 }; /* sizes of nodes */

struct edge_prefix_header {
	__u32 magic;
	__u32 room;	 /* how many prefixes the table may hold */
	__u32 count;	 /* how many it holds */
	__u32 longer[2]; /* how many of each family are longer than those in its buckets */
	struct edge_prefix_space space;
	/* For those who change the table. */
	__u32 changing;	    /* the number that is being put in or taken out, or 0 */
	__u32 removing;	    /* 1: it is taken out */
	__u32 replaced;	    /* the number of the same prefix that it replaces, or 0 */
	__u32 used_units;   /* units behind these were never used */
	__u32 used_numbers; /* numbers behind these were never used */
	__u32 free_number;  /* the first free number, or 0 */
	__u32 free_nodes[EDGE_PREFIX_CLASSES]; /* by size: the first unit of a free node, or 0 */
};

#define EDGE_PREFIX_HEADER 4096 /* bytes of the space that are kept for it */

#endif
