/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_LOAD_H
#define EL_LOAD_H
/*
 * A generation in the kernel: made of instances, and read back. generation.c fuses and loads its
 * programs (program.c) with their maps (maps.c), metadata.c knows them again, counters.c reads what
 * they do.
 */
#include "state/generation.h"

/* ---- program.c */
/* The form's name. */
const char *el_program_form(const struct el_program *program);

/* Of the program that runs instance @number alone, and goes on in no other. */
struct el_placement el_placement_alone(const struct el_chain *chain, size_t number);

struct el_load {
	char *log;	 /* the verifier's, malloc'ed */
	char *words;	 /* libbpf's, malloc'ed */
	bool too_large;	 /* refused for size, complexity or stack: a cut may help */
	bool brief;	 /* of the log, the last words will do */
	bool searched;	 /* with CAP_SYS_ADMIN, which libbpf's search in the BTF of modules takes */
	int error;	 /* the load's -errno */
	const void *elf; /* the file that the program is in */
	size_t size;
	int instance; /* whose own object the file is; -1: a fused one */
	char section[64];
};
/**
 * el_program_load() - load one program out of an ELF file in memory
 * @load:    elf, size and instance say which; the rest is filled
 * @program: NULL: of the instance's own object, the programs alone that its program arrays name
 *
 * New maps of instances are added to making->chain; those the chain has are used. Return: 0;
 * -EACCES with load->error when the kernel refused, without noting an error; else an error is noted.
 */
int el_program_load(const struct el_making *making, const struct el_placement *placement,
		    struct el_load *load, struct el_program *program);
/* Gather libbpf's own words from here on into a buffer; the second call ends it and hands it over.
 */
void el_libbpf_capture(void);
char *el_libbpf_captured(void);

/* ---- maps.c */
/* An object of libbpf's on its way into the kernel. */
struct el_loading {
	const struct el_making *making;
	const struct el_placement *placement;
	struct bpf_object *object;
	int instance; /* whose own object it is; -1: a fused one */
};
/* Give each map of an object that is not loaded yet the map that it is to be: kept, made, or left
 * to libbpf. */
int el_maps_prepare(const struct el_loading *loading);
/* After the load: take what libbpf made itself. */
int el_maps_take(const struct el_loading *loading);
/* After all programs are loaded: an instance that has another one's maps lists them as well. */
int el_maps_join(struct el_context *context, struct el_chain *chain);
void el_maps_free(struct el_chain *chain);

/* ---- generation.c */
/* Fuse, load, fill: everything but pins and the attachment. */
int el_generation_make(const struct el_making *making);

/* ---- metadata.c */
int el_metadata_make(struct el_context *context, struct el_chain *chain, uint32_t generation);
/* Before the load of @first, a program that comes before those that are loaded already: the list of
 * all of them. */
void el_metadata_describe(struct el_chain *chain, const struct el_program *first);
/* Fill @chain (instances, programs, cut, mode) from its metadata. */
int el_metadata_read(struct el_context *context, struct el_chain *chain);
/* The same from chain->metadata alone. Return: 0; -EPROTO it is not sound, for the reason @part;
 * -ENOMEM; no error is noted. */
int el_metadata_unpack(struct el_chain *chain, const char **part);
/* What stands in a .rodata map; in the bytes of one. Its texts end inside of their fields. Return:
 * 0; -EPROTO it is no chain's; else -errno. No error is noted. */
int el_metadata_peek(int fd, struct edge_metadata *out);
int el_metadata_parse(const void *bytes, size_t size, struct edge_metadata *out);
/* The next "NUMBER:NAME" of an instance's reasons. @number: below EDGE_REASONS_MAX. Return: where
 * the next one begins, or NULL. */
const char *el_metadata_reason(const char *text, unsigned int *number, char name[EDGE_NAME_MAX]);
/* What whichever generation of a chain says of itself: the one that runs, goes, comes, or is kept.
 * Return: 0, or -errno, without noting an error. */
int el_metadata_any(struct el_context *context, const struct el_site *site,
		    struct edge_metadata *out);

/* ---- counters.c */
/* What @previous counted goes into @chain's carried, instance by instance, by name. */
int el_counters_carry(struct el_context *context, const struct el_chain *chain,
		      const struct el_chain *previous);
/* Start from zero: a generation that ran before is about to run again. */
int el_counters_reset(struct el_context *context, const struct el_chain *chain);

#endif
