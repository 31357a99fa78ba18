// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The nodes of a prefix table. A prefix changes one of these:
 *
 *   - it is no longer than the root: the root cells that it covers, each by one store: the cell, or
 *     the default in the first node below it
 *   - else the node in which it begins and ends. A copy is made with the new ranges, and one store
 *     puts it in place of the node. Where the prefix covers whole nodes below, their references are
 *     changed one by one.
 *
 * A reference that shows a shorter prefix is overwritten by a longer one, never the other way. Each
 * entry knows its parent, so the entry of a longer prefix leads to all prefixes that it hides.
 */
#include <string.h>

#include "table/prefix.h"

/* One prefix that is put in or taken out. */
struct change {
	struct el_prefix_table *table;
	const struct el_prefix *prefix;
	uint32_t number;
	uint32_t parent;
	bool removes;
};

/* Show packets a reference, after all that it leads to. */
static void publish(edge_prefix_ref *place, edge_prefix_ref ref)
{
	if (*place != ref)
		__atomic_store_n(place, ref, __ATOMIC_RELEASE);
}

/* ---------------------------------------------------------------- references to entries */

static uint32_t parent_of(const struct el_prefix_table *table, uint32_t number)
{
	uint32_t parent = table->entries[number].parent;

	return parent < table->space.numbers ? parent : 0;
}

static uint32_t number_of(const struct el_prefix_table *table, edge_prefix_ref ref)
{
	uint32_t number = ref & EDGE_PREFIX_NUMBER;

	return number < table->space.numbers ? number : 0;
}

static edge_prefix_ref ref_of(const struct change *change, uint32_t number)
{
	const struct el_prefix_table *table = change->table;
	uint32_t exact = table->space.exact[change->prefix->family].bits;

	if (!number || !exact || el_prefix_bits(table, number) < exact)
		return number;
	return number | EDGE_PREFIX_WINS;
}

/* Entries are longer than their parents, so a parent that is not ends the way up: no loop. */
static uint32_t climb(const struct el_prefix_table *table, uint32_t number)
{
	uint32_t parent = parent_of(table, number);

	return parent && el_prefix_bits(table, parent) < el_prefix_bits(table, number) ? parent : 0;
}

/* The entry that is shown inside the prefix is longer. The shortest entry above it that is inside,
 * too, gets its parent: the new prefix, or that of the removed one. */
static void adopt(const struct change *change, uint32_t number)
{
	const struct el_prefix_table *table = change->table;
	uint32_t parent;

	for (;;) {
		parent = climb(table, number);
		if (change->removes
			    ? !parent || parent == change->number
			    : !parent || el_prefix_bits(table, parent) <= change->prefix->bits)
			break;
		number = parent;
	}
	if (change->removes && parent == change->number)
		table->entries[number].parent = change->parent;
	else if (!change->removes)
		table->entries[number].parent = change->number;
}

/* What a reference inside the prefix becomes. */
static edge_prefix_ref changed(const struct change *change, edge_prefix_ref ref)
{
	uint32_t number = number_of(change->table, ref);

	if (change->removes && number == change->number)
		return ref_of(change, change->parent);
	if (!change->removes &&
	    (!number || el_prefix_bits(change->table, number) <= change->prefix->bits))
		return number == change->number ? ref : ref_of(change, change->number);
	if (number)
		adopt(change, number);
	return ref;
}

/* Change all references below a place that is inside the prefix. */
static void change_all(const struct change *change, edge_prefix_ref *place, int levels)
{
	struct el_prefix_table *table = change->table;
	edge_prefix_ref *refs;
	uint32_t count;

	if (!el_node_is(*place)) {
		publish(place, changed(change, *place));
		return;
	}
	count = el_node_count(table, *place);
	refs = el_node_refs(table, *place);
	for (uint32_t i = 0; levels && i < count; i++)
		change_all(change, &refs[i], levels - 1);
}

/* ---------------------------------------------------------------- one change */

static edge_prefix_ref change_below(const struct change *change, edge_prefix_ref ref,
				    uint32_t bits);

