/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_MAP_REFERENCE_H
#define EL_MAP_REFERENCE_H
/*
 * Values that hold a program or a map: prog:OBJECT#PROGRAM, prog:PIN, map:PATH and map:PIN, in
 * place of a number or inside of a struct, as {ifindex=3,bpf_prog=prog:OBJECT#PROGRAM}.
 */
#include "map/map.h"

#define EL_REFERENCES_MAX 4

/* The descriptors that a value's text refers to, until the kernel has taken them. */
struct el_references {
	int fds[EL_REFERENCES_MAX];
	size_t count;
	bool frags;  /* programs are loaded for XDP frames in fragments */
	bool loaded; /* one was loaded, and none only opened */
};

/* Whether the map's value is the descriptor of a program or a map, and nothing else. */
bool el_map_is_holder(const struct el_map *map);
/* Whether its values may refer to one. */
bool el_map_takes_references(const struct el_map *map);

/**
 * el_map_resolve() - a value's text with a descriptor's number in place of each reference
 * @out: malloc'ed
 *
 * A program of an object is loaded for the hook of the map's chain, with the maps and the
 * parameters of the map's instance where it is of the same object. Return: 0; -EINVAL, -ENOENT,
 * -EACCES with the reason noted.
 */
int el_map_resolve(struct el_context *context, const struct el_map *map, const char *text,
		   struct el_references *references, char **out);
/*
 * A program or a map by the number that the kernel has shown for it: of a map that holds nothing
 * else (el_map_is_holder()), the whole of @text, which adds to @references, or is something else;
 * of a devmap or a cpumap, what stands behind the first number in @value's bytes, in whose place
 * the descriptor @fd comes (-1: the entry has no program). @what: how to call it in errors.
 *
 * Return: 0; -EINVAL none has that number; -EPERM without CAP_SYS_ADMIN; both with the reason
 * noted.
 */
int el_map_holder_number(struct el_context *context, const struct el_map *map, const char *text,
			 struct el_references *references);
int el_map_entry_program(struct el_context *context, const struct el_map *map, const char *what,
			 uint8_t *value, int *fd);
/* -EINVAL: the map does not take @value; @section of its program, where that is the reason, or
 * NULL. */
int el_map_fail_reference(struct el_context *context, const struct el_map *map, const char *value,
			  const char *section);
void el_references_close(struct el_references *references);

#endif
