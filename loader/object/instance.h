/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_INSTANCE_H
#define EL_INSTANCE_H
/*
 * An instance: one use of a function, with its parameters.
 */
#include "object/object.h"

struct el_instance {
	char *name;
	char *function;	   /* as the caller gave it; a path is made absolute */
	char *cflags;	   /* compiler flags of its source, separated by newlines; or "" */
	char *params_text; /* "a=1,b=2": the parameters that were set */
	char digest[17];
	char *reasons;		  /* as in the metadata: "1:listed,2:over" or "-" */
	struct el_object *object; /* NULL in a chain that was read back from the kernel */
	uint8_t **params;	  /* bytes of each parameter, or NULL: the object's initial value */
	bool plain;		  /* an ordinary program, without the SDK */
	bool fusable;		  /* it has bitcode that this machine's LLVM reads */
	char unfusable[192];	  /* the reason if it is not fusable */
	size_t program;		  /* the number of the chain's program that runs it */
	size_t owner; /* the instance whose maps and variables it uses: itself, or an earlier
			 instance of another program of the same object */
	char *sizes;  /* "MAP/ENTRIES,…" of maps whose size differs from the function's own */
};

/* Open each instance's object, read its parameters, name it. After an error, @out and @count have
 * the instances made so far, for el_instances_free(). */
int el_instances_make(struct el_context *context, const struct el_chain_spec *spec,
		      struct el_instance **out, size_t *count);
/* Set the parameters of an instance whose object is open, from "a=1,b=2" as a chain's metadata has
 * them. */
int el_instance_params(struct el_context *context, struct el_instance *instance, const char *text);
/* Find the owner of the maps of instance @number of @spec; earlier instances already have theirs.
 * Return: 0; -EINVAL two instances give a spec for one map. */
int el_instance_join(struct el_context *context, const struct el_chain_spec *spec,
		     struct el_instance *instances, size_t number);
/* Whether an instance other than @owner uses @owner's maps, too. */
bool el_instance_is_joined(const struct el_instance *instances, size_t count, size_t owner);
/* Whether the instance is used unmodified and can't count: its slot then counts the packets that
 * were handed to it. */
static inline bool el_instance_uncounted(const struct el_instance *instance)
{
	return instance->plain && !instance->fusable;
}
void el_instances_free(struct el_instance *instances, size_t count);
bool el_instance_name_valid(const char *name);
/* The program of the instance's object at @hook. */
const struct el_program_info *el_instance_program(const struct el_instance *instance,
						  enum edge_hook hook);

/* Split "a=1,b={x=1,y=2},c=\"d,e\"" into assignments, malloc'ed, which point into @text. Return: 0;
 * -EINVAL the text is malformed; -ENOMEM. No error is noted. */
int el_params_split(char *text, struct el_assignment **out, size_t *count);

#endif