/* The prefix is in one value of the node's 16 bits, and goes on below it. */
static edge_prefix_ref change_deeper(const struct change *change, edge_prefix_ref ref,
				     uint32_t bits)
{
	struct el_prefix_table *table = change->table;
	el_address key = change->prefix->first << bits >> 112 << 112, step = (el_address)1 << 112;
	struct el_ranges *ranges = &table->ranges;
	edge_prefix_ref *place, below;
	uint32_t at;

	if (el_node_kind(ref) == EDGE_PREFIX_DIRECT) {
		place = &el_node_refs(table, ref)[(uint32_t)(key >> 112)];
		publish(place, change_below(change, *place, bits + 16));
		return ref;
	}
	el_ranges_read(table, ref, ranges);
	at = el_ranges_find(ranges, key);
	below = change_below(change, ranges->ref[at], bits + 16);
	place = &el_node_refs(table, ref)[at];
	if (below == *place)
		return ref;
	if (el_node_is(*place) && el_node_is(below)) {
		publish(place, below);
		return ref;
	}
	el_ranges_read(table, ref, ranges); /* the change below has used it */
	at = el_ranges_split(ranges, key);
	if (key + step)
		el_ranges_split(ranges, key + step);
	ranges->ref[at] = below;
	el_ranges_merge(ranges);
	el_node_drop(table, ref);
	return el_ranges_write(table, change->prefix->family, bits);
}

/* The prefix is some of the node's ranges. */
static edge_prefix_ref change_ranges(const struct change *change, edge_prefix_ref ref,
				     uint32_t bits)
{
	struct el_prefix_table *table = change->table;
	el_address first = change->prefix->first << bits, last = change->prefix->last << bits;
	struct el_ranges *ranges = &table->ranges;
	uint32_t from, to;

	last |= ((el_address)1 << bits) - 1;
	el_ranges_read(table, ref, ranges);
	from = el_ranges_split(ranges, first);
	to = last + 1 ? el_ranges_split(ranges, last + 1) : ranges->count;
	for (uint32_t i = from; i < to; i++)
		change_all(change, &ranges->ref[i], EDGE_PREFIX_LEVELS);
	el_ranges_merge(ranges);
	if (el_node_is(ref))
		el_node_drop(table, ref);
	return el_ranges_write(table, change->prefix->family, bits);
}

/* Return: the reference that takes the place of @ref. */
static edge_prefix_ref change_below(const struct change *change, edge_prefix_ref ref, uint32_t bits)
{
	el_address first = change->prefix->first << bits >> 112;
	edge_prefix_ref *refs;

	if (!el_node_is(ref) || el_node_kind(ref) == EDGE_PREFIX_LONG ||
	    el_node_kind(ref) == EDGE_PREFIX_LONGER)
		return change_ranges(change, ref, bits);
	if (change->prefix->bits > bits + 16)
		return change_deeper(change, ref, bits);
	if (el_node_kind(ref) != EDGE_PREFIX_DIRECT)
		return change_ranges(change, ref, bits);
	refs = el_node_refs(change->table, ref);
	for (uint32_t i = 0; i < 1u << (bits + 16 - change->prefix->bits); i++)
		change_all(change, &refs[(uint32_t)first + i], EDGE_PREFIX_LEVELS);
	return ref;
}

/* ---------------------------------------------------------------- the root */

static edge_prefix_ref *cell_of(const struct el_prefix_table *table, int family, el_address address)
{
	size_t cell = (size_t)(address >> (128 - el_prefix_root_bits(table, family)));

	return (edge_prefix_ref *)(void *)(table->base + table->space.roots[family]) + cell;
}

/* Where the default of a root cell stands. */
static edge_prefix_ref *none_of(const struct el_prefix_table *table, edge_prefix_ref *cell)
{
	return el_node_is(*cell) ? (edge_prefix_ref *)(void *)el_node_of(table, *cell) : cell;
}

/* The prefix is longer than the root. */
static void change_cell(const struct change *change)
{
	struct el_prefix_table *table = change->table;
	edge_prefix_ref *cell = cell_of(table, change->prefix->family, change->prefix->first);
	edge_prefix_ref none = *none_of(table, cell), below = el_node_is(*cell) ? *cell : 0;

	below = change_below(change, below, el_prefix_root_bits(table, change->prefix->family));
	if (!el_node_is(below))
		below = none;
	else
		memcpy(el_node_of(table, below), &none, sizeof(none)); /* it may be a new node */
	publish(cell, below);
}

