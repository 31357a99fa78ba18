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

static bool is_node(edge_prefix_ref ref)
{
	return ref & EDGE_PREFIX_NODE;
}

/* A node's first byte. The space goes on for the largest node behind its last unit, so a node that
 * a broken program has written to leads nowhere else (plan.c). */
static char *node_of(const struct el_prefix_table *table, edge_prefix_ref ref)
{
	uint32_t unit = ref & EDGE_PREFIX_AT;

	return table->base + table->space.nodes +
	       (size_t)(unit < table->space.units ? unit : 0) * EDGE_PREFIX_UNIT;
}

static uint32_t kind_of(edge_prefix_ref ref)
{
	return ref & EDGE_PREFIX_KIND;
}

static size_t start_size(uint32_t kind)
{
	return kind == EDGE_PREFIX_SHORT ? 2 : kind == EDGE_PREFIX_LONG ? 8 : 16;
}

static uint32_t count_of(const struct el_prefix_table *table, edge_prefix_ref ref)
{
	struct edge_prefix_node node;
	uint32_t most =
		kind_of(ref) == EDGE_PREFIX_SHORT ? EDGE_PREFIX_SHORT_MAX : EDGE_PREFIX_LONG_MAX;

	if (kind_of(ref) == EDGE_PREFIX_DIRECT)
		return 65536;
	memcpy(&node, node_of(table, ref), sizeof(node));
	return node.count && node.count <= most ? node.count : 1;
}

/* Where the references begin, behind the starts. */
static size_t refs_at(uint32_t kind, uint32_t count)
{
	size_t starts = kind == EDGE_PREFIX_DIRECT ? 0 : (count - 1) * start_size(kind);

	return (sizeof(struct edge_prefix_node) + starts + 3) & ~(size_t)3;
}

static size_t node_size(uint32_t kind, uint32_t count)
{
	return refs_at(kind, count) + (size_t)count * sizeof(edge_prefix_ref);
}

static edge_prefix_ref *refs_of(const struct el_prefix_table *table, edge_prefix_ref ref)
{
	return (edge_prefix_ref *)(void *)(node_of(table, ref) +
					   refs_at(kind_of(ref), count_of(table, ref)));
}

static void drop_node(struct el_prefix_table *table, edge_prefix_ref ref)
{
	el_space_drop_node(table, ref & EDGE_PREFIX_AT,
			   node_size(kind_of(ref), count_of(table, ref)));
}

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

	if (!is_node(*place)) {
		publish(place, changed(change, *place));
		return;
	}
	count = count_of(table, *place);
	refs = refs_of(table, *place);
	for (uint32_t i = 0; levels && i < count; i++)
		change_all(change, &refs[i], levels - 1);
}

/* ---------------------------------------------------------------- ranges of one node */

static void read_ranges(const struct el_prefix_table *table, edge_prefix_ref ref,
			struct el_ranges *ranges)
{
	const char *starts = node_of(table, ref) + sizeof(struct edge_prefix_node);
	uint64_t words[2] = {0};
	uint16_t digit;

	ranges->count = 1;
	ranges->start[0] = 0;
	ranges->ref[0] = ref;
	if (!is_node(ref))
		return;
	ranges->count = count_of(table, ref);
	memcpy(ranges->ref, refs_of(table, ref), ranges->count * sizeof(ref));
	for (uint32_t i = 1; i < ranges->count; i++) {
		const char *start = starts + (i - 1) * start_size(kind_of(ref));

		if (kind_of(ref) == EDGE_PREFIX_SHORT) {
			memcpy(&digit, start, sizeof(digit));
			ranges->start[i] = (el_address)digit << 112;
		} else {
			memcpy(words, start, start_size(kind_of(ref)));
			ranges->start[i] = (el_address)words[0] << 64 |
					   (kind_of(ref) == EDGE_PREFIX_LONGER ? words[1] : 0);
		}
	}
}

