/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef TEST_MAPS_H
#define TEST_MAPS_H
/*
 * Real maps of the kernel for tests of map/. The test has its own mount namespace, so it needs no clean-up, with a tmpfs for
 * its files, and a bpffs into which it pins maps as a chain does:
 *
 *   BPFFS/edge/test:0/xdp/one/MAP      of the device test.0
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/test.h"

#define PATH	"test.0/xdp/one/"
#define MILLION 1000000

struct count {
	uint64_t packets, bytes;
};

extern struct bpf_object *object; /* that has the maps */
extern const char folder[];	  /* the tmpfs */

int maps_setup(void **state);
int maps_teardown(void **state);

/* Return: the path of @name in the tmpfs; the caller frees it. */
char *in_folder(const char *name);
/* Write a file of the tmpfs. Return: its path; the caller frees it. */
char *make_file(const char *name, const char *text);

/* Open test.0/xdp/one/@name, or fail the test; the caller frees the map. */
struct el_map *open_map(const char *name);

/* The library's results are compared with the kernel's, through this descriptor. */
int fd_of(const char *name);

/* The entry @key must be @want in this format. */
void map_gets(struct el_map *map, const char *key, enum el_format format, const char *want);

size_t count_entries(struct el_map *map);
/* Load a file of these lines into the map. Return: as el_map_load(). */
int load_text(struct el_map *map, const char *text, size_t *loaded);
/* Delete all entries of the map. */
void empty(const char *name);

#endif
