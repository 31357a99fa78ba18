/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_INSTANCE_H
#define EL_INSTANCE_H
/*
 * An instance: one use of a function, with its parameters.
 */
#include "object/object.h"

/* One use of a function, with its parameters' bytes. */
struct el_instance {
	char *name;
	char *function;	   /* as it was asked for; a path is made absolute */
	char *cflags;	   /* compiler flags of its source, separated by newlines; or "" */
	char *params_text; /* "a=1,b=2" of those set */
	char digest[17];
	char *reasons;		  /* as metadata holds them: "1:listed,2:over" or "-" */
	struct el_object *object; /* NULL in a chain that was read back from the kernel */
	bool object_shared;	  /* it is an earlier instance's */
	uint8_t **params;    /* bytes of each of the object's parameters, or NULL: its own initial
				value */
	bool plain;	     /* an ordinary program */
	bool fusable;	     /* it has bitcode that this machine's LLVM reads */
	char unfusable[192]; /* why it is not */
	size_t program;	     /* which program of the chain runs it */
	size_t owner; /* whose maps and variables it has: its own, or an earlier instance's of
			 another program of the same object */
	char *sizes;  /* "MAP/ENTRIES,…" of maps of another size than the function's own */
	const struct el_map_spec
		*maps; /* what is asked of some; the caller's, as long as it asks */
	size_t maps_count;
};

/* Open each instance's object, read its parameters, name it. @out and @count also have what was
 * made before an error: for el_instances_free(). */
int el_instances_make(struct el_context *context, const struct el_chain_spec *spec,
		      struct el_instance **out, size_t *count);
/* Of an instance whose object is open: its parameters from "a=1,b=2", as a chain remembers them. */
int el_instance_params(struct el_context *context, struct el_instance *instance, const char *text);
/* Find out whose maps instance @number has; those before it have theirs. Return: 0; -EINVAL two
 * instances say something of one map. */
int el_instance_join(struct el_context *context, struct el_instance *instances, enum edge_hook hook,
		     size_t number);
/* Whether an instance other than @owner has its maps, too. */
bool el_instance_is_joined(const struct el_instance *instances, size_t count, size_t owner);
/* Whether it is taken as it is and can't count: its slot holds what was handed to it. */
static inline bool el_instance_uncounted(const struct el_instance *instance)
{
	return instance->plain && !instance->fusable;
}
void el_instances_free(struct el_instance *instances, size_t count);
bool el_instance_name_valid(const char *name);
/* The program of the instance's object at @hook. */
const struct el_program_info *el_instance_program(const struct el_instance *instance,
						  enum edge_hook hook);

/* "a=1,b={x=1,y=2},c=\"d,e\"" into assignments, malloc'ed, which point into @text. Return: 0;
 * -EINVAL it is no such text; -ENOMEM. No error is noted. */
int el_params_split(char *text, struct el_assignment **out, size_t *count);

#endif
