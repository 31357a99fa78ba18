/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_TYPES_H
#define EL_TYPES_H
/*
 * The types of a chain's maps, for those who may not ask the kernel for them.
 */
#include <bpf/libbpf.h>

#include "base/base.h"

struct el_types {
	struct btf *btf; /* the caller frees it; NULL: the map has no types */
	uint32_t key, value;
};

struct el_types_store; /* of the maps of a generation, while it is made */

/* While a generation is made: note the types of @map of @object, which is @name of @instance. */
int el_types_add(struct el_context *context, struct el_types_store **store,
		 const struct bpf_object *object, const struct bpf_map *map, const char *instance,
		 const char *name);
/* The key and the value of what was noted, into @types. libbpf forgets the types of the maps that
 * the kernel takes without BTF (devmaps, cpumaps, maps of maps) when it makes them. */
void el_types_noted(const struct el_types_store *store, const char *instance, const char *name,
		    struct el_types *types);
/* Note where what that map holds comes from. */
int el_types_note_origin(struct el_context *context, struct el_types_store **store,
			 const char *instance, const char *name, uint32_t origin);
/* Pin what was noted at @path; NULL: nothing was. */
int el_types_pin(struct el_context *context, const struct el_types_store *store, const char *path);
void el_types_free(struct el_types_store *store);
/* Pin those of one map at @path, "PIN:types". */
int el_types_pin_one(struct el_context *context, const struct el_types *types, const char *name,
		     uint32_t origin, const char *path);
int el_types_copy(struct el_context *context, const struct el_types *from, struct el_types *to);

/* Of the bytes of `types`, aligned as malloc() does it: whether everything that is referred to in
 * them is there. The rest of what is in them is then safe to read. */
bool el_types_are_sound(const char *bytes, size_t size);
/* The types of one map from bytes that are sound; without a BTF where it has none, or one that is
 * not sound. */
void el_types_unpack(const char *bytes, const char *instance, const char *name,
		     struct el_types *out);

/**
 * el_types_open() - the types of a map that runs
 * @folder:   the pins of its generation
 * @instance: whose it is
 * @name:     of the map, as its pin
 * @fd:       the map: where its types were not noted the kernel is asked, which takes CAP_SYS_ADMIN
 *
 * Return: 0, without a BTF where the map has none; -EPERM nobody but root may know; else -errno:
 * they can't be read now. No error is noted.
 */
int el_types_open(const struct el_context *context, const char *folder, const char *instance,
		  const char *name, int fd, struct el_types *out);
/* The same by its pin: FOLDER/INSTANCE/NAME, or whatever has PIN:types beside it. */
int el_types_open_pin(const struct el_context *context, const char *pin, int fd,
		      struct el_types *out);
/*
 * Where what a map holds comes from: the number of the first map that held it. Over a swap it stays
 * while the map is kept or its entries are converted; a map that was filled anew, or started empty,
 * begins its own. Two generations' maps of one origin are the same state at two times. 0: unknown.
 * Return: 0, or -errno, without noting an error.
 */
int el_types_origin(const struct el_context *context, const char *folder, const char *instance,
		    const char *name, uint32_t *origin);
/**
 * el_types_lost() - a map of a generation whose pin was removed
 * @folder: the pins of the generation, which was pinned with one for each of its maps
 * @out:    the first that is missing, as INSTANCE/MAP; the caller frees it; NULL: all are there
 *
 * Return: 0, or -errno, without noting an error.
 */
int el_types_lost(const struct el_context *context, const char *folder, char **out);
/* Of one with PIN:types beside it. */
int el_types_origin_pin(const struct el_context *context, const char *pin, uint32_t *origin);

#endif
