/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_FUSE_H
#define EL_FUSE_H
/*
 * Fuse instances into one program, by the confined compiler (protocol.h).
 */
#include "../../bpf/chain/prefix.h"
#include "base/site.h"
#include "object/instance.h"

/* How instances are fused. The verifier cannot follow every conclusion of an optimiser: if it
 * refuses a program in one form, the next form is tried. */
enum el_form {
	EL_FORM_WHOLE,	 /* optimised as one program */
	EL_FORM_SETTLED, /* each instance tests the headers for itself: edge_parse_settle() */
	EL_FORM_KEPT,	 /* settled; plain programs keep the code that clang compiled */
	EL_FORM_OWN_CPU, /* kept; code for the oldest -mcpu= of the plain programs */
	EL_FORMS,
};

/* A map that is a table of the SDK, in place of the kernel's kind of map. */
struct el_fuse_table {
	size_t owner; /* the instance that owns the map */
	const char *map;
	struct edge_prefix_space space;
};

struct el_fused {
	void *object; /* the ELF file, malloc'ed */
	size_t size;
	const char *refusal; /* EL_FUSE_KIND_* if the child refused, else NULL */
	int instance;	     /* the instance at fault, or -1 */
	char message[1024];
};
/* The input of the program that runs instances [first, first + count); constants of abi.h. */
struct el_placement {
	const struct el_site *site;
	bool clsact;			     /* the site is a filter on clsact */
	const struct el_instance *instances; /* all instances of the chain */
	size_t instances_count;
	size_t first, count; /* the instances of this program */
	size_t end;	     /* the counter slot of packets that it passes on */
	bool last;	     /* no tail call to another program follows */
	bool next_plain;     /* the next program does not count itself */
	enum el_form form;
	const struct el_fuse_table *tables; /* of all instances */
	size_t tables_count;
};
/* Return: 0, also if the child refused (see fused->refusal); -errno if the
 * child could not be asked. */
int el_fuse(struct el_context *context, const struct el_placement *placement,
	    struct el_fused *fused);
/* The constants of the SDK that a program's place in the chain decides. */
enum el_constant {
	EL_CONSTANT_FIRST,
	EL_CONSTANT_LENGTH,
	EL_CONSTANT_END,
	EL_CONSTANT_NEXT,
	EL_CONSTANT_HOOK,
	EL_CONSTANT_FLAGS,
	EL_CONSTANTS_FOLDED, /* the others differ between devices with equal chains, so they stay
				read-only variables of the fused program, set when it is loaded */
	EL_CONSTANT_MAC_FIRST = EL_CONSTANTS_FOLDED,
	EL_CONSTANT_MAC_LAST,
	EL_CONSTANTS,
};
void el_placement_constants(const struct el_placement *placement, uint32_t values[EL_CONSTANTS]);
extern const char *const el_placement_names[EL_CONSTANTS];

#endif
