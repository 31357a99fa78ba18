/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_MANIFEST_READ_H
#define EL_MANIFEST_READ_H
/*
 * Shared by the files that read a manifest: a tree of its YAML, and the checks of such a tree.
 * Scalars are text as in the file: 0x10 becomes a number, and "on" a bool, only when a caller reads
 * a number or a bool.
 */
#include "manifest/manifest.h"

#define EL_MANIFEST_SIZE_MAX   (4u << 20)   /* of the file */
#define EL_MANIFEST_MEMORY_MAX (256u << 20) /* of all structs made of it: aliases expand */
#define EL_MANIFEST_DEPTH_MAX  32
#define EL_MANIFEST_TEXT_MAX   65536 /* of one key or value */

enum manifest_kind { MANIFEST_SCALAR, MANIFEST_LIST, MANIFEST_MAPPING };

struct manifest_node {
	enum manifest_kind kind;
	struct el_position at;
	const char *text;	      /* of a scalar; NULL: no value, written as ~ or as nothing */
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
	const char *folder;	  /* absolute; relative paths start here */
	struct el_memory *memory; /* all allocations so far; the manifest owns them */
	size_t used;
	uint32_t keep;
};

/* ---- manifest.c */
/* Zeroed memory that the manifest owns. Return: NULL, with the error noted: return -ENOMEM. */
void *el_manifest_alloc(struct manifest_reader *reader, size_t count, size_t size);
char *el_manifest_copy(struct manifest_reader *reader, const char *text);
/* Refuse the manifest because of the text at @at. Return: -EINVAL. */
int el_manifest_refuse(const struct manifest_reader *reader, struct el_position at,
		       const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Refuse the manifest with the error that was just noted without a place. Return: @error. */
int el_manifest_refuse_noted(const struct manifest_reader *reader, struct el_position at,
			     int error);

/* ---- tree.c */
/* Make a tree of the single document in @text. */
int el_manifest_tree(struct manifest_reader *reader, const char *text, size_t size,
		     const struct manifest_node **out);
/* Whether a text without quotes is no value: nothing, ~ or null. */
bool el_manifest_is_null(const char *text);

/* ---- read.c */
/* A node with its name in messages: a key of the manifest, or "a map name". */
struct manifest_field {
	const char *name;
	const struct manifest_node *node;
};

/* A valid key of a mapping. read() gets its value, and the struct that receives the mapping. */
struct manifest_want {
	const char *name;
	bool needed;
	int (*read)(struct manifest_reader *reader, struct manifest_field field, void *out);
};

/* @wants ends with an entry without a name. The name of @field is for example "a chain". */
int el_manifest_read_mapping(struct manifest_reader *reader, struct manifest_field field,
			     const struct manifest_want *wants, void *out);
int el_manifest_want(const struct manifest_reader *reader, struct manifest_field field,
		     enum manifest_kind kind);
int el_manifest_read_text(struct manifest_reader *reader, struct manifest_field field,
			  const char **out);
int el_manifest_read_number(struct manifest_reader *reader, struct manifest_field field,
			    uint32_t max, uint32_t *out);
int el_manifest_read_size(struct manifest_reader *reader, struct manifest_field field,
			  uint64_t *out);
/* A path, made absolute. */
int el_manifest_read_path(struct manifest_reader *reader, struct manifest_field field,
			  const char **out);
/* A key, a value or a parameter as text that value/value.h parses: a mapping becomes {a: 1,b: 2}, a
 * list becomes [1,2]. A missing value is NULL. */
int el_manifest_read_value(struct manifest_reader *reader, struct manifest_field field,
			   const char **out);

/* A text and its place, for the search for duplicates. */
struct manifest_word {
	const char *text;
	struct el_position at;
};

/* Sort @words and find a duplicate. Return: the second of two equal words, with the first word
 * before it in @words; or NULL. */
const struct manifest_word *el_manifest_find_twice(struct manifest_word *words, size_t count);

/* At most 60 bytes of a text for a message: whole characters, without control characters. */
struct manifest_shown {
	char text[72];
};
struct manifest_shown el_manifest_shown(const char *text);

/* ---- chain.c */
int el_manifest_read_chains(struct manifest_reader *reader, const struct manifest_node *node,
			    struct el_manifest *manifest);

/* ---- instance.c */
int el_manifest_read_instances(struct manifest_reader *reader, struct manifest_field field,
			       struct el_manifest_chain *chain);

/* ---- map.c */
int el_manifest_read_maps(struct manifest_reader *reader, struct manifest_field field,
			  struct el_manifest_instance *instance);
/* Check that the size and the content of each shared map are declared only once. */
int el_manifest_check_shared(struct manifest_reader *reader, const struct el_manifest *manifest);

/* ---- join.c */
/* Programs of one object at several hooks of one device share its variables. */
int el_manifest_join(struct manifest_reader *reader, const struct el_manifest *manifest);

#endif
