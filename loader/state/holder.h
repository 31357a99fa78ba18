/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_HOLDER_H
#define EL_HOLDER_H
#include "state/generation.h"

/*
 * Maps whose entries hold programs: program arrays, devmaps, cpumaps.
 */

/* Where the program's number is in a value, or -1: the map holds none. */
int el_holder_offset(const struct bpf_map_info *info);
/* Whether both maps are of one such type, with keys and values of one size. */
bool el_holder_same(int fd, int other_fd);

/**
 * el_holder_takes() - whether the kernel lets the programs of @chain use a map of a chain before it
 *
 * The first program that uses such a map, or is put into it, decides about all others: whether they
 * are XDP programs, and whether these take frames in fragments (kernel/bpf/core.c,
 * bpf_prog_map_compatible()). That can't be read, and lasts as long as the map, so it is tried with
 * a program that does nothing. Return: false only where that one is refused because of the map.
 */
bool el_holder_takes(const struct el_chain *chain, int fd);

/**
 * el_holder_fill() - give the new map @now the entries of @old
 * @count: how many entries were put there
 *
 * Programs are not copied: they were loaded for the chain that runs. Return: 0; -EEXIST
 * (EL_CONFLICT) an entry has one, or the new map does not take an entry; -errno. An error is noted.
 */
int el_holder_fill(struct el_context *context, const struct el_chain *chain,
		   const struct el_chain_map *now, const struct el_chain_map *old, size_t *count);

/* The same for a rollback: @target's map gets @current's entries, and no others. Entries with a
 * program stay as they are in @target, which a warning says. */
void el_holder_return(struct el_context *context, const struct el_chain *target,
		      struct el_chain_map *map, const struct el_chain_map *current);

#endif
