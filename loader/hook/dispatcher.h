/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_DISPATCHER_H
#define EL_DISPATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/* libxdp removes and makes files in its folder by name, as root: refuse one that a user has made
 * whom we do not trust. Errors are noted. */
int el_dispatcher_check(struct el_context *context);
/* libxdp loads the dispatcher that $LIBXDP_OBJECT_PATH leads to: refuse one that others can write.
 * Errors are noted. */
int el_dispatcher_check_object(struct el_context *context);

/* The XDP program on the device, 0: none; and whether it is a generic one. @generic may be NULL. */
uint32_t el_dispatcher_on(int ifindex, bool *generic);

/* A descriptor of the dispatcher's entry that uses the map @array; -1: it has none. */
int el_dispatcher_entry(int ifindex, int array);

/* The numbers of the entries of the dispatcher on the device, in the order in which it calls them.
 * Return: how many; 0 also where what is there is no dispatcher of libxdp's. */
enum { EL_DISPATCHER_SLOTS = 10 };
size_t el_dispatcher_entries(int ifindex, uint32_t ids[EL_DISPATCHER_SLOTS]);

/* Remove the pins of dispatchers with such an entry that are not on the device, and those of the
 * device that are not whole: a call of libxdp's that was killed leaves them behind. @ifindex is 0
 * where the device is gone. */
void el_dispatcher_sweep(int ifindex, int array);

#endif
