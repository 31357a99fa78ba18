// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The memory inside a prefix table: nodes, in sizes that grow by a quarter, and numbers of entries.
 * A place that was given back while programs look at the table waits in table->dropped for a grace
 * period. If the process is killed before, the place is lost until the table is built anew.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table/prefix.h"

/* A grace period is due when so many bytes wait for it: a part of the room that is left, as nodes
 * that grow leave places behind that are too small for them. */
#define EL_DROPPED_MAX (4 << 20)
#define EL_DROPPED_MIN (16 << 10)

/* ---------------------------------------------------------------- sizes */

static uint32_t bin_units(uint32_t bin)
{
	uint32_t base;

	if (bin < 8)
		return bin + 1;
	base = 8u << (bin - 8) / 4;
	return base + ((bin - 8) % 4 + 1) * (base / 4);
}

static uint32_t bin_of(size_t bytes)
{
	uint32_t bin = 0, units = (uint32_t)((bytes + EDGE_PREFIX_UNIT - 1) / EDGE_PREFIX_UNIT);

	while (bin_units(bin) < units)
		bin++;
	return bin;
}

static char *node_at(const struct el_prefix_table *table, uint32_t unit)
{
	return table->base + table->space.nodes + (size_t)unit * EDGE_PREFIX_UNIT;
}

/* ---------------------------------------------------------------- taking */

/* The units that were never used. A program of the kernel may write to the header. */
static uint32_t left_units(const struct el_prefix_table *table)
{
	uint32_t used = table->header->used_units;

	return used && used < table->space.units ? table->space.units - used : 0;
}

bool el_space_has_room(const struct el_prefix_table *table, const size_t bytes[EDGE_PREFIX_LEVELS])
{
	const uint32_t *free_nodes = table->header->free_nodes;
	/* Small nodes: two for each level, and those into which one with long starts is divided. */
	uint32_t need = 2 * EDGE_PREFIX_LEVELS * 64;
	uint64_t taken = 0;

	for (int i = 0; i < EDGE_PREFIX_LEVELS; i++) {
		uint32_t bin = bin_of(bytes[i]);

		if (!bytes[i])
			continue;
		if (!free_nodes[bin] || taken >> bin & 1)
			need += bin_units(bin);
		taken |= 1ull << bin;
	}
	return left_units(table) > need;
}

uint32_t el_space_take_node(struct el_prefix_table *table, size_t bytes)
{
	uint32_t bin = bin_of(bytes), units = bin_units(bin);
	struct edge_prefix_header *header = table->header;
	uint32_t unit = header->free_nodes[bin];

	if (bytes > table->largest && bytes < EDGE_PREFIX_DIRECT_SIZE)
		table->largest = bytes;
	if (unit && unit < table->space.units) {
		memcpy(&header->free_nodes[bin], node_at(table, unit), sizeof(uint32_t));
		return unit;
	}
	if (left_units(table) < units)
		return 0;
	unit = header->used_units;
	header->used_units += units;
	return unit;
}

uint32_t el_space_take_number(struct el_prefix_table *table)
{
	struct edge_prefix_header *header = table->header;
	uint32_t number = header->free_number;

	if (number && number < table->space.numbers) {
		header->free_number = table->entries[number].parent;
		return number;
	}
	if (!header->used_numbers || header->used_numbers >= table->space.numbers)
		return 0;
	return header->used_numbers++;
}

/* ---------------------------------------------------------------- giving back */

static void release(struct el_prefix_table *table, const struct el_dropped *dropped)
{
	struct edge_prefix_header *header = table->header;

	switch (dropped->kind) {
	case EL_DROPPED_NODE:
		memcpy(node_at(table, dropped->at), &header->free_nodes[dropped->more],
		       sizeof(uint32_t));
		header->free_nodes[dropped->more] = dropped->at;
		break;
	case EL_DROPPED_NUMBER:
		table->entries[dropped->at].used = 0;
		table->entries[dropped->at].parent = header->free_number;
		header->free_number = dropped->at;
		break;
	case EL_DROPPED_SLOT:
		el_exact_free(table, dropped->at, dropped->more);
	}
}

static void drop(struct el_prefix_table *table, struct el_dropped dropped, size_t bytes)
{
	struct el_dropped *more;
	size_t room;

	if (!table->live) {
		release(table, &dropped);
		return;
	}
	if (table->dropped_count == table->dropped_room) {
		room = table->dropped_room ? 2 * table->dropped_room : 64;
		more = realloc(table->dropped, room * sizeof(*more));
		if (!more)
			return; /* lost */
		table->dropped = more;
		table->dropped_room = room;
	}
	table->dropped[table->dropped_count++] = dropped;
	table->dropped_bytes += bytes;
}

bool el_space_is_due(const struct el_prefix_table *table)
{
	size_t left = (size_t)left_units(table) * EDGE_PREFIX_UNIT;
	size_t most = left / 16;

	most = most > EL_DROPPED_MAX ? EL_DROPPED_MAX : most;
	return table->dropped_bytes > (most < EL_DROPPED_MIN ? EL_DROPPED_MIN : most);
}

void el_space_drop_node(struct el_prefix_table *table, uint32_t unit, size_t bytes)
{
	drop(table, (struct el_dropped){unit, EL_DROPPED_NODE, bin_of(bytes)}, bytes);
}

void el_space_drop_number(struct el_prefix_table *table, uint32_t number)
{
	drop(table, (struct el_dropped){number, EL_DROPPED_NUMBER, 0},
	     sizeof(struct edge_prefix_entry));
}

void el_space_drop_slot(struct el_prefix_table *table, uint32_t bucket, uint32_t slot)
{
	drop(table, (struct el_dropped){bucket, EL_DROPPED_SLOT, slot}, 0);
}

void el_space_settle(struct el_prefix_table *table)
{
	for (size_t i = 0; i < table->dropped_count; i++)
		release(table, &table->dropped[i]);
	table->dropped_count = table->dropped_bytes = 0;
}
