// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Look-ups in the prefix tables that loader/table/ builds. For each such table of a chain, the fuser
 * takes the bitcode of this file, with its own names, folds edge_prefix_space into it, puts the
 * table's map in place of edge_prefix_map, and calls edge_prefix_lookup() where a function calls
 * bpf_map_lookup_elem().
 *
 * The search is a global function, so that the verifier checks it once, however often it is called.
 */
#include <edge/edge.h>

#include "prefix.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} edge_prefix_map SEC(".maps");

const volatile struct edge_prefix_space edge_prefix_space = {0};

#define SPACE edge_prefix_space

/* The searches take no branch on a comparison: a mispredicted branch costs more than they do, and
 * the verifier would walk both ways. */

/* 1 if a < b, else 0 (the borrow of a - b: Hacker's Delight, 2nd edition, section 2-13) */
EDGE_INLINE __u64 below(__u64 a, __u64 b)
{
	return ((~a & b) | ((~a | b) & (a - b))) >> 63;
}

/*
 * Offsets into the space are tested for the verifier. clang must not know more of an offset than the
 * verifier does, or it leaves the test out; and the sum is in assembly, or clang moves it before the
 * test.
 */
#define UNKNOWN(offset) asm volatile("" : "+r"(offset))

EDGE_INLINE char *sum(char *space, __u64 offset)
{
	asm volatile("%0 += %1" : "+r"(space) : "r"(offset));
	return space;
}

/* Addresses with their first bit in the first bit of high. */
struct address {
	__u64 high, low;
};

/* ---------------------------------------------------------------- nodes */

/*
 * The number of the range that holds a key, of @count ranges. The range that is found begins at
 * 0, or at the last start that is not above the key. @is_above: 1 if the start before range @i is
 * above the key.
 */
#define SEARCH(count, steps, is_above)                                       \
	({                                                                   \
		__u64 at_ = 0, left_ = (count);                              \
                                                                             \
		for (int step_ = 0; step_ < (steps) && left_ > 1; step_++) { \
			__u64 half_ = left_ >> 1, i = at_ + half_ - 1;       \
                                                                             \
			at_ += half_ & ((is_above)-1);                       \
			left_ -= half_;                                      \
		}                                                            \
		at_;                                                         \
	})

EDGE_INLINE edge_prefix_ref in_short(const char *node, __u64 key)
{
	__u64 count = *(const __u16 *)(node + 4);
	const __u16 *starts = (const __u16 *)(node + sizeof(struct edge_prefix_node));
	__u64 at = SEARCH(count, 13, (key - starts[i & 8191]) >> 63);
	__u64 refs = (sizeof(struct edge_prefix_node) + (count - 1) * 2 + 3) & ~3ull;

	return *(const __u32 *)(node + ((refs + at * 4) & 0x1ffff));
}

EDGE_INLINE edge_prefix_ref in_direct(const char *node, __u64 key)
{
	return *(const __u32 *)(node + sizeof(struct edge_prefix_node) + key * 4);
}

EDGE_INLINE edge_prefix_ref in_long(const char *node, __u64 key)
{
	__u64 count = *(const __u16 *)(node + 4);
	const __u64 *starts = (const __u64 *)(node + sizeof(struct edge_prefix_node));
	__u64 at = SEARCH(count, 4, below(key, starts[i & 15]));
	__u64 refs = sizeof(struct edge_prefix_node) + (count - 1) * 8;

	return *(const __u32 *)(node + ((refs + at * 4) & 0xff));
}

EDGE_INLINE edge_prefix_ref in_longer(const char *node, struct address key)
{
	__u64 count = *(const __u16 *)(node + 4);
	const struct address *starts =
		(const struct address *)(node + sizeof(struct edge_prefix_node));
	__u64 at = SEARCH(count, 4,
			  below(key.high, starts[i & 15].high) |
				  (below(key.low, starts[i & 15].low) &
				   ~(below(key.high, starts[i & 15].high) |
				     below(starts[i & 15].high, key.high))));
	__u64 refs = sizeof(struct edge_prefix_node) + (count - 1) * 16;

	return *(const __u32 *)(node + ((refs + at * 4) & 0xff));
}

