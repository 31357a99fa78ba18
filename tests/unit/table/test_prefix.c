// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Prefix tables in memory: random changes, after each of which the table must answer as a list does
 * that is searched from end to end. The tables are small, so that every kind of node, of bucket and
 * of overflow is reached; some have the layout of a map, which has little room to spare.
 */
#include <setjmp.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "table/prefix.h"

enum { PREFIXES = 400, STEPS = 2400, VALUE = 16 };

/* xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators") */
static uint64_t chance;

static uint32_t number(uint32_t below)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (uint32_t)((chance * 0x2545F4914F6CDD1Dull) >> 32) % below;
}

/* One prefix, and whether the table has it. */
struct listed {
	struct edge_prefix_key key;
	char value[VALUE];
	bool in;
};

struct world {
	struct el_prefix_table *table;
	struct listed list[PREFIXES];
	uint32_t count;
};

/* ---------------------------------------------------------------- addresses */

static uint32_t width(int family)
{
	return family == EDGE_PREFIX_IP4 ? 32 : 128;
}

static bool bit(const uint8_t *bytes, uint32_t at)
{
	return bytes[at / 8] >> (7 - at % 8) & 1;
}

static void set_bit(uint8_t *bytes, uint32_t at, bool value)
{
	bytes[at / 8] =
		(uint8_t)((bytes[at / 8] & ~(0x80 >> at % 8)) | (value ? 0x80 >> at % 8 : 0));
}

/* A prefix near one of four addresses, so that prefixes hold each other. */
static struct edge_prefix_key random_prefix(uint32_t common)
{
	struct edge_prefix_key key = {.family = number(2) ? EDGE_PREFIX_IP4 : EDGE_PREFIX_IP6};
	uint8_t *bytes = (uint8_t *)&key.ip;
	uint32_t bits = width(key.family), from = number(bits + 1), near = number(4);
	uint32_t length = number(3) ? number(bits + 1) : common % (bits + 1);

	for (uint32_t i = 0; i < length; i++)
		set_bit(bytes, i, i < from ? (near * 0x9e3779b1u) >> (i % 32) & 1 : number(2));
	key.length = EDGE_PREFIX_FAMILY_BITS + length;
	return key;
}

static bool holds(const struct edge_prefix_key *prefix, const struct edge_prefix_key *key)
{
	if (prefix->family != key->family || prefix->length > key->length)
		return false;
	for (uint32_t i = 0; i + EDGE_PREFIX_FAMILY_BITS < prefix->length; i++)
		if (bit((const uint8_t *)&prefix->ip, i) != bit((const uint8_t *)&key->ip, i))
			return false;
	return true;
}

/* An address in a prefix, or beside it. */
static struct edge_prefix_key address_near(const struct edge_prefix_key *prefix)
{
	struct edge_prefix_key key = *prefix;
	uint32_t bits = width(key.family), how = number(4);

	for (uint32_t i = key.length - EDGE_PREFIX_FAMILY_BITS; i < bits; i++)
		set_bit((uint8_t *)&key.ip, i, how == 0 ? false : how == 1 ? true : number(2));
	if (how == 3)
		set_bit((uint8_t *)&key.ip, number(bits), number(2));
	key.length = EDGE_PREFIX_FAMILY_BITS + bits;
	return key;
}

/* ---------------------------------------------------------------- comparison */

static const struct listed *longest(const struct world *world, const struct edge_prefix_key *key)
{
	const struct listed *best = NULL;

	for (uint32_t i = 0; i < PREFIXES; i++)
		if (world->list[i].in && holds(&world->list[i].key, key) &&
		    (!best || world->list[i].key.length > best->key.length))
			best = &world->list[i];
	return best;
}

static void check_match(const struct world *world)
{
	const struct edge_prefix_key key = address_near(&world->list[number(PREFIXES)].key);
	const struct listed *best = longest(world, &key);
	const char *found = el_prefix_match(world->table, &key);

	assert_int_equal(found != NULL, best != NULL);
	if (best)
		assert_memory_equal(found, best->value, VALUE);
}

static void check_get(const struct world *world, const struct listed *listed)
{
	const char *found = el_prefix_get(world->table, &listed->key);

	assert_int_equal(found != NULL, listed->in);
	if (found)
		assert_memory_equal(found, listed->value, VALUE);
}

