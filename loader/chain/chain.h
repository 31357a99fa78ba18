/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_CHAIN_H
#define EL_CHAIN_H
/*
 * Chains: read from the kernel, listed, pinned, recovered and detached. change.h has the steps of a
 * change.
 */
#include "chain/report.h"
#include "load/load.h"
#include "pin/pin.h"

/* Like el_chain_open(), for the library itself. */
int el_chain_find(struct el_context *context, const struct el_site *site,
		  struct el_generation **out);
int el_chain_detach_locked(struct el_context *context, const struct el_generation *chain);
/* Finish a detach that EL_WHICH(GONE) shows as begun. */
int el_chain_finish_detach(struct el_context *context, const struct el_site *site);

/* ---- all.c */
/* Make the stand-in for an unreadable chain, with the error that was just noted as its reason.
 * @generation: 0, or the number of an unreadable kept generation. */
int el_chain_stand_in(struct el_context *context, const struct el_site *site, uint32_t generation,
		      struct el_chain **out);
/* Whether the device of a chain is in this network namespace: by its link, or by its metadata if
 * the chain has no link (clsact, shared). */
bool el_chain_is_here(struct el_context *context, const struct el_site *site);
/* Whether a chain was attached in another network namespace, and its device is not in this
 * namespace. */
bool el_chain_is_of_another_netns(struct el_context *context, const struct el_site *site);
/* Detach an unreadable chain by its links or its filter alone, and remove its pins. Under the
 * lock. */
int el_chain_take_off(struct el_context *context, const struct el_site *site);

/* ---- params.c */
/* The differences of a chain that is fused again from the chain that runs. */
struct el_anew {
	struct el_instance_spec with; /* parameters and maps for the instance with.name */
	struct el_growth growth;      /* of a map of that instance; map NULL: of none */
};
/* Fuse the running chain again and swap it. */
int el_chain_anew(struct el_context *context, const struct el_site *site,
		  const struct el_anew *anew, struct el_chain **out);

/* ---- open.c */
/* A generation while its pins are opened. */
struct el_opening {
	struct el_context *context;
	struct el_generation *chain;
	struct el_which which;
	char *lost;	      /* why a pin can't be used, malloc'ed; or NULL */
	enum el_kind problem; /* the kind of this failure */
};
/* Open all pins of a generation. Return: 0; -ESTALE it is incomplete (opening->lost); else an error
 * is noted. */
int el_chain_open_generation(struct el_opening *opening);
/* Note in opening->lost the reason that a pin can't be used; @error comes from el_pin_get().
 * Return: -ESTALE, since a swap may be under way. */
int el_chain_lost(struct el_opening *opening, const char *name, int error);
/* Whether a program uses a map. True if the kernel does not tell. */
bool el_program_has_map(int program_fd, uint32_t id);

/* ---- look.c */
/*
 * The running generation, or the last running generation if it was detached outside edge-load.
 * Return: 0; -ENOENT there is none, without noting an error; else an error is noted.
 */
int el_chain_look(struct el_context *context, const struct el_site *site,
		  struct el_generation **out);

/* Like el_chain_look(), but also accepts a chain whose device is in another network namespace:
 * EL_STATE_MOVED or EL_STATE_ELSEWHERE. */
int el_chain_look_anywhere(struct el_context *context, const struct el_site *site,
			   struct el_generation **out);

/* Generation @number, running or kept. Return: 0; -ENOENT, without noting an error. */
int el_chain_look_at(struct el_context *context, const struct el_site *site, uint32_t number,
		     struct el_generation **out);

/* ---- map_program.c */
/* Load a program for an entry of a running chain's map. Return: 0; an error is noted. */
int el_chain_load_program(struct el_context *context, const struct el_program_reference *program,
			  int *fd);

/* ---- stage.c */
/* Pin a new generation completely, as EL_WHICH(NEW), with the links that it will take over from
 * @previous. NULL: no chain runs. */
int el_pin_stage(struct el_context *context, struct el_generation *chain,
		 const struct el_generation *previous);
/* After an attach: pin the new links. The first link is pinned last, so its presence means that all
 * links are pinned. */
int el_pin_link(struct el_context *context, const struct el_generation *chain);
/* Pin the links of @previous in generation @which, which takes them over. Programs with links of
 * their own are matched by their place, counted from the end. */
int el_pin_relink(struct el_context *context, const struct el_generation *chain,
		  struct el_which which, const struct el_generation *previous);
/* ---- recover.c */
/* Finish or undo the work of a killed edge-load. Under the lock. */
int el_recover(struct el_context *context, const struct el_site *site);
/* Whether an unfinished change, or the pins of an unfinished detach, are left. False while the
 * chain of such a detach still runs: the next change will detach it. */
bool el_recover_is_due(struct el_context *context, const struct el_site *site);

#endif
