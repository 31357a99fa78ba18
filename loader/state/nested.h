/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_NESTED_H
#define EL_NESTED_H
/*
 * Maps of maps (array_of_maps, hash_of_maps): their entries are other maps, called inner maps. A
 * program finds an inner map through the outer map, so if an inner map is replaced, the outer map
 * must hold the new inner map. The new generation then has a new outer map, filled before the swap,
 * so a packet sees either all old maps or all new maps.
 */
#include "state/inherit.h"

/* Whether maps of this type hold other maps. */
bool el_nested_is(enum bpf_map_type type);
bool el_nested_is_fd(int fd);

/**
 * el_nested_stale() - whether the running chain's outer map holds a map that is replaced
 * @old_fd: the outer map
 *
 * All inner maps of the new chain must be made before. Return: 1, 0, or -errno with an error noted.
 */
int el_nested_stale(const struct el_making *making, int old_fd);

/**
 * el_nested_check() - whether a new outer map accepts the inner maps of the old outer map
 * @path:  INSTANCE/MAP of the outer map
 * @outer: its definition, not loaded yet
 *
 * The kernel accepts an inner map whose type, key size, value size and flags match the definition;
 * arrays without the flag BPF_F_INNER_MAP (kernel 5.10) must also match its max_entries
 * (kernel/bpf/map_in_map.c, array_map_meta_equal()).
 *
 * Return: 0; -EINVAL an inner map is not accepted (EL_CONFLICT); -errno, an error noted.
 */
int el_nested_check(const struct el_making *making, const char *path, const struct bpf_map *outer,
		    int old_fd);

/**
 * el_nested_fill() - replace the entries of one outer map by the entries of another outer map
 * @of: the two outer maps. An inner map of making->previous becomes the map of making->chain with
 *      the same instance and name, and any other map stays. Sets of->map->entries.
 *
 * Return: 0, or -errno with an error noted: no room, or the new outer map does not accept a map.
 */
int el_nested_fill(const struct el_inheritance *of);

#endif
