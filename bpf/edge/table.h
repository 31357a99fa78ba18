/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_TABLE_H
#define EDGE_TABLE_H
/*
 * State: maps, and lookups in them.
 *
 * Two layers. EDGE_TABLE(), EDGE_CACHE() and EDGE_PREFIX_TABLE() declare the kind of lookup, not
 * the kind of map: today the kernel's maps serve them, faster tables may later, without a change of
 * any function. Below them, each kind of kernel map has a macro, for a function that needs that
 * kind. All maps have types for key and value, so that every tool prints them field by field.
 */
#include <edge/internal/key.h>

/**
 * EDGE_TABLE() - define a table with exact keys, which refuses new keys when it is full
 * @name:    the map's name
 * @key:     the type of its keys, whose padding must be zero
 * @value:   the type of its values
 * @entries: how many there is room for
 */
#define EDGE_TABLE(name, key, value, entries) EDGE_HASH(name, key, value, entries)

/**
 * EDGE_CACHE() - define a table with exact keys, which forgets entries that were not used for long
 * @name, @key, @value, @entries: as for EDGE_TABLE()
 *
 * It does so before it is full: each processor takes free places in batches of up to 128 and keeps
 * them for itself, and when it finds none, it frees a batch of entries (kernel/bpf/bpf_lru_list.c).
 * So give it more room than there are entries that must stay, by 128 for each processor, or use
 * EDGE_TABLE().
 */
#define EDGE_CACHE(name, key, value, entries) EDGE_LRU(name, key, value, entries)

/**
 * EDGE_PREFIX_TABLE() - define a table of prefixes of both families, with longest-prefix lookups
 * @name, @value, @entries: as for EDGE_TABLE()
 *
 * Its keys are set as struct edge_prefix, and held as struct edge_prefix_key.
 */
#define EDGE_PREFIX_TABLE(name, value, entries) EDGE_LPM(name, struct edge_prefix, value, entries)

/* The kernel's kinds. @key and @value are types, @entries is how many there is room for. */
#define EDGE_ARRAY(name, value, entries) \
	EDGE_MAP(name, BPF_MAP_TYPE_ARRAY, __u32, value, entries, 0)

/* Each processor has a value of its own, and a reader sums them up. */
#define EDGE_PERCPU_ARRAY(name, value, entries) \
	EDGE_MAP(name, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, value, entries, 0)

#define EDGE_HASH(name, key, value, entries) \
	EDGE_MAP(name, BPF_MAP_TYPE_HASH, key, value, entries, 0)

#define EDGE_PERCPU_HASH(name, key, value, entries) \
	EDGE_MAP(name, BPF_MAP_TYPE_PERCPU_HASH, key, value, entries, 0)

/* A new entry replaces an entry that was not used for long, also before the map is full: see
 * EDGE_CACHE(). */
#define EDGE_LRU(name, key, value, entries) \
	EDGE_MAP(name, BPF_MAP_TYPE_LRU_HASH, key, value, entries, 0)

#define EDGE_PERCPU_LRU(name, key, value, entries) \
	EDGE_MAP(name, BPF_MAP_TYPE_LRU_PERCPU_HASH, key, value, entries, 0)

/*
 * Longest prefix match: @key begins with a __u32, the prefix's length in bits. Of the key struct
 * edge_prefix a struct edge_prefix_key is made, in which no IPv6 prefix holds an IPv4 address.
 */
#define EDGE_LPM(name, key, value, entries)                              \
	EDGE_MAP(name, BPF_MAP_TYPE_LPM_TRIE,                            \
		 typeof(*_Generic((typeof(key) *)0, struct edge_prefix * \
				  : (struct edge_prefix_key *)0, default \
				  : (typeof(key) *)0)),                  \
		 value, entries, BPF_F_NO_PREALLOC)

/* A map of any other kind; @flags are BPF_F_*. */
#define EDGE_MAP(name, kind, key_, value_, entries, flags) \
	struct {                                           \
		__uint(type, kind);                        \
		__uint(max_entries, entries);              \
		__uint(map_flags, flags);                  \
		__type(key, key_);                         \
		__type(value, value_);                     \
	} name SEC(".maps")

/**
 * edge_table_lookup() - find a key
 * @table: &name, of any table without prefixes
 * @key:   a pointer to the key, of the table's type, on the stack, its padding zero
 *
 * Return: a pointer to the value, to read and write in place, or NULL. Other processors may write
 * to it at the same time: count with edge_add().
 * Hooks: all. Cost: 25 ns small, 230 at a million random keys.
 */
