/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_HOLDER_H
#define EL_HOLDER_H
#include "state/inherit.h"

/*
 * Maps whose entries hold programs: program arrays, devmaps, cpumaps.
 */

/* The offset of the program's number in a value, or -1: the map holds no programs. */
int el_holder_offset(const struct bpf_map_info *info);
/* Whether both maps hold programs and have the same type, key size and value size. */
bool el_holder_same(int fd, int other_fd);

/**
 * el_holder_takes() - whether the kernel lets @chain's programs use a map of an earlier chain
 *
 * The first program that uses such a map, or is put into it, decides which other programs may do
 * so: whether they are XDP programs, and whether they support XDP fragments (kernel/bpf/core.c,
 * bpf_prog_map_compatible()). This cannot be read and lasts as long as the map, so it is tested
 * with a program that only drops packets. Return: false only if that program is refused because of
 * the map.
 */
bool el_holder_takes(const struct el_generation *chain, int fd);

/**
 * el_holder_fill() - copy the entries of a map into the new map, and set its number of entries
 *
 * Programs are not copied, because they were loaded for the running chain. Return: 0; -EEXIST
 * (EL_CONFLICT) an entry has a program, or the new map does not accept an entry; -errno. An error
 * is noted.
 */
int el_holder_fill(const struct el_inheritance *of);

/* Like el_holder_fill() for a rollback: the older map gets exactly the entries of the running map.
 * Entries with a program stay as they are in the older map, and a warning names them. */
void el_holder_return(const struct el_inheritance *of);

#endif
