/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_MANIFEST_READ_H
#define EL_MANIFEST_READ_H
/*
 * What the files that read a manifest share: a tree of its YAML, and how a tree is held against
 * what is wanted. Scalars are text as it was written: nothing here makes a number of 0x10 or a bool
 * of "on" before somebody asks for one.
 */
#include "manifest/manifest.h"

#define EL_MANIFEST_SIZE_MAX   (4u << 20)   /* of the file */
#define EL_MANIFEST_MEMORY_MAX (256u << 20) /* of all that is made of it: aliases unfold */
#define EL_MANIFEST_DEPTH_MAX  32
#define EL_MANIFEST_TEXT_MAX   65536 /* of one key or value */

enum manifest_kind { MANIFEST_SCALAR, MANIFEST_LIST, MANIFEST_MAPPING };

struct manifest_node {
	enum manifest_kind kind;
	struct el_position at;
	const char *text;	      /* of a scalar; NULL: no value, as ~ and nothing at all are */
	size_t count;		      /* of a list's items, of a mapping's pairs */
	struct manifest_node **items; /* of a mapping: key, value, key, value, … */
};

static inline const struct manifest_node *manifest_key(const struct manifest_node *mapping,
						       size_t i)
{
	return mapping->items[2 * i];
}

static inline const struct manifest_node *manifest_value(const struct manifest_node *mapping,
							 size_t i)
{
	return mapping->items[2 * i + 1];
}

struct manifest_reader {
	struct el_context *context;
	const char *path;	  /* for messages */
	const char *folder;	  /* absolute: what relative paths begin with */
	struct el_memory *memory; /* everything made so far, the manifest's own */
	size_t used;
	uint32_t keep;
};

/* ---- manifest.c */
/* Zeroed, and the manifest's own. Return: NULL, the error noted; return -ENOMEM then. */
void *el_manifest_alloc(struct manifest_reader *reader, size_t count, size_t size);
char *el_manifest_copy(struct manifest_reader *reader, const char *text);
/* Refuse the manifest for what stands at @at. Return: -EINVAL. */
int el_manifest_refuse(const struct manifest_reader *reader, struct el_position at,
		       const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The same for an error that was noted without its place. Return: @error. */
int el_manifest_refuse_noted(const struct manifest_reader *reader, struct el_position at,
			     int error);

/* ---- tree.c */
/* Make a tree of the one document in @text. */
int el_manifest_tree(struct manifest_reader *reader, const char *text, size_t size,
		     const struct manifest_node **out);

/* ---- read.c */
/* One key that a mapping may have. read() gets the key's own name for its messages, and the struct
 * that the mapping is read into. */
struct manifest_want {
	const char *name;
	bool needed;
	int (*read)(struct manifest_reader *reader, const char *name,
		    const struct manifest_node *node, void *out);
};

/* @wants is ended by one without a name. @what is what the mapping is, for messages: "a chain". */
int el_manifest_read_mapping(struct manifest_reader *reader, const char *what,
			     const struct manifest_node *node, const struct manifest_want *wants,
			     void *out);
int el_manifest_want(const struct manifest_reader *reader, const char *name,
		     const struct manifest_node *node, enum manifest_kind kind);
int el_manifest_read_text(struct manifest_reader *reader, const char *name,
			  const struct manifest_node *node, const char **out);
int el_manifest_read_number(struct manifest_reader *reader, const char *name,
			    const struct manifest_node *node, uint32_t max, uint32_t *out);
int el_manifest_read_size(struct manifest_reader *reader, const char *name,
			  const struct manifest_node *node, uint64_t *out);
/* A path, made absolute. */
int el_manifest_read_path(struct manifest_reader *reader, const char *name,
			  const struct manifest_node *node, const char **out);
/* As the command line takes a key, a value or a parameter: a mapping is {a=1,b=2}, a list [1,2].
 * No value at all is NULL. */
int el_manifest_read_value(struct manifest_reader *reader, const char *name,
			   const struct manifest_node *node, const char **out);

/* A text and where it stands, to find what was given twice. */
struct manifest_word {
	const char *text;
	struct el_position at;
};

/* Sorts @words. Return: the second of two that are the same, the first before it; or NULL. */
const struct manifest_word *el_manifest_find_twice(struct manifest_word *words, size_t count);

/* At most 60 bytes of a text for a message, whole characters, none of them a control's. */
struct manifest_shown {
	char text[72];
};
struct manifest_shown el_manifest_shown(const char *text);

/* ---- chain.c */
int el_manifest_read_chains(struct manifest_reader *reader, const struct manifest_node *node,
			    struct el_manifest *manifest);

/* ---- instance.c */
int el_manifest_read_instances(struct manifest_reader *reader, const char *name,
			       const struct manifest_node *node, struct el_manifest_chain *chain);

/* ---- map.c */
int el_manifest_read_maps(struct manifest_reader *reader, const char *name,
			  const struct manifest_node *node, struct el_manifest_instance *instance);
/* Maps that are shared are one: nothing may be said of them twice. */
int el_manifest_check_shared(struct manifest_reader *reader, const struct el_manifest *manifest);

/* ---- join.c */
/* Programs of one object at several hooks of one device share its variables. */
int el_manifest_join(struct manifest_reader *reader, const struct el_manifest *manifest);

#endif