static void change_root(const struct change *change)
{
	struct el_prefix_table *table = change->table;
	edge_prefix_ref *cell = cell_of(table, change->prefix->family, change->prefix->first);
	edge_prefix_ref *last = cell_of(table, change->prefix->family, change->prefix->last), *none;

	for (; cell <= last; cell++) {
		none = none_of(table, cell);
		publish(none, changed(change, *none));
	}
}

static void change_prefix(const struct change *change)
{
	if (change->prefix->bits > el_prefix_root_bits(change->table, change->prefix->family))
		change_cell(change);
	else
		change_root(change);
}

/* ---------------------------------------------------------------- looking up */

/* The reference that packets see below a root cell. */
static edge_prefix_ref search(const struct el_prefix_table *table, edge_prefix_ref ref,
			      el_address rest)
{
	struct el_ranges *ranges = (struct el_ranges *)&table->ranges;

	for (int level = 0; level < EDGE_PREFIX_LEVELS && el_node_is(ref); level++, rest <<= 16) {
		if (el_node_kind(ref) == EDGE_PREFIX_DIRECT) {
			ref = el_node_refs(table, ref)[(uint32_t)(rest >> 112)];
			continue;
		}
		el_ranges_read(table, ref, ranges);
		ref = ranges->ref[el_ranges_find(ranges, rest)];
	}
	return el_node_is(ref) ? 0 : ref;
}

uint32_t el_trie_find(const struct el_prefix_table *table, const struct el_prefix *prefix,
		      uint32_t *parent)
{
	uint32_t root = el_prefix_root_bits(table, prefix->family), number;
	edge_prefix_ref *cell = cell_of(table, prefix->family, prefix->first);

	number = number_of(table, prefix->bits > root ? search(table, el_node_is(*cell) ? *cell : 0,
							       prefix->first << root)
						      : *none_of(table, cell));
	while (number && el_prefix_bits(table, number) > prefix->bits)
		number = climb(table, number);
	if (number && el_prefix_bits(table, number) == prefix->bits) {
		*parent = climb(table, number);
		return number;
	}
	*parent = number;
	return 0;
}

bool el_trie_has_room(const struct el_prefix_table *table, const struct el_prefix *prefix)
{
	uint32_t bits = el_prefix_root_bits(table, prefix->family);
	size_t bytes[EDGE_PREFIX_LEVELS] = {0};
	edge_prefix_ref ref = *cell_of(table, prefix->family, prefix->first);
	struct el_ranges *ranges = (struct el_ranges *)&table->ranges;
	el_address rest = prefix->first << bits;

	if (prefix->bits <= bits)
		return true;
	for (int level = 0; level < EDGE_PREFIX_LEVELS && el_node_is(ref); level++, rest <<= 16) {
		uint32_t count = el_node_count(table, ref);

		if (el_node_kind(ref) == EDGE_PREFIX_DIRECT) {
			ref = el_node_refs(table, ref)[(uint32_t)(rest >> 112)];
			continue;
		}
		bytes[level] = count + 2 > EDGE_PREFIX_SHORT_MAX
				       ? el_node_size(EDGE_PREFIX_DIRECT, 65536)
				       : el_node_size(el_node_kind(ref), count + 2);
		el_ranges_read(table, ref, ranges);
		ref = ranges->ref[el_ranges_find(ranges, rest)];
	}
	return el_space_has_room(table, bytes);
}

uint32_t el_trie_match(const struct el_prefix_table *table, int family, el_address address)
{
	edge_prefix_ref *cell = cell_of(table, family, address);
	uint32_t number = 0;

	if (el_node_is(*cell))
		number = number_of(
			table, search(table, *cell, address << el_prefix_root_bits(table, family)));
	return number ? number : number_of(table, *none_of(table, cell));
}

void el_trie_put(struct el_prefix_table *table, const struct el_prefix *prefix, uint32_t number)
{
	const struct change change = {.table = table, .prefix = prefix, .number = number};

	change_prefix(&change);
}

void el_trie_remove(struct el_prefix_table *table, const struct el_prefix *prefix, uint32_t number)
{
	const struct change change = {.table = table,
				      .prefix = prefix,
				      .number = number,
				      .parent = climb(table, number),
				      .removes = true};

	change_prefix(&change);
}