#define edge_table_lookup(table, key_)                                         \
	({                                                                     \
		EDGE_TABLE_KEY(table, key_);                                   \
		(typeof((table)->value))bpf_map_lookup_elem(table, edge_key_); \
	})

/*
 * Before kernel 6.4, the functions behind these helpers return an int, and the calls are made
 * directly: the upper half of the register says nothing (linux d7ba4cc900bf). Hence the casts.
 */

/**
 * edge_table_update() - set a key to a value
 * @table: &name, of any table
 * @key:   a pointer to the key: of the table's type; of a prefix table, to a struct edge_prefix
 * @value: a pointer to the value, of the table's type
 *
 * Return: 0; -E2BIG or -ENOSPC the table is full; -ENOMEM.
 * Hooks: all. Cost: a helper call.
 */
#define edge_table_update(table, key_, value__)                                         \
	({                                                                              \
		EDGE_TABLE_KEY(table, key_);                                            \
		EDGE_TABLE_VALUE(table, value__)                                        \
		(long)(int)bpf_map_update_elem(table, edge_key_, edge_value_, BPF_ANY); \
	})

/**
 * edge_table_insert() - set a key that is not in the table yet
 * @table, @key, @value: as for edge_table_update()
 *
 * Return: as edge_table_update(); -EEXIST the key is in the table.
 * Hooks: all. Cost: a helper call.
 */
#define edge_table_insert(table, key_, value__)                                             \
	({                                                                                  \
		EDGE_TABLE_KEY(table, key_);                                                \
		EDGE_TABLE_VALUE(table, value__)                                            \
		(long)(int)bpf_map_update_elem(table, edge_key_, edge_value_, BPF_NOEXIST); \
	})

/**
 * edge_table_delete() - remove a key
 * @table, @key: as for edge_table_update()
 *
 * Return: 0; -ENOENT the key is not in the table.
 * Hooks: all. Cost: a helper call.
 */
#define edge_table_delete(table, key_)                            \
	({                                                        \
		EDGE_TABLE_KEY(table, key_);                      \
		(long)(int)bpf_map_delete_elem(table, edge_key_); \
	})

/**
 * edge_add() - add to a counter that other processors add to as well
 * @counter: a pointer to an edge_counter, or to any integer of 32 or 64 bits
 * @number:  how much
 *
 * Hooks: all. Cost: 5 ns if no other processor adds at the same time.
 */
#define edge_add(counter, number) ((void)__sync_fetch_and_add(counter, number))

/**
 * edge_prefix_lookup_source() - find the longest prefix that holds the packet's source
 * @table: &name, of an EDGE_PREFIX_TABLE()
 * @pkt:   the packet
 *
 * edge_prefix_lookup_destination() does it for the destination; edge_prefix_lookup_ip4(),
 * edge_prefix_lookup_ip6() and edge_prefix_lookup_ip() for an address: an edge_ip4, a pointer to a
 * struct in6_addr, a struct edge_ip.
 *
 * A prefix of one family never holds an address of the other: ::/0 is all of IPv6 and nothing of
 * IPv4. An IPv6 packet's address of the form ::ffff:a.b.c.d is an IPv6 address; in a struct edge_ip
 * it is IPv4.
 *
 * Return: a pointer to the prefix's value, or NULL: no prefix holds the address, or the packet is
 * neither IPv4 nor IPv6.
 * Hooks: all. Cost: 9 ns small, 110 at 10,000 prefixes, 1,350 at a million.
 */
#define edge_prefix_lookup_source(table, pkt) \
	EDGE_PREFIX_FIND(table, edge_prefix_find_source(table, pkt))
#define edge_prefix_lookup_destination(table, pkt) \
	EDGE_PREFIX_FIND(table, edge_prefix_find_destination(table, pkt))
#define edge_prefix_lookup_ip4(table, address) \
	EDGE_PREFIX_FIND(table, edge_prefix_find_ip4(table, address))
#define edge_prefix_lookup_ip6(table, address) \
	EDGE_PREFIX_FIND(table, edge_prefix_find_ip6(table, address))
#define edge_prefix_lookup_ip(table, ip) EDGE_PREFIX_FIND(table, edge_prefix_find_ip(table, ip))

#endif