static const struct listed *find_listed(const struct world *world,
					const struct edge_prefix_key *key)
{
	for (uint32_t i = 0; i < PREFIXES; i++)
		if (!memcmp(&world->list[i].key, key, sizeof(*key)))
			return &world->list[i];
	return NULL;
}

static void check_walk(const struct world *world)
{
	struct edge_prefix_key key;
	uint64_t cursor = 0;
	const char *value;
	uint32_t seen = 0;

	while (el_prefix_next(world->table, &cursor, &key, &value)) {
		const struct listed *listed = find_listed(world, &key);

		assert_non_null(listed);
		assert_true(listed->in);
		assert_memory_equal(value, listed->value, VALUE);
		seen++;
	}
	assert_int_equal(seen, world->count);
	assert_int_equal(el_prefix_count(world->table), world->count);
}

/* ---------------------------------------------------------------- changes */

static void put(struct world *world, struct listed *listed)
{
	for (int i = 0; i < VALUE; i++)
		listed->value[i] = (char)number(256);
	assert_int_equal(el_prefix_set(world->table, &listed->key, listed->value, BPF_ANY), 0);
	world->count += !listed->in;
	listed->in = true;
}

static void drop(struct world *world, struct listed *listed)
{
	assert_int_equal(el_prefix_delete(world->table, &listed->key), listed->in ? 0 : -ENOENT);
	world->count -= listed->in;
	listed->in = false;
}

static void fill_list(struct world *world, uint32_t common)
{
	for (uint32_t i = 0; i < PREFIXES; i++) {
		struct edge_prefix_key key;

		do
			key = random_prefix(common);
		while (find_listed(world, &key));
		world->list[i].key = key;
	}
}

/* Go on in an empty table with the layout of a map that is made for the prefixes of the list. */
static void tighten(struct world *world)
{
	struct edge_prefix_header *header = world->table->header;
	struct edge_prefix_space space;

	for (uint32_t i = 0; i < PREFIXES; i++)
		assert_int_equal(el_prefix_set(world->table, &world->list[i].key,
					       world->list[i].value, BPF_ANY),
				 0);
	el_prefix_fit(world->table, &space);
	assert_true(space.size < world->table->space.size);
	memset(world->table->base, 0, world->table->space.size);
	*header = (struct edge_prefix_header){.magic = EDGE_PREFIX_MAGIC,
					      .room = PREFIXES,
					      .space = space,
					      .used_units = 1,
					      .used_numbers = 1};
	world->table->space = space;
	world->table->entries =
		(struct edge_prefix_entry *)(void *)(world->table->base + space.entries);
}

static void run(struct world *world)
{
	for (int step = 0; step < STEPS; step++) {
		struct listed *listed = &world->list[number(PREFIXES)];

		if (step < STEPS - PREFIXES && number(3))
			put(world, listed);
		else
			drop(world, listed);
		if (!number(16))
			el_prefix_commit(world->table);
		for (int i = 0; i < (step % 64 ? 4 : PREFIXES); i++)
			check_match(world);
		check_get(world, listed);
		if (!(step % 256))
			check_walk(world);
	}
	for (uint32_t i = 0; i < PREFIXES; i++)
		check_get(world, &world->list[i]);
}

/* What a table is made for. */
struct expected {
	uint32_t count4, bits4; /* so many prefixes of this length */
	uint32_t count6, bits6;
	bool live, tight;
	uint32_t buckets; /* so few that they overflow; 0: as planned */
};

static void check_table(const struct expected *expected)
{
	struct el_prefix_counts *counts = calloc(1, sizeof(*counts));
	struct world *world = calloc(1, sizeof(*world));
	size_t size;

	assert_non_null(counts);
	assert_non_null(world);
	counts->of[0][expected->bits4] = expected->count4;
	counts->of[1][expected->bits6] = expected->count6;
	assert_int_equal(el_prefix_build_open(counts, VALUE, PREFIXES, &world->table), 0);
	for (int family = 0; expected->buckets && family < 2; family++)
		world->table->space.exact[family].buckets =
			world->table->header->space.exact[family].buckets = expected->buckets;
	world->table->live = expected->live;
	fill_list(world, expected->bits4);
	size = world->table->space.size;
	if (expected->tight)
		tighten(world);
	run(world);
	world->table->space.size = (uint32_t)size; /* of the memory, for munmap() */
	el_prefix_free(world->table);
	free(world);
	free(counts);
}

