/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_OBJECT_H
#define EL_OBJECT_H
/*
 * One object as the rest of the library needs it: the file's bytes, its BTF, its bitcode, and what
 * it holds.
 */
#include "base/base.h"

struct btf;
struct el_elf;

struct el_object {
	struct el_object_info info;
	/* What a chain remembers, to open it again from anywhere: a shipping function's name, or
	 * the absolute path, with #PROGRAM where one was chosen. */
	char *name;
	char *data; /* the ELF file */
	size_t size;
	const char *bitcode; /* .llvmbc, inside data, or NULL */
	size_t bitcode_size;
	struct btf *btf;
	const struct el_program_info
		*program_xdp; /* the entry at each hook, or NULL; inside info.programs */
	const struct el_program_info *program_tc;
	/* The parameters' BTF types, and where their initial bytes are; in the order of
	 * info.params. */
	struct el_object_param {
		uint32_t type_id;
		uint32_t size;
		const char *initial; /* bytes inside data */
	} * params;
	/* What the source puts into its program arrays; map is inside btf. */
	struct el_object_slot {
		const char *map;
		uint32_t index;
		const struct el_program_info *program; /* inside info.programs */
	} * slots;
	size_t slots_count;
	bool has_bss, has_data; /* it has variables, which are zero at first or have a value */
	char **texts;		/* what info's pointers point to, where it is not in data */
	size_t texts_count;
};

/* el_object_open() and el_object_inspect() of a source that is compiled with @flags of its own
 * (cflags.h), or NULL. */
int el_object_open_flags(struct el_context *context, const char *name, const char *flags,
			 struct el_object **out);
int el_object_inspect_flags(struct el_context *context, const char *name, const char *flags,
			    struct el_object **out);

/*
 * Whether libbpf may see the object: it has type information, which is sound, and nothing that
 * libbpf can't read or crashes on. @path names it in the error. Return: 0; -EINVAL (EL_COMPILE).
 */
int el_object_check(struct el_context *context, const struct el_elf *elf, const char *path);
/* Its second half, of the bytes of .BTF. */
int el_object_check_btf(struct el_context *context, const char *path, const char *data,
			size_t size);

/* Whether a name given by the user is a path, and not a function's that ships. */
bool el_object_is_path(const char *name);
/* Whether it is the name of an object's or a source's file. */
bool el_object_is_file(const char *name);

/*
 * The steps of el_object_open(), each in a file of its own. They fill the object in, in this order,
 * and note their errors; @program is what was chosen by PATH#PROGRAM, or NULL.
 */
/* BTF that is not an object's, checked in the same way. The caller frees it. NULL: it is not sound,
 * or memory is short. */
struct btf *el_object_btf(const void *data, size_t size);
int el_object_read_notes(struct el_context *context, struct el_object *object,
			 const struct el_elf *elf);
int el_object_read_bpf(struct el_context *context, struct el_object *object);
int el_object_read_params(struct el_context *context, struct el_object *object,
			  const struct el_elf *elf);
int el_object_read_slots(struct el_context *context, struct el_object *object,
			 const struct el_elf *elf);
/* @look: only to look at the object, so several programs for a hook, or none, are no error. */
int el_object_choose(struct el_context *context, struct el_object *object, const char *program,
		     bool look);

/* Whether it has this map; bss and data are its variables. */
bool el_object_has_map(const struct el_object *object, const char *name);
/* Whether the source puts programs into this program array. */
bool el_object_fills(const struct el_object *object, const char *map);
/* The program of this name, if the source puts it into a program array; else NULL. */
const struct el_program_info *el_object_target(const struct el_object *object, const char *program);

/* Give @text (malloc'ed) to the object, to be freed with it. Return: @text; NULL when it is NULL or
 * memory is short. */
const char *el_object_keep(struct el_object *object, char *text);

#endif
