/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef FUZZ_KERNEL_H
#define FUZZ_KERNEL_H
/*
 * A kernel for fuzz targets: bpf(2) for maps that a target makes up. A lookup copies as many bytes
 * to the caller as the kernel's lookup would: value_size, and for a per-CPU map that many for each
 * CPU. The emulation needs no privilege, and allows a million calls a second. kernel.c replaces
 * syscall(3), through which libbpf calls bpf(2).
 */
#include <linux/bpf.h>

#include "fuzz.h"

struct fuzz_map {
	uint32_t type, key_size, value_size, max_entries, flags;
	const void *value; /* of unset entries of an array; padded with zeros */
	size_t value_length;
};

/* Return a descriptor of the map; or make a file @path, the pin of the map, each open of which
 * returns a new descriptor. The target owns the bytes and the path, which must live until
 * fuzz_kernel_forget(). */
int fuzz_map_open(const struct fuzz_map *map);
void fuzz_map_pin(const struct fuzz_map *map, const char *path);
/* Make a pin of a program or a link at @path. */
enum fuzz_pin { FUZZ_PIN_MAP, FUZZ_PIN_PROGRAM, FUZZ_PIN_LINK };
void fuzz_pin(enum fuzz_pin kind, const char *path);
/* Delete all entries of all maps that the caller of bpf(2) has set. */
void fuzz_kernel_empty(void);
/* Forget all maps and pins. The callers still own their descriptors. */
void fuzz_kernel_forget(void);
/* Return: the number of entries that were set. */
size_t fuzz_map_entries(int fd);
/* Return: whether two maps have the same entries. */
bool fuzz_map_same(int fd, int other);

#endif
