// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The buckets of a prefix table: prefixes of one length, each with its value, found by one or two
 * cache lines. A prefix has two buckets, and is in the second only if there was no room in the
 * first. If neither has room, it goes to the trie, which packets search as well.
 *
 * A slot that was emptied rests until a grace period has passed.
 */
#include <errno.h>
#include <string.h>

#include "table/prefix.h"

/* The states of a slot, in the bucket's word. Packets look at the first bit alone. */
enum { FREE = 0, USED = 1, RESTING = 2 };

/* One of the two buckets of a prefix. */
struct bucket {
	const struct edge_prefix_exact *exact;
	char *at;
};

/* As in prefix.bpf.c. The upper half of the hash chooses the bucket. */
static uint64_t mix(uint64_t hash)
{
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93ull;
	return hash ^ hash >> 32;
}

static uint64_t hash_of(const struct el_prefix_table *table, el_address address)
{
	return mix((((uint64_t)(address >> 64) ^ table->space.seed) * 0x9e3779b97f4a7c15ull) ^
		   (uint64_t)address);
}

static struct bucket bucket_of(const struct el_prefix_table *table, const struct el_prefix *prefix,
			       bool second)
{
	const struct edge_prefix_exact *exact = &table->space.exact[prefix->family];
	uint64_t hash = hash_of(table, prefix->first);

	if (second)
		hash *= 0x9e3779b97f4a7c15ull;
	return (struct bucket){exact,
			       table->base + exact->at +
				       ((hash >> 32) * exact->buckets >> 32) * exact->bucket_size};
}

static uint64_t word_of(const struct bucket *bucket)
{
	uint64_t word;

	memcpy(&word, bucket->at, sizeof(word));
	return word;
}

static unsigned int state(uint64_t word, uint32_t slot)
{
	return word >> (8 * slot) & 0xff;
}

static uint64_t with_state(uint64_t word, uint32_t slot, uint64_t value)
{
	return (word & ~(0xffull << (8 * slot))) | value << (8 * slot);
}

static void publish(const struct bucket *bucket, uint64_t word)
{
	__atomic_store_n((uint64_t *)(void *)bucket->at, word, __ATOMIC_RELEASE);
}

static char *key_at(const struct bucket *bucket, uint32_t slot)
{
	return bucket->at + 8 + (size_t)slot * bucket->exact->key_size;
}

static char *value_at(const struct el_prefix_table *table, const struct bucket *bucket,
		      uint32_t slot)
{
	return bucket->at + bucket->exact->values + (size_t)slot * table->space.stride;
}

/* A key is the first key_size bytes of an address, as numbers in host order. */
static void write_key(const struct bucket *bucket, uint32_t slot, el_address address)
{
	uint64_t words[2] = {(uint64_t)(address >> 64), (uint64_t)address};
	uint32_t half = (uint32_t)(words[0] >> 32);

	memcpy(key_at(bucket, slot), bucket->exact->key_size == 4 ? (void *)&half : words,
	       bucket->exact->key_size);
}

static el_address read_key(const struct bucket *bucket, uint32_t slot)
{
	uint64_t words[2] = {0};
	uint32_t half;

	if (bucket->exact->key_size == 4) {
		memcpy(&half, key_at(bucket, slot), sizeof(half));
		return (el_address)half << 96;
	}
	memcpy(words, key_at(bucket, slot), bucket->exact->key_size);
	return (el_address)words[0] << 64 | words[1];
}

static bool find_in(const struct bucket *bucket, el_address address, uint32_t *slot)
{
	uint64_t word = word_of(bucket);

	for (*slot = 0; *slot < bucket->exact->slots; ++*slot)
		if (state(word, *slot) == USED && read_key(bucket, *slot) == address)
			return true;
	return false;
}

static bool find(const struct el_prefix_table *table, const struct el_prefix *prefix,
		 struct bucket *bucket, uint32_t *slot)
{
	for (int second = 0; second < 2; second++) {
		*bucket = bucket_of(table, prefix, second);
		if (find_in(bucket, prefix->first, slot))
			return true;
	}
	return false;
}

/* A slot in a state other than USED. */
static bool find_state(const struct bucket *bucket, unsigned int wanted, uint32_t *slot)
{
	uint64_t word = word_of(bucket);

	for (*slot = 0; *slot < bucket->exact->slots; ++*slot)
		if (state(word, *slot) == wanted)
			return true;
	return false;
}

/* Find a free slot in one of two buckets. If there is none, those that rest become free, also those
 * of a process that was killed. */
