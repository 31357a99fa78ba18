/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_GENERATION_H
#define EL_GENERATION_H
/*
 * A chain inside the library: its instances, and the kernel objects of one generation.
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

/* Requests for a chain while it is made, beside its instances. The caller owns all of them, and
 * keeps them until the chain is made. */
struct el_asked {
	struct el_shared *shared; /* the shared maps of a manifest; NULL: sharing stays unchanged */
	const char *const *start_empty; /* of the spec */
	bool unfragmented; /* load without XDP fragments, even if all functions support them */
	bool slot;	   /* a program for an entry of a running chain's map, never attached */
};

struct el_chain {
	struct el_attachment at;
	char *device; /* storage of at.site.device, set by el_chain_set_device() */
	struct el_asked asked;
	uint32_t keep; /* number of generations to keep */
	bool declared; /* declared by a manifest */
	struct edge_metadata *metadata;
	struct el_instance *instances;
	size_t instances_count;
	struct el_chain_map *maps;
	size_t maps_count;
	struct el_map_report *map_reports;
	size_t map_reports_count;
	struct el_types_store *types; /* of the maps, while it is made (map/types.c) */
	int metadata_fd;	      /* .rodata of the attached program */
	int counters_fd, carried_fd;
	enum el_state state;
	enum el_kind problem; /* the kind of failure of a chain that can't be read */
	uint32_t running;     /* the program that runs in its place, or 0 */
	char *why;	      /* the reason, also of a chain that is elsewhere; else NULL */
	char *hint;	      /* the remedy, or NULL */
	char *lost;	      /* the text of a missing or replaced pin, else NULL */
	char *cut;
	double fuse_ms, load_ms, attach_ms;
	struct el_chain_report report; /* made from the fields above by el_chain_report_make() */
};

/* A generation that is being made. */
struct el_making {
	struct el_context *context;
	struct el_chain *chain;
	const struct el_chain *previous; /* the running generation, or NULL */
};

/* An empty chain. */
int el_chain_new(struct el_context *context, struct el_chain **out);
/* Return: 0; -ENOMEM, noted. */
int el_chain_set_device(struct el_context *context, struct el_chain *chain, const char *device);

#define _cleanup_chain_ _cleanup_(el_chain_cleanup)
static inline void el_chain_cleanup(struct el_chain **chain)
{
	el_chain_free(*chain);
}

#endif
