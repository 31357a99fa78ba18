/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_LOAD_TABLES_H
#define EL_LOAD_TABLES_H
/*
 * The choice between the kernel's kind of map and a table of the SDK, for each map of a generation
 * that is looked up by prefix.
 */
#include "load/load.h"
#include "state/inherit.h"

/* A map with fewer entries stays a map of the kernel. */
#define EL_TABLE_MIN 4096

/* Choose the tables of a generation, before its programs are fused. */
int el_tables_choose(const struct el_making *making);
/* The table in place of map @name of instance @owner, or NULL. */
const struct el_fuse_table *el_tables_find(const struct el_generation *chain, size_t owner,
					   const char *name);
/* Whether a program that was made for @table, or for the kernel's kind of map if it is NULL, may use
 * the map @fd of the running chain. */
bool el_tables_keeps(int fd, const struct el_fuse_table *table);
/* Make the map of a table. Return: its descriptor, or -errno. */
int el_tables_make(const struct el_loading *loading, const struct el_definition *definition,
		   const struct el_fuse_table *table);
/* Use the kernel's kind of map for all maps of an instance. Return: whether it had a table. */
bool el_tables_drop(struct el_generation *chain, size_t owner);

#endif