static void test_tries(void **state)
{
	(void)state;
	check_table(&(struct expected){.count4 = 100});
	check_table(&(struct expected){.count4 = 100, .live = true});
	check_table(&(struct expected){.count4 = 10000, .bits4 = 8, .live = true}); /* root 20 */
	check_table(&(struct expected){.count4 = 300000, .bits4 = 8});		    /* root 24 */
	check_table(&(struct expected){.count4 = 100, .tight = true});
}

static void test_buckets(void **state)
{
	(void)state;
	check_table(&(struct expected){.count4 = 5000, .bits4 = 32, .count6 = 5000, .bits6 = 64});
	check_table(&(struct expected){
		.count4 = 5000, .bits4 = 24, .count6 = 5000, .bits6 = 128, .live = true});
	check_table(&(struct expected){.count4 = 5000, .bits4 = 32, .tight = true});
}

/* Prefixes that find their buckets full are in the trie. */
static void test_overflow(void **state)
{
	(void)state;
	check_table(&(struct expected){
		.count4 = 5000, .bits4 = 32, .count6 = 5000, .bits6 = 48, .buckets = 2});
	check_table(&(struct expected){.count4 = 5000,
				       .bits4 = 28,
				       .count6 = 5000,
				       .bits6 = 64,
				       .buckets = 2,
				       .live = true});
}

/* ---------------------------------------------------------------- refusals */

static struct edge_prefix_key ip4(uint32_t address, uint32_t bits)
{
	struct edge_prefix_key key = {.length = EDGE_PREFIX_FAMILY_BITS + bits,
				      .family = EDGE_PREFIX_IP4};

	key.ip.word[0] = __builtin_bswap32(address);
	return key;
}

static void test_refusals(void **state)
{
	static const struct el_prefix_counts none;
	struct edge_prefix_key key = ip4(0x0a000000, 8), bad = ip4(0x0a000000, 33);
	struct el_prefix_table *table;
	uint64_t value = 7;

	(void)state;
	assert_int_equal(el_prefix_build_open(&none, sizeof(value), 2, &table), 0);
	assert_int_equal(el_prefix_set(table, &key, &value, BPF_EXIST), -ENOENT);
	assert_int_equal(el_prefix_set(table, &key, &value, BPF_NOEXIST), 0);
	assert_int_equal(el_prefix_set(table, &key, &value, BPF_NOEXIST), -EEXIST);
	assert_int_equal(el_prefix_set(table, &bad, &value, BPF_ANY), -EINVAL);
	bad = key;
	bad.family = 5;
	assert_int_equal(el_prefix_set(table, &bad, &value, BPF_ANY), -EINVAL);
	assert_int_equal(el_prefix_delete(table, &bad), -EINVAL);
	bad.family = EDGE_PREFIX_IP4;
	bad.length = 8; /* less than the family */
	assert_int_equal(el_prefix_set(table, &bad, &value, BPF_ANY), -EINVAL);
	key = ip4(0x0b000000, 8);
	assert_int_equal(el_prefix_set(table, &key, &value, BPF_ANY), 0);
	key = ip4(0x0c000000, 8);
	assert_int_equal(el_prefix_set(table, &key, &value, BPF_ANY), -ENOSPC);
	assert_int_equal(el_prefix_count(table), 2);
	el_prefix_free(table);
}

/* A change that a killed process left half done is done again by the next change. */
static void test_killed(void **state)
{
	static const struct el_prefix_counts none;
	struct edge_prefix_key key = ip4(0x0a010000, 24), other = ip4(0x0b000000, 8);
	struct el_prefix_table *table;
	uint64_t value = 7;
	uint32_t entry;

	(void)state;
	assert_int_equal(el_prefix_build_open(&none, sizeof(value), 8, &table), 0);
	assert_int_equal(el_prefix_set(table, &key, &value, BPF_ANY), 0);
	entry = table->header->used_numbers - 1;
	table->header->removing = 1; /* killed before the first store of a removal */
	table->header->changing = entry;
	assert_int_equal(el_prefix_set(table, &other, &value, BPF_ANY), 0);
	assert_int_equal(table->header->changing, 0);
	assert_null(el_prefix_get(table, &key));
	assert_non_null(el_prefix_get(table, &other));
	el_prefix_free(table);
}

static int set_chance(void **state)
{
	(void)state;
	chance = 88172645463325252ull;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_tries, set_chance),
		cmocka_unit_test_setup(test_buckets, set_chance),
		cmocka_unit_test_setup(test_overflow, set_chance),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
