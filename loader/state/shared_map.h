/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_SHARED_MAP_H
#define EL_SHARED_MAP_H
/*
 * A map that instances, of whatever chains, have in common, by a name that a manifest gives it.
 *
 *   BPFFS/edge/shared/NAME        the map
 *                     NAME:types  its types (map/types.h)
 *
 * An instance that shares it has it pinned among its own, too; so a chain needs to know nothing of
 * the name. Who changes which map a name means has a flock() on the folder.
 *
 * The way of one, of another shape, size or content than before: the first chain that is made finds
 * that it can't take what is there, and makes the next one, which all later ones must be able to
 * take; filled when all are loaded, it gets the name before the first chain changes, and what
 * packets wrote in the old one meanwhile is merged when the last one has.
 */
#include "state/convert.h"
#include "state/inherit.h"

struct el_shared_map {
	char *name;
	/* What the name means now; fd -1: nothing. */
	int fd;
	uint32_t id, origin;
	struct el_types types;
	bool taken; /* by a chain that is being made */
	/* What it is to mean; fd -1: the same. */
	int next_fd;
	const struct el_chain *next_by; /* whose own map's entries it has, where it had no past */
	uint32_t next_id, next_origin;
	struct el_types next_types;
	bool compared;		    /* a plan has looked at its content */
	bool renew;		    /* of another content or size: nobody takes what is there */
	struct el_map_spec content; /* name NULL: what it has */
	struct el_convert *convert;
	struct el_map *filled;
	bool over; /* the name means the next one */
};

struct el_shared {
	struct el_shared_map *maps;
	size_t count;
	int lock; /* or -1 */
};

/* BPFFS/edge/shared/NAME, @which ("", ":types", ":new") behind it. malloc'ed, or NULL. */
char *el_shared_pin(const struct el_context *context, const char *name, const char *which);
/* Those there are. */
int el_shared_open(struct el_context *context, struct el_shared **out);
void el_shared_free(struct el_shared *shared);
/* Forget what there was, and look again. */
int el_shared_reopen(struct el_context *context, struct el_shared *shared);
/* -EBUSY: another edge-load has them (EL_CONFLICT). */
int el_shared_lock(struct el_context *context, struct el_shared *shared);
/* By its name; one that is not there is added, and means nothing yet. NULL: no memory. */
struct el_shared_map *el_shared_get(struct el_shared *shared, const char *name);
/* By the number of what it means, or NULL. */
struct el_shared_map *el_shared_find(const struct el_shared *shared, uint32_t id);
/* Whether map @id has a name, without a set at hand; whether a chain runs with it. Return: 1, 0, or
 * -errno with an error noted. */
int el_shared_is(struct el_context *context, uint32_t id);
int el_shared_is_live(struct el_context *context, uint32_t id);

/* ---- while chains are made */

/* How a chain's map is defined, and what it was. */
struct el_shared_user {
	const struct bpf_object *object;
	struct bpf_map *definition;
	uint32_t entries;
	const char *path;		/* INSTANCE/MAP */
	const struct el_chain *chain;	/* that runs; or NULL */
	const struct el_chain_map *old; /* its map, or NULL */
};
/* Return: a descriptor, still the set's; -ENOENT it must be made, without noting an error; -EEXIST
 * another chain took one of another shape (EL_CONFLICT). */
int el_shared_take(struct el_context *context, struct el_shared_map *map,
		   const struct el_shared_user *user);
/* It was made: where its entries come from. @fd is duplicated. */
int el_shared_made(struct el_context *context, struct el_shared_map *map,
		   const struct el_shared_user *user, int fd);

/* ---- when all are */

int el_shared_fill(struct el_context *context, struct el_shared *shared);
/* The names mean the next ones; and what they meant before. */
int el_shared_over(struct el_context *context, struct el_shared *shared);
void el_shared_back(struct el_context *context, struct el_shared *shared);
/* When nothing runs with the old ones any more. */
void el_shared_settle(struct el_context *context, struct el_shared *shared);
/* Remove the names of maps that no generation of any chain has. Does nothing while another
 * edge-load has the lock; @locked: this one has. */
void el_shared_sweep(struct el_context *context, bool locked);

#endif