/* The range that holds @key. */
static uint32_t range_of(const struct el_ranges *ranges, el_address key)
{
	uint32_t at = 0, left = ranges->count;

	while (left > 1) {
		uint32_t half = left / 2;

		if (ranges->start[at + half] <= key)
			at += half;
		left -= half;
	}
	return at;
}

/* Make a range begin at @start. Return: its number. */
static uint32_t split(struct el_ranges *ranges, el_address start)
{
	uint32_t at = range_of(ranges, start);

	if (ranges->start[at] == start)
		return at;
	at++;
	memmove(&ranges->start[at + 1], &ranges->start[at],
		(ranges->count - at) * sizeof(*ranges->start));
	memmove(&ranges->ref[at + 1], &ranges->ref[at],
		(ranges->count - at) * sizeof(*ranges->ref));
	ranges->start[at] = start;
	ranges->ref[at] = ranges->ref[at - 1];
	ranges->count++;
	return at;
}

/* Neighbours that show the same entry become one range. */
static void merge(struct el_ranges *ranges)
{
	uint32_t count = 1;

	for (uint32_t i = 1; i < ranges->count; i++) {
		if (ranges->ref[i] == ranges->ref[count - 1] && !is_node(ranges->ref[i]))
			continue;
		ranges->start[count] = ranges->start[i];
		ranges->ref[count++] = ranges->ref[i];
	}
	ranges->count = count;
}

/* ---------------------------------------------------------------- writing nodes */

static edge_prefix_ref write_node(struct el_prefix_table *table, uint32_t kind,
				  const struct el_ranges *ranges)
{
	uint32_t count = kind == EDGE_PREFIX_DIRECT ? 65536 : ranges->count, next = 0;
	uint32_t unit = el_space_take_node(table, node_size(kind, count));
	edge_prefix_ref ref = EDGE_PREFIX_NODE | kind | unit, *refs;
	struct edge_prefix_node node = {.count = (uint16_t)ranges->count};
	char *at = node_of(table, ref);

	memcpy(at, &node, sizeof(node));
	at += sizeof(node);
	for (uint32_t i = 1; kind != EDGE_PREFIX_DIRECT && i < count; i++) {
		uint64_t words[2] = {(uint64_t)(ranges->start[i] >> 64),
				     (uint64_t)ranges->start[i]};
		uint16_t digit = (uint16_t)(words[0] >> 48);

		memcpy(at, kind == EDGE_PREFIX_SHORT ? (void *)&digit : words, start_size(kind));
		at += start_size(kind);
	}
	refs = (edge_prefix_ref *)(void *)(node_of(table, ref) + refs_at(kind, count));
	if (kind != EDGE_PREFIX_DIRECT) {
		memcpy(refs, ranges->ref, count * sizeof(*refs));
		return ref;
	}
	for (uint32_t digit = 0; digit < count; digit++) {
		while (next + 1 < ranges->count && ranges->start[next + 1] <= (el_address)digit
										      << 112)
			next++;
		refs[digit] = ranges->ref[next];
	}
	return ref;
}

/* The ranges of a node with long starts, and two more; or these divided, which are at most two each
 * and one. */
enum { FEW = 2 * (EDGE_PREFIX_LONG_MAX + 2) + 1 };
struct few {
	uint32_t count;
	el_address start[FEW];
	edge_prefix_ref ref[FEW];
};

static edge_prefix_ref write_few(struct el_prefix_table *table, const struct few *few,
				 uint32_t bits);

/* Divide ranges with long starts by their first 16 bits, with a node below for each value of these
 * that has several ranges. */
