/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_LOAD_H
#define EL_LOAD_H
/*
 * A generation in the kernel: made from instances, and read back. generation.c makes its
 * programs (cut.c, program.c) with their maps (maps.c), metadata.c describes them, metadata_read.c reads the
 * description back, counters.c reads their counters.
 */
#include "state/generation.h"

/* ---- program.c */
/* Fill in the fields of a loaded program that the kernel describes. */
void el_program_describe(struct el_program *program);
/* The name of the program's form. */
const char *el_program_form(const struct el_program *program);

/* The placement of a program that runs only instance @number and has no program after it. */
struct el_placement el_placement_alone(const struct el_generation *chain, size_t number);

struct el_load {
	char *log;	 /* of the verifier, malloc'ed */
	char *words;	 /* of libbpf, malloc'ed */
	bool too_large;	 /* refused for size, complexity or stack: a cut may help */
	bool brief;	 /* the last lines of the log are enough */
	bool searched;	 /* libbpf searched the BTF of modules, with CAP_SYS_ADMIN */
	int error;	 /* -errno of the load */
	const void *elf; /* the file that contains the program */
	size_t size;
	int instance; /* the instance that owns the file; -1: a fused object */
	char section[64];
};
#define _cleanup_load_ _cleanup_(el_load_free)
/* Free the texts of a load. */
void el_load_free(struct el_load *load);
/* The load of instance @number's own object. */
struct el_load el_load_of(const struct el_generation *chain, size_t number);
/**
 * el_program_load() - load one program out of an ELF file in memory
 * @load:    elf, size and instance are the input; the other fields are filled
 * @program: NULL: load only the programs that the program arrays of the instance's own object name
 *
 * New maps of instances are added to making->chain; maps that the chain has are used. Return: 0;
 * -EACCES with load->error if the kernel refused the program (no error is noted); else an error is
 * noted.
 */
int el_program_load(const struct el_making *making, const struct el_placement *placement,
		    struct el_load *load, struct el_program *program);

/* ---- maps.c */
/* A libbpf object that is being loaded. */
struct el_loading {
	const struct el_making *making;
	const struct el_placement *placement;
	struct bpf_object *object;
	int instance; /* the instance that owns it; -1: a fused object */
};
/* Before the load: assign a map to each map of the object: kept, made, or left to libbpf. */
int el_maps_prepare(const struct el_loading *loading);
/* After the load: take over the maps that libbpf made. */
int el_maps_take(const struct el_loading *loading);
/* After all programs are loaded: list shared maps also for the instances that do not own them. */
int el_maps_join(const struct el_making *making);

/* ---- generation.c */
/* Fuse and load the programs, and fill the tail calls: everything except pins and the
 * attachment. */
int el_generation_make(const struct el_making *making);

/* ---- metadata.c */
int el_metadata_make(struct el_context *context, struct el_generation *chain, uint32_t generation);
/* Before the load of @first, which comes before the loaded programs: write
 * the list of all programs. */
void el_metadata_describe(struct el_generation *chain, const struct el_program *first);
/* Fill @chain (instances, programs, cut, mode) from its metadata in the kernel. */
int el_metadata_read(struct el_context *context, struct el_generation *chain);
/* Like el_metadata_read(), from chain->metadata alone. Return: 0; -EPROTO @part is not sound;
 * -ENOMEM; no error is noted. */
int el_metadata_unpack(struct el_generation *chain, const char **part);
/* Read the metadata from a .rodata map, or from the bytes of such a map. All texts are terminated.
 * Return: 0; -EPROTO there are no metadata of a chain; else -errno. No error is noted. */
int el_metadata_peek(int fd, struct edge_metadata *out);
int el_metadata_parse(const void *bytes, size_t size, struct edge_metadata *out);
/* Read the next "NUMBER:NAME" of an instance's reasons. @number: below EDGE_REASONS_MAX. Return:
 * the start of the next reason, or NULL. */
const char *el_metadata_reason(const char *text, unsigned int *number, char name[EDGE_NAME_MAX]);
/* Read the metadata of any generation of a chain: running, going, coming or kept. Return: 0, or
 * -errno, without noting an error. */
int el_metadata_any(struct el_context *context, const struct el_site *site,
		    struct edge_metadata *out);

/* ---- counters.c */
/* The counters of a generation: el_counters_read(). */
int el_counters_of(struct el_context *context, const struct el_generation *chain,
		   struct el_counters **out);
/* Carry the counts of @previous to @chain, for each instance by its name. */
int el_counters_carry(struct el_context *context, const struct el_generation *chain,
		      const struct el_generation *previous);
/* Reset the counters, because an older generation is about to run again. */
int el_counters_reset(struct el_context *context, const struct el_generation *chain);

#endif
