/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_NESTED_H
#define EL_NESTED_H
/*
 * Maps of maps (array_of_maps, hash_of_maps): their entries are other maps, called inner maps. A
 * program finds an inner map through the outer one, so an inner map that gets another map in its
 * place needs an outer map that holds the new one. The new generation then has a new outer map,
 * filled before the swap: a packet sees the old maps or the new ones.
 */
#include "state/generation.h"

/* Whether maps of this type hold other maps. */
bool el_nested_is(enum bpf_map_type type);
bool el_nested_is_fd(int fd);

/**
 * el_nested_stale() - whether the outer map of the running chain holds a map that is made anew
 * @old_fd: the outer map
 *
 * All inner maps of the new chain must be made before. Return: 1, 0, or -errno with an error noted.
 */
int el_nested_stale(const struct el_making *making, int old_fd);

/**
 * el_nested_check() - whether a new outer map takes the inner maps that the old one would hand on
 * @path:  INSTANCE/MAP of the outer map
 * @outer: its definition, not loaded yet
 *
 * The kernel takes an inner map of the same type, key, value and flags as the definition has, and
 * of arrays, unless they have the flag BPF_F_INNER_MAP (kernel 5.10), also of the same size
 * (kernel/bpf/map_in_map.c, array_map_meta_equal()).
 *
 * Return: 0; -EINVAL it does not take one of them (EL_CONFLICT); -errno, an error noted.
 */
int el_nested_check(const struct el_making *making, const char *path, const struct bpf_map *outer,
		    int old_fd);

/**
 * el_nested_fill() - give one outer map the entries of another one, and no others
 * @from, @to: the chains that they belong to; a map of @from becomes the map of @to with the same
 *             instance and name, and any other map stays
 * @count:     how many entries were put there
 *
 * Return: 0, or -errno with an error noted: no room, or a map that @to_fd does not take.
 */
int el_nested_fill(struct el_context *context, const char *path, const struct el_chain *from,
		   int from_fd, const struct el_chain *to, int to_fd, size_t *count);

#endif