static edge_prefix_ref write_divided(struct el_prefix_table *table, const struct few *few,
				     uint32_t bits)
{
	struct few above = {0}, below;
	el_address digit, rest = ((el_address)1 << 112) - 1;
	struct el_ranges *ranges = &table->ranges;

	for (uint32_t i = 0; i < few->count;) {
		digit = few->start[i] & ~rest;
		above.start[above.count] = digit;
		if (!(few->start[i] & rest) &&
		    (i + 1 == few->count || few->start[i + 1] > (digit | rest))) {
			above.ref[above.count++] = few->ref[i++];
			continue;
		}
		below = (struct few){0};
		if (few->start[i] & rest) /* the range before goes on into this value */
			below.ref[below.count++] = few->ref[i - 1];
		for (; i < few->count && few->start[i] <= (digit | rest); i++) {
			below.start[below.count] = few->start[i] << 16;
			below.ref[below.count++] = few->ref[i];
		}
		above.ref[above.count++] = write_few(table, &below, bits + 16);
		/* The last range goes on behind this value. */
		if (digit != ~rest &&
		    (i == few->count || (few->start[i] & ~rest) > (digit | rest) + 1)) {
			above.start[above.count] = (digit | rest) + 1;
			above.ref[above.count++] = few->ref[i - 1];
		}
	}
	ranges->count = above.count;
	memcpy(ranges->start, above.start, above.count * sizeof(*above.start));
	memcpy(ranges->ref, above.ref, above.count * sizeof(*above.ref));
	return write_node(table, EDGE_PREFIX_SHORT, ranges);
}

static uint32_t kind_for(const el_address *start, uint32_t count, uint32_t bits)
{
	uint64_t low = 0;

	for (uint32_t i = 0; i < count; i++)
		low |= (uint64_t)start[i];
	return bits >= 112 ? EDGE_PREFIX_SHORT : low ? EDGE_PREFIX_LONGER : EDGE_PREFIX_LONG;
}

static edge_prefix_ref write_few(struct el_prefix_table *table, const struct few *few,
				 uint32_t bits)
{
	struct el_ranges *ranges = &table->ranges;

	if (few->count == 1)
		return few->ref[0];
	if (few->count > EDGE_PREFIX_LONG_MAX && bits < 112)
		return write_divided(table, few, bits);
	ranges->count = few->count;
	memcpy(ranges->start, few->start, few->count * sizeof(*few->start));
	memcpy(ranges->ref, few->ref, few->count * sizeof(*few->ref));
	return write_node(table, kind_for(few->start, few->count, bits), ranges);
}

/* Write table->ranges. @bits: of the address, above the node. */
static edge_prefix_ref write_ranges(struct el_prefix_table *table, int family, uint32_t bits)
{
	const struct el_ranges *ranges = &table->ranges;
	bool short_only = !family || bits >= 112, below = false, aligned = true;
	struct few few;

	for (uint32_t i = 0; i < ranges->count; i++) {
		below |= is_node(ranges->ref[i]);
		aligned &= !(ranges->start[i] << 16);
	}
	if (ranges->count == 1 && !below)
		return ranges->ref[0];
	if (ranges->count > EDGE_PREFIX_SHORT_MAX)
		return write_node(table, EDGE_PREFIX_DIRECT, ranges);
	if (short_only || below || (aligned && ranges->count > EDGE_PREFIX_LONG_MAX))
		return write_node(table, EDGE_PREFIX_SHORT, ranges);
	few.count = ranges->count;
	memcpy(few.start, ranges->start, few.count * sizeof(*few.start));
	memcpy(few.ref, ranges->ref, few.count * sizeof(*few.ref));
	return write_few(table, &few, bits);
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

	if (kind_of(ref) == EDGE_PREFIX_DIRECT) {
		place = &refs_of(table, ref)[(uint32_t)(key >> 112)];
		publish(place, change_below(change, *place, bits + 16));
		return ref;
	}
	read_ranges(table, ref, ranges);
	at = range_of(ranges, key);
	below = change_below(change, ranges->ref[at], bits + 16);
	place = &refs_of(table, ref)[at];
	if (below == *place)
		return ref;
	if (is_node(*place) && is_node(below)) {
		publish(place, below);
		return ref;
	}
	read_ranges(table, ref, ranges); /* the change below has used it */
	at = split(ranges, key);
	if (key + step)
		split(ranges, key + step);
	ranges->ref[at] = below;
	merge(ranges);
	drop_node(table, ref);
	return write_ranges(table, change->prefix->family, bits);
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
	read_ranges(table, ref, ranges);
	from = split(ranges, first);
	to = last + 1 ? split(ranges, last + 1) : ranges->count;
	for (uint32_t i = from; i < to; i++)
		change_all(change, &ranges->ref[i], EDGE_PREFIX_LEVELS);
	merge(ranges);
	if (is_node(ref))
		drop_node(table, ref);
	return write_ranges(table, change->prefix->family, bits);
}

