/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_SHARED_MAP_H
#define EL_SHARED_MAP_H
/*
 * A map that instances of any chains share by a name that a manifest gives it.
 *
 *   BPFFS/edge/shared/NAME        the map
 *                     NAME:types  its types (map/types.h)
 *
 * Each instance that shares the map also has a pin of it among its own maps, so a chain does not
 * need to know the name. A process that changes the map of a name holds a flock() on the folder.
 *
 * A change of the map's shape, size or contents takes these steps: the first chain that is made
 * cannot use the current map, and makes the next map, which all later chains must be able to use.
 * The next map is filled when all chains are loaded, and gets the name before the first chain
 * changes. Changes by packets in the old map are merged when the last chain has changed.
 */
#include "state/convert.h"
#include "state/inherit.h"

/* One map of a name. */
struct el_shared_version {
	int fd; /* -1: there is no such map */
	uint32_t id, origin;
	struct el_types types;
};

struct el_shared_map {
	char *name;
	struct el_shared_version now, next;  /* next: the map that replaces the current map */
	bool taken;			     /* a chain that is being made uses the current map */
	const struct el_generation *next_by; /* a chain whose map gave the entries of a new name */
	bool compared;			     /* a plan has compared the contents */
	bool renew;			     /* other contents or size: replace the current map */
	struct el_map_spec content;	     /* name NULL: the current entries */
	struct el_convert *convert;
	struct el_map *filled;
	bool over; /* the name belongs to the next map */
};

struct el_shared {
	struct el_shared_map *maps;
	size_t count;
	int lock; /* or -1 */
};

/* BPFFS/edge/shared/NAME with the suffix @which ("", ":types", ":new"). malloc'ed, or NULL. */
char *el_shared_pin(const struct el_context *context, const char *name, const char *which);
/* Open all shared maps. */
int el_shared_open(struct el_context *context, struct el_shared **out);
void el_shared_free(struct el_shared *shared);
/* Close all shared maps, and open them again. */
int el_shared_reopen(struct el_context *context, struct el_shared *shared);
/* Return: 0; -EBUSY another edge-load holds the lock (EL_CONFLICT). */
int el_shared_lock(struct el_context *context, struct el_shared *shared);
/* Find a shared map by name; an unknown name is added, without a map. NULL: no memory. */
struct el_shared_map *el_shared_get(struct el_shared *shared, const char *name);
/* Find a shared map by the number of its current map, or NULL. */
struct el_shared_map *el_shared_find(const struct el_shared *shared, uint32_t id);
/* Whether map @id is shared, without an open set. Return: 1, 0, or -errno with an error noted. */
int el_shared_is(struct el_context *context, uint32_t id);
/* Whether a running chain uses map @id. Return: 1, 0, or -errno with an error noted. */
int el_shared_is_live(struct el_context *context, uint32_t id);

/* ---- while chains are made */

/* An instance's definition of the map, and its old map. */
struct el_shared_user {
	const struct el_definition *definition;
	const char *path;		   /* INSTANCE/MAP */
	const struct el_generation *chain; /* the running chain, or NULL */
	const struct el_chain_map *old;	   /* the map of that chain, or NULL */
};
/* Take the shared map for a chain. Return: a descriptor, which the set still owns; -ENOENT the map
 * must be made (no error is noted); -EEXIST another chain took a map of another shape
 * (EL_CONFLICT). */
int el_shared_take(struct el_context *context, struct el_shared_map *map,
		   const struct el_shared_user *user);
/* Note a new map and the source of its entries. @fd is duplicated. */
int el_shared_made(struct el_context *context, struct el_shared_map *map,
		   const struct el_shared_user *user, int fd);

/* ---- when all chains are made */

int el_shared_fill(struct el_context *context, struct el_shared *shared);
/* Give the names to the next maps. */
int el_shared_over(struct el_context *context, struct el_shared *shared);
/* Undo el_shared_over(): give the names to the previous maps. */
void el_shared_back(struct el_context *context, struct el_shared *shared);
/* Merge late changes, when no chain runs with the old maps any more. */
void el_shared_settle(struct el_context *context, struct el_shared *shared);
/* Remove the names of maps that no generation of any chain uses. Does nothing while another
 * edge-load holds the lock; @locked: the caller holds it. */
void el_shared_sweep(struct el_context *context, bool locked);

#endif
