/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_PLAN_MAP_H
#define EL_PLAN_MAP_H
/*
 * What a manifest says of maps, held against those that run.
 */
#include "chain.h"

struct el_map_difference {
	bool missing;  /* no such map runs */
	uint32_t room; /* max_entries of the one that runs */
	size_t added, removed, changed;
};

/**
 * el_plan_map_compare() - @content as the manifest has it, and what is in the running map
 * @content: a file, entries; neither: only the room is looked at
 *
 * What is declared goes into a map that nobody sees, as it would into the chain's, and the two are
 * compared. A declared value of zeroes says nothing: packets may have counted there.
 * Return: 0; what el_map_load() and el_map_set() return.
 */
int el_plan_map_compare(struct el_context *context, const struct el_chain *previous,
			const char *instance, const struct el_map_spec *content,
			struct el_map_difference *out);

#endif
