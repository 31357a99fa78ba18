/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef FUZZ_KERNEL_H
#define FUZZ_KERNEL_H
/*
 * A kernel for fuzz targets: bpf(2) of maps that a target makes up. A lookup copies as many bytes
 * to the caller as the kernel's would: value_size, of a per-CPU map for each CPU. Without any
 * privilege, and at a million calls a second. kernel.c takes the place of syscall(3), through which
 * libbpf calls bpf(2).
 */
#include <linux/bpf.h>

#include "fuzz.h"

struct fuzz_map {
	uint32_t type, key_size, value_size, max_entries, flags;
	const void *value; /* of the entries of an array that were not set; zeroes behind its end */
	size_t value_length;
};

/* The map's descriptor; and one for each open of the pin @path, which becomes a file. The bytes and
 * the path are the target's, and must live until fuzz_kernel_forget(). */
int fuzz_map_open(const struct fuzz_map *map);
void fuzz_map_pin(const struct fuzz_map *map, const char *path);
/* A program's pin, or a link's. */
enum fuzz_pin { FUZZ_PIN_MAP, FUZZ_PIN_PROGRAM, FUZZ_PIN_LINK };
void fuzz_pin(enum fuzz_pin kind, const char *path);
/* All entries of all maps that were set by the caller of bpf(2). */
void fuzz_kernel_empty(void);
/* All maps, and pins; the descriptors are whose they were. */
void fuzz_kernel_forget(void);
/* Entries that were set. */
size_t fuzz_map_entries(int fd);
/* Whether two maps have the same entries. */
bool fuzz_map_same(int fd, int other);

#endif
