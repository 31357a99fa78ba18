/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_CHAIN_H
#define EL_CHAIN_H
/*
 * Chains as the kernel has them, and what becomes of them. change.h has the steps of a change.
 */
#include "load/load.h"
#include "pin/pin.h"

int el_chain_report_make(struct el_context *context, struct el_chain *chain);
int el_chain_detach_locked(struct el_context *context, const struct el_chain *chain);
/* The rest of a detach, where EL_WHICH(GONE) says that one was begun. */
int el_chain_finish_detach(struct el_context *context, const struct el_site *site);

/* ---- all.c */
/* What stands for a chain that can't be read, for the error that was just noted; or for one of its
 * earlier generations, where @generation is not 0. */
int el_chain_stand_in(struct el_context *context, const struct el_site *site, uint32_t generation,
		      struct el_chain **out);
/* Whether the device of a chain is in this network namespace: by its link, or where the chain has
 * no link (clsact, shared) by its metadata. */
bool el_chain_is_here(struct el_context *context, const struct el_site *site);
/* Whether a chain was attached in another network namespace, and is not on a device of this one. */
bool el_chain_is_of_another_netns(struct el_context *context, const struct el_site *site);
/* Take off a chain that can't be read, by its links or its filter alone, and remove its pins. Under
 * the lock. */
int el_chain_take_off(struct el_context *context, const struct el_site *site);

/* ---- params.c */
/* The running chain, fused anew and swapped, with what @with says of the instance of its name:
 * other parameters, other maps. */
int el_chain_anew(struct el_context *context, const struct el_site *site,
		  const struct el_instance_spec *with, struct el_chain **out);

/* ---- open.c */
/* All that is pinned of generation @which. Return: 0; -ESTALE it is not whole (chain->lost); else
 * an error is noted. */
int el_chain_open_generation(struct el_context *context, struct el_chain *chain,
			     struct el_which which);
/* Note in chain->lost why a pin can't be used: @error is that of el_pin_get(). Return: -ESTALE, as
 * it may be a swap that is under way. */
int el_chain_lost(const struct el_context *context, struct el_chain *chain, struct el_which which,
		  const char *name, int error);
/* Whether a program uses a map; also where the kernel does not tell. */
bool el_program_has_map(int program_fd, uint32_t id);

/* ---- look.c */
/*
 * The generation that runs; where none does, the one that did, until it was detached outside
 * edge-load. Return: 0; -ENOENT there is none, without noting an error; else an error is noted.
 */
int el_chain_look(struct el_context *context, const struct el_site *site, struct el_chain **out);

/* The same, and also one whose device is in another network namespace: EL_STATE_MOVED or
 * EL_STATE_ELSEWHERE, which el_chain_look() refuses. */
int el_chain_look_anywhere(struct el_context *context, const struct el_site *site,
			   struct el_chain **out);

/* Generation @number, whether it runs or not. Return: 0; -ENOENT, without noting an error. */
int el_chain_look_at(struct el_context *context, const struct el_site *site, uint32_t number,
		     struct el_chain **out);

/* ---- map_program.c */
/* Load the program @word, OBJECT#PROGRAM, for an entry of @map, a map of a running chain; @frags:
 * for XDP frames in fragments. Return: 0; an error is noted. */
int el_chain_load_program(struct el_context *context, const struct el_map *map, const char *word,
			  bool frags, int *fd);

/* ---- stage.c */
/* Pin a new generation whole, as EL_WHICH(NEW), with the links that it will take over from @previous,
 * which is NULL where nothing runs. */
int el_pin_stage(struct el_context *context, struct el_chain *chain,
		 const struct el_chain *previous);
/* Pin the links that were made for it: after an attach. The first one's last: where it is, all are.
 */
int el_pin_link(struct el_context *context, const struct el_chain *chain);
/* In generation @which, that is to take over @previous's links, pin those: each program's with a
 * link of its own is that of the old one at the same place from the end. */
int el_pin_relink(struct el_context *context, const struct el_chain *chain, struct el_which which,
		  const struct el_chain *previous);
/* ---- recover.c */
/* Finish or undo what a killed edge-load left behind. Under the lock. */
int el_recover(struct el_context *context, const struct el_site *site);
/* Whether a change was left half done, or a detached chain's pins; not of a chain that still runs,
 * which whoever changes it next will detach. */
bool el_recover_is_due(struct el_context *context, const struct el_site *site);

#endif
