/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_GENERATION_H
#define EL_GENERATION_H
/*
 * A chain inside the library: its instances, and what the kernel has of one generation of it.
 */
#include "hook/hook.h"

/* One map of an instance. */
struct el_chain_map {
	size_t instance;
	char *name; /* as its pin: the name in the source; data and bss for a program's globals */
	int fd;
	uint32_t id;
	uint32_t origin; /* el_types_origin(), of one that is made or kept */
	bool kept;	 /* the same map as in the generation before */
	/* Else, what it takes over of that: state/inherit.c. */
	enum el_map_change change;
	struct el_convert *convert; /* the entries, converted; or NULL */
	struct el_map *filled;	    /* from a file or a manifest; or NULL */
	char *why;		    /* it starts empty */
	bool nested;		    /* a map of maps, filled from the old one (state/nested.c) */
	bool holder;	/* a map of programs, filled from the old one (state/holder.c) */
	size_t entries; /* that it was filled with */
};

/* What is asked of a chain while it is made, beside its instances. All of it is the caller's, as long
 * as it asks. */
struct el_asked {
	struct el_shared *shared; /* a manifest's shared maps; NULL: what is shared stays so */
	const char *const *start_empty; /* of the spec */
	bool unfragmented; /* no frames in fragments are to come, whatever the functions cope with */
	bool slot; /* one program for an entry of a running chain's map: it is not attached */
};

struct el_chain {
	struct el_attachment at;
	char *device; /* at.site.device, which el_chain_set_device() gives it */
	struct el_asked asked;
	uint32_t keep; /* generations */
	bool declared; /* a manifest wants it */
	struct edge_metadata *metadata;
	struct el_instance *instances;
	size_t instances_count;
	struct el_chain_map *maps;
	size_t maps_count;
	struct el_map_report *map_reports;
	size_t map_reports_count;
	struct el_types_store *types; /* of the maps, while it is made (map/types.c) */
	int metadata_fd;	      /* .rodata of the program attached */
	int counters_fd, carried_fd;
	enum el_state state;
	enum el_kind problem; /* of one that can't be read: what kind of failure that is */
	uint32_t running;     /* and the program that runs at its place; or 0 */
	char *why;	      /* and the reason; also of one that is elsewhere; else NULL */
	char *hint;	      /* what to do about it; or NULL */
	char *lost;	      /* what was missing when it was read; else NULL */
	char *cut;
	double fuse_ms, load_ms, attach_ms;
	struct el_chain_report report; /* made of the above by el_chain_report_make() */
};

/* A generation on its way into the kernel. */
struct el_making {
	struct el_context *context;
	struct el_chain *chain;
	const struct el_chain *previous; /* what runs; NULL: nothing */
};

/* One of nothing. */
int el_chain_new(struct el_context *context, struct el_chain **out);
/* Return: 0; -ENOMEM, noted. */
int el_chain_set_device(struct el_context *context, struct el_chain *chain, const char *device);

#define _cleanup_chain_ _cleanup_(el_chain_cleanup)
static inline void el_chain_cleanup(struct el_chain **chain)
{
	el_chain_free(*chain);
}

#endif