static bool find_free(struct el_prefix_table *table, struct bucket buckets[2], bool *second,
		      uint32_t *slot)
{
	for (*second = false;; *second = true) {
		if (find_state(&buckets[*second], FREE, slot))
			return true;
		if (*second)
			break;
	}
	if (!find_state(&buckets[0], RESTING, slot) && !find_state(&buckets[1], RESTING, slot))
		return false;
	el_prefix_commit(table);
	for (*second = false;; *second = true) {
		if (find_state(&buckets[*second], FREE, slot) ||
		    find_state(&buckets[*second], RESTING, slot))
			return true;
		if (*second)
			return false;
	}
}

bool el_exact_is(const struct el_prefix_table *table, const struct el_prefix *prefix)
{
	uint32_t bits = table->space.exact[prefix->family].bits;

	return bits && bits == prefix->bits;
}

char *el_exact_find(const struct el_prefix_table *table, const struct el_prefix *prefix)
{
	struct bucket bucket;
	uint32_t slot;

	return find(table, prefix, &bucket, &slot) ? value_at(table, &bucket, slot) : NULL;
}

static void remove_slot(struct el_prefix_table *table, const struct bucket *bucket, uint32_t slot)
{
	publish(bucket, with_state(word_of(bucket), slot, RESTING));
	el_space_drop_slot(table, (uint32_t)(bucket->at - table->base), slot);
}

void el_exact_free(struct el_prefix_table *table, uint32_t bucket, uint32_t slot)
{
	const struct bucket at = {NULL, table->base + bucket};

	if (state(word_of(&at), slot) == RESTING)
		publish(&at, with_state(word_of(&at), slot, FREE));
}

/* Where both buckets are full, a value is overwritten in its place, 8 bytes by 8: a packet may see
 * the new half of a longer value with the old half, as it does in an array of the kernel. */
static void overwrite(const struct el_prefix_table *table, char *place, const void *value)
{
	uint64_t word;

	for (uint32_t at = 0; at < table->space.value_size; at += sizeof(word)) {
		uint32_t left = table->space.value_size - at;

		word = 0;
		memcpy(&word, (const char *)value + at, left < sizeof(word) ? left : sizeof(word));
		__atomic_store_n((uint64_t *)(void *)(place + at), word, __ATOMIC_RELAXED);
	}
}

int el_exact_put(struct el_prefix_table *table, const struct el_prefix *prefix, const void *value)
{
	struct bucket old,
		buckets[2] = {bucket_of(table, prefix, false), bucket_of(table, prefix, true)},
		*into;
	bool replaces, second;
	uint32_t old_slot, slot;
	uint64_t word;

	if (!find_free(table, buckets, &second, &slot)) {
		if (!find(table, prefix, &old, &old_slot))
			return -ENOSPC;
		overwrite(table, value_at(table, &old, old_slot), value);
		return 0;
	}
	into = &buckets[second];
	replaces = find(table, prefix, &old, &old_slot);
	write_key(into, slot, prefix->first);
	memcpy(value_at(table, into, slot), value, table->space.value_size);
	word = with_state(word_of(into), slot, USED);
	if (replaces && old.at == into->at) /* one store shows the new one and hides the old one */
		word = with_state(word, old_slot, RESTING);
	publish(into, word);
	if (second && buckets[0].at != into->at)
		publish(&buckets[0], word_of(&buckets[0]) | EDGE_PREFIX_OVERFLOWED);
	if (replaces && old.at == into->at)
		el_space_drop_slot(table, (uint32_t)(old.at - table->base), old_slot);
	else if (replaces)
		remove_slot(table, &old, old_slot);
	return 0;
}

void el_exact_remove(struct el_prefix_table *table, const struct el_prefix *prefix)
{
	struct bucket bucket;
	uint32_t slot;

	if (find(table, prefix, &bucket, &slot))
		remove_slot(table, &bucket, slot);
}

uint64_t el_exact_slots(const struct el_prefix_table *table, int family)
{
	const struct edge_prefix_exact *exact = &table->space.exact[family];

	return exact->bits ? (uint64_t)exact->buckets * exact->slots : 0;
}

const char *el_exact_slot(const struct el_prefix_table *table, int family, uint64_t number,
			  struct edge_prefix_key *key)
{
	const struct edge_prefix_exact *exact = &table->space.exact[family];
	struct bucket bucket = {exact, table->base + exact->at +
					       number / exact->slots * exact->bucket_size};
	uint32_t slot = (uint32_t)(number % exact->slots);

	if (state(word_of(&bucket), slot) != USED)
		return NULL;
	el_prefix_key_of(key, family, exact->bits, read_key(&bucket, slot));
	return value_at(table, &bucket, slot);
}
