/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_FUSE_H
#define EL_FUSE_H
/*
 * Instances that become one program: asked of the confined compiler (protocol.h).
 */
#include "base/site.h"
#include "object/instance.h"

/* How instances are fused. The verifier does not follow all that an optimiser concludes: where it
 * refuses a program in one form, the next one is tried. */
enum el_form {
	EL_FORM_WHOLE,	 /* optimised as one program */
	EL_FORM_SETTLED, /* each instance tests the headers for itself: edge_parse_settle() */
	EL_FORM_KEPT,	 /* the same, and plain programs keep the code that clang made of them */
	EL_FORM_OWN_CPU, /* the same, and for the oldest -mcpu= of these */
	EL_FORMS,
};

struct el_fused {
	void *object; /* the ELF file, malloc'ed */
	size_t size;
	const char *refusal; /* EL_FUSE_KIND_*, where the child refused; else NULL */
	int instance;	     /* whose fault, or -1 */
	char message[1024];
};
/* What the program that runs instances [first, first + count) must know; constants of abi.h. */
struct el_placement {
	const struct el_site *site;
	bool clsact;			     /* the site is a filter on clsact */
	const struct el_instance *instances; /* the chain's, all of them */
	size_t instances_count;
	size_t first, count; /* those of this program */
	size_t end;	     /* the counter slot of what it lets go on */
	bool last;	     /* it goes on in no other program by a tail call */
	bool next_plain;     /* the next one does not count itself */
	enum el_form form;
};
/* Return: 0, also when the child refused (see fused->refusal); -errno when it could not be asked.
 */
int el_fuse(struct el_context *context, const struct el_placement *placement,
	    struct el_fused *fused);
enum { EL_CONSTANTS = 8 };
void el_placement_constants(const struct el_placement *placement, uint32_t values[EL_CONSTANTS]);
extern const char *const el_placement_names[EL_CONSTANTS];

#endif
