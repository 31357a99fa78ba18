/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_TABLE_H
#define EL_TABLE_H
/*
 * The SDK's own tables: built and changed through mmap(), while programs of the kernel look at them.
 *
 * A prefix table (bpf/chain/prefix.h) is one array map with one value. It is first built in memory
 * of this process, which tells how large it must be, and then copied into a map. One process at a
 * time may change a table; the caller holds the lock of the map's entries.
 *
 * Functions return 0 or -errno and note no error: map/ knows the map's name.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/chain/prefix.h"

struct el_prefix_table;

/* How many prefixes there will be, by family (0: IPv4, 1: IPv6) and length. */
struct el_prefix_counts {
	uint32_t of[2][129];
};

/**
 * el_prefix_build_open() - an empty table in memory of this process
 * @counts:     the prefixes to expect
 * @value_size: of a value, in bytes
 * @room:       how many prefixes the table may hold
 *
 * Return: 0; -ENOMEM; -E2BIG the table would be larger than a map may be.
 */
int el_prefix_build_open(const struct el_prefix_counts *counts, uint32_t value_size, uint32_t room,
			 struct el_prefix_table **out);
/* Count one more prefix. Bytes that are no prefix are not counted. */
void el_prefix_counts_add(struct el_prefix_counts *counts, const struct edge_prefix_key *key);
/* The layout for a map that holds what @table holds, and a quarter more. */
void el_prefix_fit(const struct el_prefix_table *table, struct edge_prefix_space *space);

/**
 * el_prefix_open() - open the table in a map
 * @fd:   the map: BPF_MAP_TYPE_ARRAY with BPF_F_MMAPABLE and one entry
 * @live: programs look at it
 *
 * Return: 0; -EPROTO the map has no sound table; -ENOMEM; -EPERM.
 */
int el_prefix_open(int fd, bool live, struct el_prefix_table **out);
/* Whether programs look at the table from now on. */
void el_prefix_set_live(struct el_prefix_table *table, bool live);
void el_prefix_free(struct el_prefix_table *table);

/* Write an empty table into a new map of @space->size bytes. Return: 0; -errno. */
int el_prefix_format(int fd, const struct edge_prefix_space *space, uint32_t room);

const struct edge_prefix_space *el_prefix_space(const struct el_prefix_table *table);
uint32_t el_prefix_value_size(const struct el_prefix_table *table);
/* How many prefixes the table may hold. */
uint32_t el_prefix_room(const struct el_prefix_table *table);
uint32_t el_prefix_count(const struct el_prefix_table *table);
/* Where the value of exactly this prefix is, or NULL. */
char *el_prefix_get(const struct el_prefix_table *table, const struct edge_prefix_key *key);
/* Where the value of the longest prefix that holds the address of @key is, or NULL. */
char *el_prefix_match(const struct el_prefix_table *table, const struct edge_prefix_key *key);
/**
 * el_prefix_set() - set a prefix to a value
 * @flags: BPF_ANY, BPF_NOEXIST or BPF_EXIST
 *
 * A packet finds the old value or the new one. Return: 0; -EEXIST, -ENOENT as the flags ask; -ENOSPC
 * the table holds as many prefixes as it may; -EXFULL it has no room for this one, but a larger
 * layout would; -EINVAL it is no prefix.
 */
int el_prefix_set(struct el_prefix_table *table, const struct edge_prefix_key *key,
		  const void *value, uint64_t flags);
/* Return: 0; -ENOENT; -EINVAL. */
int el_prefix_delete(struct el_prefix_table *table, const struct edge_prefix_key *key);
/* Wait until no program looks at what was taken away since the last time, so that its room can be
 * used again. Without it, the room is lost when the process ends. */
void el_prefix_commit(struct el_prefix_table *table);
/**
 * el_prefix_next() - read one prefix after the other
 * @cursor: 0 at the start
 *
 * Return: whether there was one more. In no order.
 */
bool el_prefix_next(const struct el_prefix_table *table, uint64_t *cursor,
		    struct edge_prefix_key *key, const char **value);

/* ---- grace.c */
/* Wait until every program that runs now has ended (a grace period of RCU). */
void el_grace_period(void);

#endif