/* Return: the reference that takes the place of @ref. */
static edge_prefix_ref change_below(const struct change *change, edge_prefix_ref ref, uint32_t bits)
{
	el_address first = change->prefix->first << bits >> 112;
	edge_prefix_ref *refs;

	if (!is_node(ref) || kind_of(ref) == EDGE_PREFIX_LONG || kind_of(ref) == EDGE_PREFIX_LONGER)
		return change_ranges(change, ref, bits);
	if (change->prefix->bits > bits + 16)
		return change_deeper(change, ref, bits);
	if (kind_of(ref) != EDGE_PREFIX_DIRECT)
		return change_ranges(change, ref, bits);
	refs = refs_of(change->table, ref);
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
	return is_node(*cell) ? (edge_prefix_ref *)(void *)node_of(table, *cell) : cell;
}

/* The prefix is longer than the root. */
static void change_cell(const struct change *change)
{
	struct el_prefix_table *table = change->table;
	edge_prefix_ref *cell = cell_of(table, change->prefix->family, change->prefix->first);
	edge_prefix_ref none = *none_of(table, cell), below = is_node(*cell) ? *cell : 0;

	below = change_below(change, below, el_prefix_root_bits(table, change->prefix->family));
	if (!is_node(below))
		below = none;
	else
		memcpy(node_of(table, below), &none, sizeof(none)); /* it may be a new node */
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

	for (int level = 0; level < EDGE_PREFIX_LEVELS && is_node(ref); level++, rest <<= 16) {
		if (kind_of(ref) == EDGE_PREFIX_DIRECT) {
			ref = refs_of(table, ref)[(uint32_t)(rest >> 112)];
			continue;
		}
		read_ranges(table, ref, ranges);
		ref = ranges->ref[range_of(ranges, rest)];
	}
	return is_node(ref) ? 0 : ref;
}

uint32_t el_trie_find(const struct el_prefix_table *table, const struct el_prefix *prefix,
		      uint32_t *parent)
{
	uint32_t root = el_prefix_root_bits(table, prefix->family), number;
	edge_prefix_ref *cell = cell_of(table, prefix->family, prefix->first);

	number = number_of(table, prefix->bits > root ? search(table, is_node(*cell) ? *cell : 0,
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
	for (int level = 0; level < EDGE_PREFIX_LEVELS && is_node(ref); level++, rest <<= 16) {
		uint32_t count = count_of(table, ref);

		if (kind_of(ref) == EDGE_PREFIX_DIRECT) {
			ref = refs_of(table, ref)[(uint32_t)(rest >> 112)];
			continue;
		}
		bytes[level] = count + 2 > EDGE_PREFIX_SHORT_MAX
				       ? node_size(EDGE_PREFIX_DIRECT, 65536)
				       : node_size(kind_of(ref), count + 2);
		read_ranges(table, ref, ranges);
		ref = ranges->ref[range_of(ranges, rest)];
	}
	return el_space_has_room(table, bytes);
}

uint32_t el_trie_match(const struct el_prefix_table *table, int family, el_address address)
{
	edge_prefix_ref *cell = cell_of(table, family, address);
	uint32_t number = 0;

	if (is_node(*cell))
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
