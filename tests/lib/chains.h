/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef CHAINS_H
#define CHAINS_H
/*
 * Chains in a private world (world.h): written as words, attached, refused, run on frames, and counted.
 */
#include "lib/world.h"

#include "loader.h"

struct words {
	char text[65][512], functions[65][2 * PATH_MAX];
	struct el_assignment params[65][8];
	struct el_instance_spec specs[65];
	struct el_chain_spec spec;
};

/* Add an instance [NAME=]FUNCTION[:A=1,B=2], without braces or odd names; a FUNCTION @x is x.o in
 * the scratch folder. */
void words_add(struct words *words, const char *word);

/* Attach a chain of the words in @list, up to a NULL, as el_chain_attach() does. A swap removes the replaced generation at
 * once, so that leftovers can be counted. */
int attach_words(struct el_chain **out, const char *name, enum edge_hook hook, enum el_mode mode,
		 const char *const *list);

#define try_attach(out, name, hook, mode, ...) \
	attach_words(out, name, hook, mode, (const char *const[]){__VA_ARGS__, NULL})

struct el_chain *attached(const char *name, enum edge_hook hook, enum el_mode mode,
			  const char *const *list);

/* Attach a chain, or fail the test; the caller frees the chain. */
#define attach(name, hook, ...) \
	attached(name, hook, EL_MODE_DEFAULT, (const char *const[]){__VA_ARGS__, NULL})

/* Detach the chain, or fail the test. */
void detach(const char *name, enum edge_hook hook);

/* Return: all pins below a device's folder, sorted, one per line; "" if it has none. */
const char *pins(const char *name);

/* Return: the id of the program that is pinned as the running program, or 0. */
uint32_t program_of(const char *name, const char *hook);

/* Attaching this chain must be refused with this error, and the running chain must stay
 * unchanged. */
void refused_words(const char *name, enum edge_hook hook, enum el_mode mode,
		   const char *const *list, enum el_kind kind, const char *what, const char *hint);

#define refused(name, hook, kind, what, hint, ...)                                                 \
	refused_words(name, hook, EL_MODE_DEFAULT, (const char *const[]){__VA_ARGS__, NULL}, kind, \
		      what, hint)

/* ---------------------------------------------------------------- packets */

/* Send @count copies of an Ethernet frame of @length bytes, whose byte 14 is @first, through the
 * pinned program. Return: the verdict of the program. */
uint32_t send_frames(const char *name, const char *hook, unsigned int first, unsigned int length,
		     int count);

/* Return: the counters of the chain; the caller frees them. */
struct el_counters *counters(const char *name, enum edge_hook hook);

/* Return: the packets that the instance dropped for the reason @name. */
uint64_t reason(const struct el_instance_counters *instance, const char *name);

#endif
