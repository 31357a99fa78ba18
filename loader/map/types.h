/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_TYPES_H
#define EL_TYPES_H
/*
 * The types of a chain's maps, for users who may not ask the kernel for them.
 */
#include <bpf/libbpf.h>

#include "base/base.h"

struct el_types {
	struct btf *btf; /* the caller frees it; NULL: the map has no types */
	uint32_t key, value;
};

/* An open map. */
struct el_typed_map {
	int fd;
	struct el_types types;
};

/* A map of a generation. */
struct el_map_name {
	const char *instance; /* its owner; "" in the pin of a single map's types */
	const char *map;      /* the name of its pin */
};

/* The types of a map's definition in an object, which owns the BTF. */
struct el_types el_types_of(const struct bpf_object *object, const struct bpf_map *map);

struct el_types_store; /* the types of a new generation's maps */

/* While a generation is made: note the types of a map; none, if it has none. */
int el_types_add(struct el_context *context, struct el_types_store **store,
		 const struct el_map_name *name, const struct el_types *types);
/* Copy the noted key and value types into @types. libbpf forgets the types of the maps that the
 * kernel creates without BTF (devmaps, cpumaps, maps of maps) when it creates them. */
void el_types_noted(const struct el_types_store *store, const struct el_map_name *name,
		    struct el_types *types);
/* Note the origin of the map's entries (el_types_origin()). */
int el_types_note_origin(struct el_context *context, struct el_types_store **store,
			 const struct el_map_name *name, uint32_t origin);
/* Pin the noted types at @path. @store may be NULL: no types were noted. */
int el_types_pin(struct el_context *context, const struct el_types_store *store, const char *path);
void el_types_free(struct el_types_store *store);
/* Pin the types of the map at @pin beside it, as PIN:types. */
int el_types_pin_one(struct el_context *context, const char *pin, const struct el_types *types,
		     uint32_t origin);
int el_types_copy(struct el_context *context, const struct el_types *from, struct el_types *to);

/* ---------------------------------------------------------------- types_read.c */

/* Whether all offsets and numbers in the bytes of a `types` pin are in range, so that the bytes are
 * safe to read. @bytes is aligned as malloc() aligns. */
bool el_types_are_sound(const char *bytes, size_t size);
/* Read the types of one map from sound bytes. The BTF is NULL if the map has no BTF or its BTF is
 * not sound. */
void el_types_unpack(const char *bytes, const struct el_map_name *name, struct el_types *out);

/**
 * el_types_open() - the types of a running map
 * @folder: the pins of its generation
 * @map:    its descriptor; receives the types. If they were not noted, the kernel is asked, which
 *          takes CAP_SYS_ADMIN
 *
 * Return: 0 (the BTF is NULL if the map has none); -EPERM only root may read the types; otherwise
 * -errno: the types cannot be read now. No error is noted.
 */
int el_types_open(const struct el_context *context, const char *folder,
		  const struct el_map_name *name, struct el_typed_map *map);
/* Like el_types_open(), by the pin: FOLDER/INSTANCE/NAME, or any pin with PIN:types beside it. */
int el_types_open_pin(const struct el_context *context, const char *pin, struct el_typed_map *map);
/*
 * The origin of a map's entries: the number of the first map that held them. A swap keeps the
 * origin if the map is kept or its entries are converted; a map that was filled anew or started
 * empty gets its own number. If maps of two generations have one origin, they are one state at two
 * points in time. 0: unknown.
 *
 * Return: 0, or -errno, without noting an error.
 */
int el_types_origin(const struct el_context *context, const char *folder,
		    const struct el_map_name *name, uint32_t *origin);
/**
 * el_types_lost() - find a map of a generation whose pin was removed
 * @folder: the pins of the generation, which began with one pin for each map
 * @out:    the first missing map, as INSTANCE/MAP (the caller frees it), or NULL: no map is missing
 *
 * Return: 0, or -errno, without noting an error.
 */
int el_types_lost(const struct el_context *context, const char *folder, char **out);
/* The origin of a map with PIN:types beside its pin. */
int el_types_origin_pin(const struct el_context *context, const char *pin, uint32_t *origin);

#endif
