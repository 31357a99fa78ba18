/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef WORLD_H
#define WORLD_H
/*
 * A private world for tests of running chains: a network namespace, a mount namespace with a bpffs in it, and a scratch
 * folder. Tests can run at the same time, and their leftovers end with the namespaces.
 *
 *   SCRATCH/bpffs        the bpffs
 *   SCRATCH/NAME.bpf.c   functions that a test writes as text; NAME.o is the compiled object
 *   veth NAME <-> NAME-peer, both up, made by device()
 *
 * Every function made here has a map called mark_PID, by which assert_marked() finds the leftovers of the test's chains among
 * the other objects in the kernel.
 */
#include <bpf/bpf.h>

#include "lib/scratch.h"

/* Skip the whole program, and print the reason, if it cannot have a world. Call it first in main(). */
void world_need(void);
/* For cmocka: the scratch folder, the bpffs, and the context. The library's home is build/. */
int world_setup(void **state);
int world_teardown(void **state);

/* ---------------------------------------------------------------- devices */

/* Make a veth pair without IPv6, whose own packets would be counted with the test's packets. */
void device(const char *name);

void device_remove(const char *name);

/* ---------------------------------------------------------------- functions */

/* Write a source, and compile it as `edge-load build` does. Return: the path of its object. */
const char *compile(const char *name, const char *text);

/* Make an edge function: @head stands before it, @body in it. Return: the path of its object. */
const char *function(const char *name, const char *head, const char *body);

/* Make an ordinary program for XDP; @text is its source without includes and licence. */
const char *ordinary(const char *name, const char *text);

/* Make a copy of the object without bitcode, as most existing objects are. */
const char *bare(const char *name);

/* ---------------------------------------------------------------- leaks in the kernel */

/* The kernel must hold so many programs and maps of this test. It frees them some time after their last user is gone. */
void assert_marked(size_t programs, size_t maps);

#endif