/* The entry for the rest of an address below the root cell @ref. @none: the entry where the subtree
 * has none. Return: its reference, or 0. */
EDGE_INLINE edge_prefix_ref in_subtree(char *space, edge_prefix_ref ref, struct address rest,
				       int levels, edge_prefix_ref *none)
{
	*none = 0;
	for (int level = 0; level < levels && ref & EDGE_PREFIX_NODE; level++) {
		__u64 unit = ref & EDGE_PREFIX_AT;
		const char *node;

		if (unit >= SPACE.units)
			return 0;
		node = sum(space + SPACE.nodes, unit * EDGE_PREFIX_UNIT);
		if (!level)
			*none = *(const __u32 *)node;
		switch (ref & EDGE_PREFIX_KIND) {
		case EDGE_PREFIX_SHORT:
			ref = in_short(node, rest.high >> 48);
			break;
		case EDGE_PREFIX_DIRECT:
			ref = in_direct(node, rest.high >> 48);
			break;
		case EDGE_PREFIX_LONG:
			ref = in_long(node, rest.high);
			break;
		default:
			ref = in_longer(node, rest);
		}
		rest.high = rest.high << 16 | rest.low >> 48;
		rest.low <<= 16;
	}
	return ref & EDGE_PREFIX_NODE ? 0 : ref;
}

/* ---------------------------------------------------------------- exact prefixes */

EDGE_INLINE __u64 mix(__u64 hash)
{
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93ull;
	return hash ^ hash >> 32;
}

/* Where the bucket of a hash begins. */
EDGE_INLINE __u64 bucket_of(const volatile struct edge_prefix_exact *exact, __u64 hash)
{
	__u64 number = (hash >> 32) * exact->buckets >> 32;

	return exact->at + number * exact->bucket_size;
}

/* All bits if a key is the wanted one, else none. */
EDGE_INLINE __u64 key_is(const volatile struct edge_prefix_exact *exact, const char *key,
			 struct address wanted)
{
	__u64 differs, negative;

	if (exact->key_size == 4)
		differs = *(const __u32 *)key ^ wanted.high >> 32;
	else
		differs = *(const __u64 *)key ^ wanted.high;
	if (exact->key_size == 16)
		differs |= *(const __u64 *)(key + 8) ^ wanted.low;
	negative = -differs;
	asm volatile("" : "+r"(negative)); /* else clang makes a branch of it */
	return ((differs | negative) >> 63) - 1;
}

/* The byte where the value of a key begins, or 0. */
EDGE_INLINE __u64 in_bucket(const volatile struct edge_prefix_exact *exact, const char *bucket,
			    struct address wanted, __u64 *used)
{
	__u64 nothing = *used = *(const volatile __u64 *)bucket, at = 0;

	/* On processors that reorder loads, the keys must not be older than the word: their address
	 * depends on it. */
	asm volatile("%0 ^= %0" : "+r"(nothing));
	for (__u32 slot = 0; slot < EDGE_PREFIX_SLOTS_MAX; slot++)
		if (slot < exact->slots)
			at |= key_is(exact, bucket + 8 + slot * exact->key_size + (nothing & 1),
				     wanted) &
			      -(*used >> (8 * slot) & 1) & (exact->values + slot * SPACE.stride);
	return at;
}

EDGE_INLINE __u64 in_exact(const volatile struct edge_prefix_exact *exact, char *space,
			   struct address wanted)
{
	__u64 hash = mix((wanted.high ^ SPACE.seed) * 0x9e3779b97f4a7c15ull ^ wanted.low);
	__u64 bucket = bucket_of(exact, hash), used, value;

