/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_MAP_REFERENCE_H
#define EL_MAP_REFERENCE_H
/*
 * Values that hold a program or a map: prog:OBJECT#PROGRAM, prog:PIN, map:PATH and map:PIN, in
 * place of a number or inside a struct, as in {ifindex=3,bpf_prog=prog:OBJECT#PROGRAM}.
 */
#include "map/map.h"

#define EL_REFERENCES_MAX 4

/* The descriptors that the text of a value refers to; open until the kernel has stored them. */
struct el_references {
	int fds[EL_REFERENCES_MAX];
	size_t count;
	bool frags;  /* programs are loaded for XDP frames in fragments */
	bool loaded; /* a program was loaded from an object */
};

/* A program to be loaded for an entry of a map. */
struct el_program_reference {
	const struct el_map *map;
	const char *word; /* OBJECT#PROGRAM */
	bool frags;	  /* for XDP frames in fragments */
};

/* Whether the values of the map are descriptors of programs or maps, and nothing else. */
bool el_map_is_holder(const struct el_map *map);
/* Whether the values of the map may refer to a program or a map. */
bool el_map_takes_references(const struct el_map *map);

/**
 * el_map_resolve() - replace each reference in the text of a value by a descriptor number
 * @out: malloc'ed
 *
 * A program of an object is loaded for the hook of the map's chain. If the map's instance was
 * loaded from that object too, the program gets the maps and the parameters of the instance.
 * Return: 0; -EINVAL, -ENOENT, -EACCES with the reason noted.
 */
int el_map_resolve(const struct el_map *map, const char *text, struct el_references *references,
		   char **out);
/*
 * Open a program or a map by the number that the kernel shows for it.
 *
 * el_map_holder_number() is for maps whose values are only descriptors (el_map_is_holder()): if the
 * whole of @text is a number, it adds the descriptor to @references; any other text is left alone.
 * el_map_entry_program() is for devmaps and cpumaps: it replaces the program number behind the
 * first number in @value by the descriptor @fd (-1: the entry has no program). @what: the name of
 * the value in errors.
 *
 * Return: 0; -EINVAL no program or map has that number; -EPERM without CAP_SYS_ADMIN; both with the
 * reason noted.
 */
int el_map_holder_number(const struct el_map *map, const char *text,
			 struct el_references *references);
int el_map_entry_program(const struct el_map *map, const char *what, uint8_t *value, int *fd);
/* Note that the map does not accept @value. @section: the section of its program if that is the
 * reason, or NULL. Return: -EINVAL. */
int el_map_fail_reference(const struct el_map *map, const char *value, const char *section);
void el_references_close(struct el_references *references);

#endif
