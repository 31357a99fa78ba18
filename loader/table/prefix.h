/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_TABLE_PREFIX_H
#define EL_TABLE_PREFIX_H
/*
 * What the files of a prefix table share. prefix.c opens, reads and changes a table, plan.c decides
 * how large its parts are, trie.c has the references, node.c the nodes, exact.c the buckets, space.c the memory of both,
 * and grace.c waits until no program looks at what was taken away.
 */
#include "table/table.h"

typedef unsigned __int128 el_address; /* the first bit of an address is the highest */

/* A place that waits for a grace period. */
struct el_dropped {
	uint32_t at; /* the unit, the number, or the byte where the bucket begins */
	enum { EL_DROPPED_NODE, EL_DROPPED_NUMBER, EL_DROPPED_SLOT } kind;
	uint32_t more; /* the class of the node; the slot */
};

struct el_ranges {
	uint32_t count;
	el_address start[EDGE_PREFIX_SHORT_MAX + 4];
	edge_prefix_ref ref[EDGE_PREFIX_SHORT_MAX + 4];
};

struct el_prefix_table {
	char *base; /* the space */
	struct edge_prefix_header *header;
	struct edge_prefix_space space; /* a copy that no other program can change */
	struct edge_prefix_entry *entries;
	bool live;	/* programs look at it: what is dropped waits for a grace period */
	bool changing;	/* a change is half done: its places must not be used again */
	size_t largest; /* bytes of the largest node that was made, of those that are copied */
	struct el_dropped *dropped;
	size_t dropped_count, dropped_room, dropped_bytes;
	struct el_ranges ranges; /* of the node that is being changed */
};

/* A prefix, as the files of a table see it. */
struct el_prefix {
	int family; /* 0: IPv4, 1: IPv6 */
	uint32_t bits;
	el_address first, last;
};

static inline uint32_t el_prefix_root_bits(const struct el_prefix_table *table, int family)
{
	return family ? EDGE_PREFIX_ROOT6 : table->space.root_bits;
}

static inline char *el_prefix_value(const struct el_prefix_table *table, uint32_t number)
{
	return table->base + table->space.values + (size_t)number * table->space.stride;
}

static inline uint32_t el_prefix_bits(const struct el_prefix_table *table, uint32_t number)
{
	return table->entries[number].key.length - EDGE_PREFIX_FAMILY_BITS;
}

/* ---- prefix.c */
void el_prefix_key_of(struct edge_prefix_key *key, int family, uint32_t bits, el_address address);

/* ---- plan.c */
/* Bytes of the space behind the last node, so that reading a broken node stays inside of it. */
#define EDGE_PREFIX_BEHIND (1 << 19)
/* Return: 0; -E2BIG. */
int el_prefix_plan(const struct el_prefix_counts *counts, uint32_t value_size,
		   struct edge_prefix_space *space);

/* ---- space.c */
/* Return: the first unit of room for a node of @bytes, or 0. */
uint32_t el_space_take_node(struct el_prefix_table *table, size_t bytes);
void el_space_drop_node(struct el_prefix_table *table, uint32_t unit, size_t bytes);
/* Return: a number, or 0. */
uint32_t el_space_take_number(struct el_prefix_table *table);
void el_space_drop_number(struct el_prefix_table *table, uint32_t number);
void el_space_drop_slot(struct el_prefix_table *table, uint32_t bucket, uint32_t slot);
/* Whether there is room for copies of nodes with these sizes (0: none), and for the small nodes that
 * one change may add. */
bool el_space_has_room(const struct el_prefix_table *table, const size_t bytes[EDGE_PREFIX_LEVELS]);
/* Whether so much was dropped that a grace period is due. */
bool el_space_is_due(const struct el_prefix_table *table);
/* Give back what was dropped, after a grace period. */
void el_space_settle(struct el_prefix_table *table);

/* ---- node.c */
static inline bool el_node_is(edge_prefix_ref ref)
{
	return ref & EDGE_PREFIX_NODE;
}

static inline uint32_t el_node_kind(edge_prefix_ref ref)
{
	return ref & EDGE_PREFIX_KIND;
}

/* A node's first byte. The space goes on for the largest node behind its last unit, so a node that
 * a broken program has written to leads nowhere else (plan.c). */
char *el_node_of(const struct el_prefix_table *table, edge_prefix_ref ref);
uint32_t el_node_count(const struct el_prefix_table *table, edge_prefix_ref ref);
/* Bytes of a node with @count ranges. */
size_t el_node_size(uint32_t kind, uint32_t count);
edge_prefix_ref *el_node_refs(const struct el_prefix_table *table, edge_prefix_ref ref);
void el_node_drop(struct el_prefix_table *table, edge_prefix_ref ref);
/* The ranges of a node, or the single range of a reference to an entry. */
void el_ranges_read(const struct el_prefix_table *table, edge_prefix_ref ref,
		    struct el_ranges *ranges);
/* The number of the range that holds @key. */
uint32_t el_ranges_find(const struct el_ranges *ranges, el_address key);
/* Make a range begin at @start. Return: its number. */
uint32_t el_ranges_split(struct el_ranges *ranges, el_address start);
/* Neighbours that show the same entry become one range. */
void el_ranges_merge(struct el_ranges *ranges);
/* Write table->ranges as a node, at a depth of @bits. Return: a reference to it; or, if one entry is
 * shown everywhere, that. */
edge_prefix_ref el_ranges_write(struct el_prefix_table *table, int family, uint32_t bits);

/* ---- trie.c */
/* The number of exactly this prefix, or 0. @parent: that of the longest shorter one that holds it,
 * among those of its cell; or 0. */
uint32_t el_trie_find(const struct el_prefix_table *table, const struct el_prefix *prefix,
		      uint32_t *parent);
/* The number of the longest prefix that holds an address, or 0. */
uint32_t el_trie_match(const struct el_prefix_table *table, int family, el_address address);
/* Whether there is room to put a prefix in, or to take it out. */
bool el_trie_has_room(const struct el_prefix_table *table, const struct el_prefix *prefix);
/* Show packets the prefix with the number @number, whose entry and value stand. It replaces the
 * number @old of the same prefix, if there is one. */
void el_trie_put(struct el_prefix_table *table, const struct el_prefix *prefix, uint32_t number);
/* Show packets the parent in place of a prefix. */
void el_trie_remove(struct el_prefix_table *table, const struct el_prefix *prefix, uint32_t number);

/* ---- exact.c */
/* Whether prefixes of this length have buckets. */
bool el_exact_is(const struct el_prefix_table *table, const struct el_prefix *prefix);
/* Where the value of a prefix is, or NULL. */
char *el_exact_find(const struct el_prefix_table *table, const struct el_prefix *prefix);
/* Return: 0; -ENOSPC no bucket has room. */
int el_exact_put(struct el_prefix_table *table, const struct el_prefix *prefix, const void *value);
void el_exact_remove(struct el_prefix_table *table, const struct el_prefix *prefix);
/* The prefix in a slot. Return: its value, or NULL: the slot is free. */
const char *el_exact_slot(const struct el_prefix_table *table, int family, uint64_t number,
			  struct edge_prefix_key *key);
uint64_t el_exact_slots(const struct el_prefix_table *table, int family);
/* A slot that was emptied may be used again. */
void el_exact_free(struct el_prefix_table *table, uint32_t bucket, uint32_t slot);

#endif
