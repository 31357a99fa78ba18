/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_GENERATION_H
#define EL_GENERATION_H
/*
 * A generation is one version of a chain, as the kernel has it. The requests for it (el_asked) belong
 * to the change that makes it, and the report for the caller (chain/report.h) is an object of its own.
 */
#include "hook/hook.h"

/* One map of an instance. */
struct el_chain_map {
	size_t instance;
	char *name; /* of the pin: the name in the source; data and bss for a program's globals */
	int fd;
	uint32_t id;
	uint32_t origin; /* el_types_origin(), of a map that is made or kept */
	bool kept;	 /* the map of the previous generation */
	/* Otherwise, the contents that it takes over (state/inherit.c). */
	enum el_map_change change;
	struct el_convert *convert; /* the conversion of the entries, or NULL */
	struct el_map *filled;	    /* by a file or a manifest; or NULL */
	char *why;		    /* the reason for starting empty */
	bool nested;		    /* a map of maps, filled from the old map (state/nested.c) */
	bool holder;	/* a map of programs, filled from the old map (state/holder.c) */
	size_t entries; /* number of filled entries */
};

/* The kernel objects of one version of a chain, and its description in the kernel. */
struct el_generation {
	struct el_attachment at;
	char *device;  /* storage of at.site.device, set by el_generation_set_device() */
	uint32_t keep; /* number of generations to keep */
	bool declared; /* declared by a manifest */
	char *cut;     /* the reason for several programs, or "" */
	struct edge_metadata *metadata;
	struct el_instance *instances;
	size_t instances_count;
	struct el_chain_map *maps;
	size_t maps_count;
	struct el_fuse_table *tables; /* the maps that are tables of the SDK, while it is made */
	size_t tables_count;
	/* The content of maps that was read before the maps were made. */
	struct el_staged {
		size_t owner;
		const char *map;
		struct el_map *like; /* for its types */
		struct el_map_load *load;
	} * staged;
	size_t staged_count;
	struct el_types_store *types; /* of the maps, while it is made (map/types.c) */
	int metadata_fd;	      /* .rodata of the attached program */
	int counters_fd, carried_fd;
	enum el_state state;
	uint32_t running; /* the program that runs in the place of an unreadable chain, or 0 */
};

/* A map whose table is laid out anew, with room for more entries. */
struct el_growth {
	const char *instance, *map;
	struct el_map_load *coming; /* entries that the map gets before the swap, or NULL */
};

/* Requests for a generation while it is made. The caller owns all of them, and keeps them until the
 * generation is attached. */
struct el_asked {
	const struct el_chain_spec *spec; /* NULL: a kept generation, or a program for a slot */
	struct el_shared *shared; /* the shared maps of a manifest; NULL: sharing stays unchanged */
	const struct el_growth *growth; /* or NULL */
	bool unfragmented; /* load without XDP fragments, even if all functions support them */
	bool slot;	   /* a program for an entry of a running chain's map, never attached */
};

/* The time that the steps took. */
struct el_times {
	double fuse_ms, load_ms, attach_ms;
};

/* A generation that is being made. */
struct el_making {
	struct el_context *context;
	struct el_generation *chain;
	const struct el_generation *previous; /* the running generation, or NULL */
	struct el_asked asked;
	struct el_times *times;
};

/* A generation without instances and descriptors. */
int el_generation_new(struct el_context *context, struct el_generation **out);
/* For the device, if it is not NULL, and the hook of @site. */
int el_generation_new_at(struct el_context *context, const struct el_site *site,
			 struct el_generation **out);
/* Return: 0; -ENOMEM, noted. */
int el_generation_set_device(struct el_context *context, struct el_generation *chain,
			     const char *device);
void el_generation_free(struct el_generation *chain);
/* Free the maps, to make them again. */
void el_generation_free_maps(struct el_generation *chain);

#define _cleanup_generation_ _cleanup_(el_generation_cleanup)
static inline void el_generation_cleanup(struct el_generation **chain)
{
	el_generation_free(*chain);
}

#endif
