// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The nodes of a prefix table: how one is read into ranges, and how ranges are written as a node of the
 * kind that suits them.
 */
#include <string.h>

#include "table/prefix.h"

/* A node's first byte. The space goes on for the largest node behind its last unit, so a node that
 * a broken program has written to leads nowhere else (plan.c). */
char *el_node_of(const struct el_prefix_table *table, edge_prefix_ref ref)
{
	uint32_t unit = ref & EDGE_PREFIX_AT;

	return table->base + table->space.nodes +
	       (size_t)(unit < table->space.units ? unit : 0) * EDGE_PREFIX_UNIT;
}

static size_t start_size(uint32_t kind)
{
	return kind == EDGE_PREFIX_SHORT ? 2 : kind == EDGE_PREFIX_LONG ? 8 : 16;
}

uint32_t el_node_count(const struct el_prefix_table *table, edge_prefix_ref ref)
{
	struct edge_prefix_node node;
	uint32_t most = el_node_kind(ref) == EDGE_PREFIX_SHORT ? EDGE_PREFIX_SHORT_MAX
							       : EDGE_PREFIX_LONG_MAX;

	if (el_node_kind(ref) == EDGE_PREFIX_DIRECT)
		return 65536;
	memcpy(&node, el_node_of(table, ref), sizeof(node));
	return node.count && node.count <= most ? node.count : 1;
}

/* Where the references begin, behind the starts. */
static size_t refs_at(uint32_t kind, uint32_t count)
{
	size_t starts = kind == EDGE_PREFIX_DIRECT ? 0 : (count - 1) * start_size(kind);

	return (sizeof(struct edge_prefix_node) + starts + 3) & ~(size_t)3;
}

size_t el_node_size(uint32_t kind, uint32_t count)
{
	return refs_at(kind, count) + (size_t)count * sizeof(edge_prefix_ref);
}

edge_prefix_ref *el_node_refs(const struct el_prefix_table *table, edge_prefix_ref ref)
{
	return (edge_prefix_ref *)(void *)(el_node_of(table, ref) +
					   refs_at(el_node_kind(ref), el_node_count(table, ref)));
}

void el_node_drop(struct el_prefix_table *table, edge_prefix_ref ref)
{
	el_space_drop_node(table, ref & EDGE_PREFIX_AT,
			   el_node_size(el_node_kind(ref), el_node_count(table, ref)));
}

/* ---------------------------------------------------------------- ranges of one node */

void el_ranges_read(const struct el_prefix_table *table, edge_prefix_ref ref,
		    struct el_ranges *ranges)
{
	const char *starts = el_node_of(table, ref) + sizeof(struct edge_prefix_node);
	uint64_t words[2] = {0};
	uint16_t digit;

	ranges->count = 1;
	ranges->start[0] = 0;
	ranges->ref[0] = ref;
	if (!el_node_is(ref))
		return;
	ranges->count = el_node_count(table, ref);
	memcpy(ranges->ref, el_node_refs(table, ref), ranges->count * sizeof(ref));
	for (uint32_t i = 1; i < ranges->count; i++) {
		const char *start = starts + (i - 1) * start_size(el_node_kind(ref));

		if (el_node_kind(ref) == EDGE_PREFIX_SHORT) {
			memcpy(&digit, start, sizeof(digit));
			ranges->start[i] = (el_address)digit << 112;
		} else {
			memcpy(words, start, start_size(el_node_kind(ref)));
			ranges->start[i] = (el_address)words[0] << 64 |
					   (el_node_kind(ref) == EDGE_PREFIX_LONGER ? words[1] : 0);
		}
	}
}

/* The range that holds @key. */
uint32_t el_ranges_find(const struct el_ranges *ranges, el_address key)
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
uint32_t el_ranges_split(struct el_ranges *ranges, el_address start)
{
	uint32_t at = el_ranges_find(ranges, start);

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
void el_ranges_merge(struct el_ranges *ranges)
{
	uint32_t count = 1;

	for (uint32_t i = 1; i < ranges->count; i++) {
		if (ranges->ref[i] == ranges->ref[count - 1] && !el_node_is(ranges->ref[i]))
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
	uint32_t unit = el_space_take_node(table, el_node_size(kind, count));
	edge_prefix_ref ref = EDGE_PREFIX_NODE | kind | unit, *refs;
	struct edge_prefix_node node = {.count = (uint16_t)ranges->count};
	char *at = el_node_of(table, ref);

	memcpy(at, &node, sizeof(node));
	at += sizeof(node);
	for (uint32_t i = 1; kind != EDGE_PREFIX_DIRECT && i < count; i++) {
		uint64_t words[2] = {(uint64_t)(ranges->start[i] >> 64),
				     (uint64_t)ranges->start[i]};
		uint16_t digit = (uint16_t)(words[0] >> 48);

		memcpy(at, kind == EDGE_PREFIX_SHORT ? (void *)&digit : words, start_size(kind));
		at += start_size(kind);
	}
	refs = (edge_prefix_ref *)(void *)(el_node_of(table, ref) + refs_at(kind, count));
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
edge_prefix_ref el_ranges_write(struct el_prefix_table *table, int family, uint32_t bits)
{
	const struct el_ranges *ranges = &table->ranges;
	bool short_only = !family || bits >= 112, below = false, aligned = true;
	struct few few;

	for (uint32_t i = 0; i < ranges->count; i++) {
		below |= el_node_is(ranges->ref[i]);
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
