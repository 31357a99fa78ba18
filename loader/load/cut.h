/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_CUT_H
#define EL_CUT_H
/*
 * The cuts of a chain into programs: before and after an instance that cannot be fused, and where
 * the instances together exceed a limit.
 */
#include "load/load.h"

/* A chain that is being made, and cut. */
struct el_cut {
	const struct el_making *making;
	bool again;	    /* an instance cannot be fused: make the chain again */
	enum el_form least; /* halves skip the forms in which the whole was refused */
};

/* Fuse @count neighbouring instances and load them, in several programs if they are refused
 * together. @count 0: the entry of a part whose first instance is used unmodified. Sets cut->again
 * if an instance has to be used unmodified from now on. Return: 0, also with cut->again; else an
 * error is noted. */
int el_cut_fuse(struct el_cut *cut, size_t first, size_t count);
/* Note the reason for a cut, each reason once. */
void el_cut_note(struct el_generation *chain, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Whether the instance is attached by a link of its own. */
bool el_cut_stands_apart(const struct el_generation *chain, size_t number);
/* Whether a program that begins with this instance is the first program of a part of the chain. */
bool el_cut_begins_part(const struct el_generation *chain, size_t first);
struct el_placement el_cut_placement(const struct el_generation *chain, size_t first, size_t count);
/* A program for the instances of @placement, for el_cut_put_first(). */
struct el_program el_cut_program(const struct el_placement *placement, enum el_program_kind kind,
				 bool linked);
/* Put a program before the loaded programs. */
int el_cut_put_first(struct el_context *context, struct el_generation *chain,
		     struct el_program *program);

#endif