	for (int choice = 0; choice < 2; choice++) {
		UNKNOWN(bucket);
		if (bucket >= SPACE.values)
			return 0;
		value = in_bucket(exact, sum(space, bucket), wanted, &used);
		if (value)
			return bucket + value;
		if (!(used & EDGE_PREFIX_OVERFLOWED))
			return 0;
		bucket = bucket_of(exact, hash * 0x9e3779b97f4a7c15ull);
	}
	return 0;
}

/* ---------------------------------------------------------------- lookups */

EDGE_INLINE struct address masked(struct address address, __u32 bits)
{
	if (bits <= 64)
		return (struct address){bits ? address.high & ~0ull << (64 - bits) : 0, 0};
	return (struct address){address.high, address.low & ~0ull << (128 - bits)};
}

/* Whether the table has prefixes that are longer than those in the buckets. */
EDGE_INLINE bool has_longer(const volatile struct edge_prefix_exact *exact, char *space, int family)
{
	if (exact->bits == (family ? 128 : 32))
		return false;
	return *(const volatile __u32 *)(space + offsetof(struct edge_prefix_header, longer) +
					 4 * family);
}

/* An address, and what the root has for it. */
struct search {
	struct address address, rest;
	edge_prefix_ref cell;
	int family;
};

EDGE_INLINE int levels_of(int family)
{
	return family ? EDGE_PREFIX_LEVELS : 1;
}

EDGE_INLINE __u64 value_of(edge_prefix_ref ref)
{
	__u64 number = ref & EDGE_PREFIX_NUMBER;

	return number ? SPACE.values + number * SPACE.stride : 0;
}

/*
 * The byte where the value of the longest prefix begins, or 0. The buckets come first: where the
 * nodes are needed as well, the processor loads both at the same time.
 */
EDGE_INLINE __u64 find(char *space, const struct search *search)
{
	const volatile struct edge_prefix_exact *exact = &SPACE.exact[search->family];
	edge_prefix_ref ref, none;
	__u64 value = 0;

	if (exact->bits) {
		value = in_exact(exact, space, masked(search->address, exact->bits));
		if (value && !has_longer(exact, space, search->family))
			return value;
	}
	ref = in_subtree(space, search->cell, search->rest, levels_of(search->family), &none);
	if (!ref)
		ref = none;
	if (value && !(ref & EDGE_PREFIX_WINS))
		return value;
	return value_of(ref);
}

EDGE_INLINE char *space_of(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&edge_prefix_map, &zero);
}

/* The first entry of at most @bits bits on the way up from @leaf, and then from @none. Return: its
 * number and, in the upper half, its length; or 0. */
EDGE_SUBPROGRAM __u64 edge_sub_prefix_climb(__u32 leaf, __u32 none, __u32 bits)
{
	const struct edge_prefix_entry *entry;
	char *space = space_of();
	__u64 number = leaf & EDGE_PREFIX_NUMBER;
	__u32 length;

	if (!space)
		return 0;
	for (int step = 0; step < 130; step++) {
		if (!number) {
			number = none & EDGE_PREFIX_NUMBER;
			none = 0;
		}
		if (!number || number >= SPACE.numbers)
			return 0;
		entry = (const struct edge_prefix_entry *)sum(space + SPACE.entries,
							      number * sizeof(*entry));
		length = entry->key.length - EDGE_PREFIX_FAMILY_BITS;
		if (length <= bits)
			return (__u64)length << 32 | number;
		number = entry->parent;
	}
	return 0;
}

/* Like find(), of the prefixes that have at most @bits bits. */
EDGE_INLINE __u64 find_shorter(char *space, const struct search *search, __u32 bits)
{
	const volatile struct edge_prefix_exact *exact = &SPACE.exact[search->family];
	edge_prefix_ref ref, none;
	__u64 value = 0, found;

	ref = in_subtree(space, search->cell, search->rest, levels_of(search->family), &none);
	found = edge_sub_prefix_climb(ref, none, bits);
	if (exact->bits && exact->bits <= bits && found >> 32 < exact->bits)
		value = in_exact(exact, space, masked(search->address, exact->bits));
	return value ? value : value_of((edge_prefix_ref)found);
}

