/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_OBJECT_H
#define EL_OBJECT_H
/*
 * One object, for the rest of the library: the file's bytes, its BTF, its bitcode, and its
 * contents.
 */
#include "base/base.h"

struct btf;
struct el_elf;
struct el_value_type;

struct el_object {
	struct el_object_info info;
	/* The name in a chain's metadata, by which the object can be opened again from any folder:
	 * an installed function's name, or the absolute path, with #PROGRAM if a program was
	 * chosen. */
	char *name;
	char *data; /* the ELF file */
	size_t size;
	const char *bitcode; /* .llvmbc, inside data, or NULL */
	size_t bitcode_size;
	struct btf *btf;
	const struct el_program_info
		*program_xdp; /* the entry at each hook, or NULL; inside info.programs */
	const struct el_program_info *program_tc;
	/* The parameters' types and initial bytes; in the order of info.params. */
	struct el_object_param {
		struct el_value_type *type;
		bool is_signed;
		uint32_t size;
		const char *initial; /* bytes inside data */
	} * params;
	size_t params_count;
	/* The programs that the source puts into its program arrays; map is inside btf. */
	struct el_object_slot {
		const char *map;
		uint32_t index;
		const struct el_program_info *program; /* inside info.programs */
	} * slots;
	size_t slots_count;
	struct el_object_types {
		uint32_t key, value;
	} * map_types;		/* of info.maps, in btf; 0: none */
	bool has_bss, has_data; /* variables in .bss (zero) or .data */
	char **texts;		/* the texts of info that are not in data */
	size_t texts_count;
	size_t users; /* el_object_free() frees the object for its last user */
};

/* Add a user, who calls el_object_free(). Return: @object. */
struct el_object *el_object_share(struct el_object *object);

/* ---- once.c */
/* From el_objects_begin() to el_objects_end(), el_object_open_once() opens each name with its flags
 * once, so that all chains of a plan get the same bytes of a file. Return: 0; -ENOMEM, noted. */
int el_objects_begin(struct el_context *context);
void el_objects_end(struct el_context *context);
int el_object_open_once(struct el_context *context, const char *name, const char *flags,
			struct el_object **out);

/* Like el_object_open() and el_object_inspect(), for a source with compiler flags of its own,
 * @flags (cflags.h), or NULL. */
int el_object_open_flags(struct el_context *context, const char *name, const char *flags,
			 struct el_object **out);
int el_object_inspect_flags(struct el_context *context, const char *name, const char *flags,
			    struct el_object **out);

/*
 * Check whether libbpf may open the object: it has valid type information, and no section that
 * libbpf can't read or on which it crashes. Return: 0; -EINVAL (EL_COMPILE).
 */
int el_object_check(struct el_context *context, const struct el_elf *elf);
/* The second half of el_object_check(), for the bytes of .BTF. */
int el_object_check_btf(struct el_context *context, const char *path, const char *data,
			size_t size);

/* Whether a name given by the user is a path, and not the name of an installed function. */
bool el_object_is_path(const char *name);
/* Whether it is the file name of an object or a source. */
bool el_object_is_file(const char *name);

/*
 * The steps of el_object_open(), each in a file of its own. They fill in the object, in this order,
 * and note their errors; @program is the PROGRAM of PATH#PROGRAM, or NULL.
 */
/* Open and check BTF from another source than an object. The caller frees it. NULL: it is invalid,
 * or memory is short. */
struct btf *el_object_btf(const void *data, size_t size);
int el_object_read_notes(struct el_context *context, struct el_object *object,
			 const struct el_elf *elf);
int el_object_read_bpf(struct el_context *context, struct el_object *object);
int el_object_read_params(struct el_context *context, struct el_object *object,
			  const struct el_elf *elf);
int el_object_read_slots(struct el_context *context, struct el_object *object,
			 const struct el_elf *elf);
/* @look: only inspect the object, so several programs for a hook, or none, are not an error. */
int el_object_choose(struct el_context *context, struct el_object *object, const char *program,
		     bool look);

/* Whether the object has this map; bss and data are its variables. */
bool el_object_has_map(const struct el_object *object, const char *name);
/* Whether the source puts programs into this program array. */
bool el_object_fills(const struct el_object *object, const char *map);
/* The program of this name, if the source puts it into a program array; else NULL. */
const struct el_program_info *el_object_target(const struct el_object *object, const char *program);

/* Hand @text (malloc'ed) over to the object, which frees it. Return: @text; NULL if it is NULL or
 * memory is short. */
const char *el_object_keep(struct el_object *object, char *text);

#endif
