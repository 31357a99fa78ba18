/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_DISPATCHER_H
#define EL_DISPATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/* libxdp creates and removes files in its folder by name, as root: refuse a folder that an
 * untrusted user created. Errors are noted. */
int el_dispatcher_check(struct el_context *context);
/* libxdp loads the dispatcher from $LIBXDP_OBJECT_PATH: refuse a file that other users
 * can write. Errors are noted. */
int el_dispatcher_check_object(struct el_context *context);

/* The XDP program on the device, or 0, and whether it is generic. @generic may be NULL. */
uint32_t el_dispatcher_on(int ifindex, bool *generic);

/* A descriptor of the dispatcher's entry that uses the map @array, or -1: no such entry. */
int el_dispatcher_entry(int ifindex, int array);

/* The numbers of the entries of the device's dispatcher, in the order of their calls. Return: their
 * count; 0 also if the program on the device is not a dispatcher of libxdp. */
enum { EL_DISPATCHER_SLOTS = 10 };
size_t el_dispatcher_entries(int ifindex, uint32_t ids[EL_DISPATCHER_SLOTS]);

/* Remove the pins that a killed call of libxdp left behind: of dispatchers with an entry that uses
 * @array and that are not on the device, and of incomplete dispatchers of the device. @ifindex is 0
 * if the device is gone. */
void el_dispatcher_sweep(int ifindex, int array);

#endif