EDGE_INLINE struct search search4(char *space, __u32 address)
{
	__u64 high = (__u64)address << 32, cell = high >> (64 - SPACE.root_bits);

	return (struct search){.address = {high, 0},
			       .rest = {high << SPACE.root_bits, 0},
			       .cell = *(const __u32 *)(space + SPACE.roots[0] + cell * 4)};
}

EDGE_INLINE struct search search6(char *space, struct address address)
{
	__u64 cell = address.high >> (64 - EDGE_PREFIX_ROOT6);

	return (struct search){.address = address,
			       .rest = {address.high << 16 | address.low >> 48, address.low << 16},
			       .cell = *(const __u32 *)(space + SPACE.roots[1] + cell * 4),
			       .family = 1};
}

/* Addresses are in host order. Return: the byte where the value begins, or 0. */
EDGE_SUBPROGRAM __u64 edge_sub_prefix_find4(__u32 address)
{
	char *space = space_of();
	struct search search;

	if (!space)
		return 0;
	search = search4(space, address);
	return find(space, &search);
}

EDGE_SUBPROGRAM __u64 edge_sub_prefix_find6(__u64 high, __u64 low)
{
	char *space = space_of();
	struct search search;

	if (!space)
		return 0;
	search = search6(space, (struct address){high, low});
	return find(space, &search);
}

/* A key with fewer bits than an address, which packets seldom have. */
EDGE_SUBPROGRAM __u64 edge_sub_prefix_shorter(__u32 family, __u64 high, __u64 low, __u32 bits)
{
	char *space = space_of();
	struct search search;

	if (!space)
		return 0;
	if (family == EDGE_PREFIX_IP4) {
		search = search4(space, high >> 32);
		return find_shorter(space, &search, bits);
	}
	search = search6(space, (struct address){high, low});
	return find_shorter(space, &search, bits);
}

/* Return: as for find(). Bytes that are no prefix match none, as in the kernel's trie. */
EDGE_INLINE __u64 find_key(const struct edge_prefix_key *key)
{
	__u32 family = *(const __u32 *)&key->family; /* with the unused bytes, which are 0 */
	__u32 bits = key->length - EDGE_PREFIX_FAMILY_BITS;
	const __be32 *word = key->ip.word;
	__u64 high, low;

	if (family == bpf_htonl(EDGE_PREFIX_IP4 << 24) && bits >= 32 && bits <= 128)
		return edge_sub_prefix_find4(bpf_ntohl(word[0]));
	high = (__u64)bpf_ntohl(word[0]) << 32 | bpf_ntohl(word[1]);
	low = (__u64)bpf_ntohl(word[2]) << 32 | bpf_ntohl(word[3]);
	if (family == bpf_htonl(EDGE_PREFIX_IP6 << 24) && bits == 128)
		return edge_sub_prefix_find6(high, low);
	if (bits > 128 || (family != bpf_htonl(EDGE_PREFIX_IP4 << 24) &&
			   family != bpf_htonl(EDGE_PREFIX_IP6 << 24)))
		return 0;
	return edge_sub_prefix_shorter(key->family, high, low, bits);
}

/* In place of bpf_map_lookup_elem(). The verifier knows nothing of the result of a function, so its
 * limits and its alignment are shown to it here. */
__attribute__((always_inline)) void *edge_prefix_lookup(const void *bytes)
{
	char *space = space_of();
	__u64 at = find_key(bytes);

	if (SPACE.stride % 8)
		asm volatile("%0 &= -4" : "+r"(at));
	else
		asm volatile("%0 &= -8" : "+r"(at));
	if (!space || !at || at > SPACE.size - SPACE.stride)
		return NULL;
	return sum(space, at);
}
