// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * How large the parts of a prefix table are, and which length of each family has buckets.
 *
 * The table is first built with room for the worst, in memory that costs nothing until it is
 * written, and then copied into a map of the size that it took, and a quarter more.
 */
#include <errno.h>
#include <string.h>

#include "table/prefix.h"

/* A map's value may be 2^29 - 1 bytes, the verifier's BPF_MAX_VAR_OFF. */
#define EL_SPACE_MAX (1ull << 29)

/* Buckets are worth it for so many prefixes of a length, if they are most of their family's. */
#define EL_EXACT_MIN 4096

static uint32_t round_up(uint64_t number, uint32_t to)
{
	return (uint32_t)((number + to - 1) / to * to);
}

/* ---------------------------------------------------------------- buckets */

static uint32_t slots_in(uint32_t size, uint32_t key_size, uint32_t stride)
{
	uint32_t slots = EDGE_PREFIX_SLOTS_MAX;

	while (slots && round_up(8 + slots * key_size, 8) + slots * stride > size)
		slots--;
	return slots;
}

/* Buckets for @count prefixes. One cache line, if three fit in; else as many lines as three need. */
static void plan_exact(struct edge_prefix_exact *exact, uint32_t bits, uint64_t count,
		       uint32_t stride)
{
	exact->bits = bits;
	exact->key_size = bits <= 32 ? 4 : bits <= 64 ? 8 : 16;
	exact->bucket_size = 64;
	while (slots_in(exact->bucket_size, exact->key_size, stride) < 3)
		exact->bucket_size += 64;
	exact->slots = slots_in(exact->bucket_size, exact->key_size, stride);
	exact->values = round_up(8 + exact->slots * exact->key_size, 8);
	/* At four fifths, one prefix in about fifty finds both of its buckets full. */
	exact->buckets = (uint32_t)(count * 5 / 4 / exact->slots + 16);
}

static uint64_t total_of(const uint32_t of[129], uint32_t from, uint32_t to)
{
	uint64_t total = 0;

	for (uint32_t bits = from; bits <= to; bits++)
		total += of[bits];
	return total;
}

/* The length of most prefixes, if it is long enough for buckets; or 0. */
static uint32_t common_length(const uint32_t of[129], int family)
{
	uint64_t total = total_of(of, 0, 128);

	for (uint32_t bits = family ? 33 : 17; bits <= (family ? 128u : 32u); bits++)
		if (of[bits] >= EL_EXACT_MIN && of[bits] > total / 2)
			return bits;
	return 0;
}

/* ---------------------------------------------------------------- the parts */

/* The root of IPv4: a prefix that is no longer is found by one access. With buckets for most of the
 * prefixes, a small root that stays in the cache is faster. */
static uint32_t root_bits(uint64_t count, bool has_buckets)
{
	if (has_buckets)
		return count > 100000 ? 18 : 16;
	return count > 200000 ? 24 : count > 8000 ? 20 : 16;
}

/* Lay the parts out one after the other. */
static int lay_out(struct edge_prefix_space *space)
{
	uint64_t at = EDGE_PREFIX_HEADER, nodes_end;

	space->roots[0] = (uint32_t)at;
	at += 4ull << space->root_bits;
	space->roots[1] = (uint32_t)at;
	at += 4ull << EDGE_PREFIX_ROOT6;
	space->nodes = (uint32_t)at;
	at += (uint64_t)space->units * EDGE_PREFIX_UNIT;
	nodes_end = at;
	for (int family = 0; family < 2; family++) {
		struct edge_prefix_exact *exact = &space->exact[family];

		at = (at + 63) & ~63ull;
		exact->at = (uint32_t)at;
		at += (uint64_t)exact->buckets * exact->bucket_size;
	}
	at = (at + 63) & ~63ull;
	space->values = (uint32_t)at;
	at += (uint64_t)space->numbers * space->stride;
	at = (at + 63) & ~63ull;
	space->entries = (uint32_t)at;
	at += (uint64_t)space->numbers * sizeof(struct edge_prefix_entry);
	if (at < nodes_end + EDGE_PREFIX_BEHIND)
		at = nodes_end + EDGE_PREFIX_BEHIND;
	at = (at + 7) & ~7ull;
	if (at >= EL_SPACE_MAX)
		return -E2BIG;
	space->size = (uint32_t)at;
	return 0;
}

int el_prefix_plan(const struct el_prefix_counts *counts, uint32_t value_size,
		   struct edge_prefix_space *space)
{
	uint64_t total[2], numbers = 4096, units;
	uint32_t bits;

	*space = (struct edge_prefix_space){.value_size = value_size, .seed = 0x9216d5d9};
	space->stride = value_size <= 4 ? 4 : round_up(value_size, 8);
	for (int family = 0; family < 2; family++) {
		const uint32_t *of = counts->of[family];

		total[family] = total_of(of, 0, 128);
		bits = common_length(of, family);
		if (bits) {
			plan_exact(&space->exact[family], bits, of[bits], space->stride);
			total[family] -= of[bits];
			numbers += of[bits] / 8;
		}
		numbers += total[family];
	}
	space->root_bits = root_bits(total[0], space->exact[0].bits);
	space->numbers = (uint32_t)numbers;
	/* At most 7 nodes a prefix, each of 64 bytes; or the largest, for each 2,000. */
	units = 131072 + numbers * 16;
	do {
		space->units = (uint32_t)units;
		units /= 2;
	} while (lay_out(space) && units > 65536);
	return lay_out(space);
}

/* ---------------------------------------------------------------- the map's size */

void el_prefix_fit(const struct el_prefix_table *table, struct edge_prefix_space *space)
{
	/* Units of two nodes with all references, and of copies of the largest other node, while it
	 * grows. */
	uint64_t spare = 2 * 20480 + 2048 + 64 * table->largest / EDGE_PREFIX_UNIT;

	*space = table->space;
	space->units = (uint32_t)(table->header->used_units * 5ull / 4 + spare);
	space->numbers = (uint32_t)(table->header->used_numbers * 5ull / 4 + 64);
	if (lay_out(space)) { /* no room for more than there is */
		space->units = (uint32_t)(table->header->used_units + spare);
		space->numbers = table->header->used_numbers + 64;
		lay_out(space);
	}
}
