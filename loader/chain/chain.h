/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_CHAIN_H
#define EL_CHAIN_H
/*
 * A chain inside the library. The way of one: object/instance.c makes instances of a spec,
 * load/generation.c fuses and loads them into programs and maps (with fuse/fuse.c and
 * load/program.c), pin/pin.c makes them last, hook/hook.c swaps or attaches, load/metadata.c knows
 * them again, load/counters.c reads what they do. change.c holds these in order.
 */
#include <bpf/libbpf.h>

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

/* How instances are fused. The verifier does not follow all that an optimiser concludes: where it
 * refuses a program in one form, the next one is tried. */
enum el_form {
	EL_FORM_WHOLE,	 /* optimised as one program */
	EL_FORM_SETTLED, /* each instance tests the headers for itself: edge_parse_settle() */
	EL_FORM_KEPT,	 /* the same, and plain programs keep the code that clang made of them */
	EL_FORM_OWN_CPU, /* the same, and for the oldest -mcpu= of these */
	EL_FORMS,
};

/* One loaded program of a chain. */
struct el_program {
	int fd;
	size_t first, count;
	char kind; /* as in struct edge_metadata */
	enum el_form form;
	int link_fd; /* where it is attached by a link of its own, after the first; else -1 */
	struct el_program_report report;
};

/* A capital kind: attached by a link of its own. */
static inline bool el_program_linked(const struct el_program *program)
{
	return program->kind >= 'A' && program->kind <= 'Z';
}

static inline bool el_program_fused(const struct el_program *program)
{
	return program->kind == 'f' || program->kind == 'F';
}

/* The form's name. */
const char *el_program_form(const struct el_program *program);

static inline bool el_program_plain(const struct el_program *program)
{
	return program->kind == 'p' || program->kind == 'P';
}

/* One map of an instance. */
struct el_chain_map {
	size_t instance;
	char *name; /* as its pin: the name in the source; data and bss for a program's globals */
	int fd;
	uint32_t id;
	uint32_t origin; /* el_types_origin(), of one that is made or kept */
	bool kept;	 /* the same map as in the generation before */
	/* Else, what it takes over of that: state/inherit.c. */
	enum el_map_change change;
	struct el_convert *convert; /* the entries, converted; or NULL */
	struct el_map *filled;	    /* from a file or a manifest; or NULL */
	char *why;		    /* it starts empty */
	bool nested;		    /* a map of maps, filled from the old one (state/nested.c) */
	bool holder;	/* a map of programs, filled from the old one (state/holder.c) */
	size_t entries; /* that it was filled with */
};

struct el_chain {
	char *device;
	int ifindex;
	enum edge_hook hook;
	enum el_mode mode;
	uint32_t flags;	     /* EDGE_CHAIN_*: of the device */
	uint8_t mac[8];	     /* of the device: 6 bytes; all zero: not known */
	uint32_t keep;	     /* generations */
	bool declared;	     /* a manifest wants it */
	enum el_order order; /* of the spec, with beside; the caller's, as long as it asks */
	const char *beside;
	const struct el_chain
		*leaves;   /* whose links stand elsewhere, and are given up for new ones */
	bool frags;	   /* every function copes with XDP frames in fragments */
	bool unfragmented; /* and all the same none is to come: the chain is only tried */
	struct edge_metadata *metadata;
	struct el_instance *instances;
	size_t instances_count;
	struct el_program *programs; /* [0] is the one attached */
	size_t programs_count;
	struct el_chain_map *maps;
	size_t maps_count;
	struct el_shared *shared; /* the manifest's shared maps, while it is made by one; NULL: what
				     is shared stays so */
	const char *const *start_empty; /* of the spec; the caller's, as long as it asks */
	bool slot; /* one program for a slot of a running chain's map, loaded and not attached */
	bool dry;  /* only tried: nobody is to wait for it */
	int entries_locks[2]; /* of the generations that entries come from and go to, or -1 */
	struct el_map_report *map_reports;
	size_t map_reports_count;
	struct el_types_store *types; /* of the maps, while it is made (map/types.c) */
	int metadata_fd;	      /* .rodata of the program attached */
	int counters_fd, carried_fd;
	int tail_fd; /* -1 where one program is all */
	int link_fd; /* of the first program */
	uint32_t link_id;
	enum el_state state;
	enum el_kind problem; /* of one that can't be read: what kind of failure that is */
	uint32_t running;     /* and the program that runs at its place; or 0 */
	char *why;	      /* and the reason; also of one that is elsewhere; else NULL */
	char *hint;	      /* what to do about it; or NULL */
	char *lost;	      /* what was missing when it was read; else NULL */
	char *cut;
	double fuse_ms, load_ms, attach_ms;
	struct el_chain_report report; /* made of the above by el_chain_report_make() */
};

#define _cleanup_chain_ _cleanup_(el_chain_cleanup)
static inline void el_chain_cleanup(struct el_chain **chain)
{
	el_chain_free(*chain);
}

/* The next program with a link of its own before @number, or 0. */
static inline size_t el_chain_linked_before(const struct el_chain *chain, size_t number)
{
	while (number-- > 1)
		if (el_program_linked(&chain->programs[number]))
			return number;
	return 0;
}

int el_chain_new(struct el_context *context, struct el_chain **out);
/* From the copy of the running chain's entries to their merge: what people set in between would not
 * come over, or come over twice. el_chain_stage() locks the new ones, too. */
int el_chain_lock_entries(struct el_context *context, struct el_chain *chain);
void el_chain_unlock_entries(struct el_chain *chain);
int el_chain_report_make(struct el_context *context, struct el_chain *chain);
double el_now_ms(void);
/* What runs on a device and hook, recovered, under a lock of its own. @out is NULL where nothing
 * does; the folder of pins is made where there is none. */
int el_chain_lock(struct el_context *context, const char *device, enum edge_hook hook,
		  struct el_chain **out, int *lock_fd);
/* One that is there; else nothing is made. */
int el_chain_open_locked(struct el_context *context, const char *device, enum edge_hook hook,
			 struct el_chain **out, int *lock_fd);
int el_chain_detach_locked(struct el_context *context, const struct el_chain *chain);
/* The rest of a detach, where EL_PIN_GONE says that one was begun. */
int el_chain_finish_detach(struct el_context *context, const char *device, enum edge_hook hook);

/* ---- all.c */
/* What stands for a chain that can't be read, for the error that was just noted; or for one of its
 * earlier generations, where @generation is not 0. */
int el_chain_stand_in(struct el_context *context, const char *device, enum edge_hook hook,
		      uint32_t generation, struct el_chain **out);
/* Whether the device of a chain is in this network namespace: by its link, or where the chain has
 * no link (clsact, shared) by its metadata. */
bool el_chain_is_here(struct el_context *context, const char *device, enum edge_hook hook);
/* Whether a chain was attached in another network namespace, and is not on a device of this one. */
bool el_chain_is_of_another_netns(struct el_context *context, const char *device,
				  enum edge_hook hook);
/* Take off a chain that can't be read, by its links or its filter alone, and remove its pins. Under
 * the lock. */
int el_chain_take_off(struct el_context *context, const char *device, enum edge_hook hook);

/* ---- change.c */
/* From @spec to a chain that runs in @previous's place, or where nothing ran. Under the lock. */
int el_chain_change(struct el_context *context, const struct el_chain_spec *spec,
		    struct el_chain *previous, struct el_chain **out);
/*
 * The steps of a change, for who makes several at a time. make: a spec becomes a chain, its objects
 * opened, its place after @previous (NULL: nothing runs) known, nothing of it in the kernel. load:
 * fused, verified, with its maps. stage: pinned as EL_PIN_NEW. over: it runs in @previous's place.
 * back: @previous does again, or nothing, and the pins of @chain are gone. settle: nothing of the
 * past is needed any more.
 */
int el_chain_make(struct el_context *context, const struct el_chain_spec *spec,
		  const struct el_chain *previous, struct el_chain **out);
int el_chain_load(struct el_context *context, struct el_chain *chain,
		  const struct el_chain *previous);
int el_chain_stage(struct el_context *context, struct el_chain *chain,
		   const struct el_chain *previous);
int el_chain_over(struct el_context *context, struct el_chain *chain, struct el_chain *previous);
void el_chain_back(struct el_context *context, struct el_chain *chain, struct el_chain *previous);
void el_chain_settle(struct el_context *context, struct el_chain *chain,
		     const struct el_chain *previous);

/* ---- params.c */
/* The running chain, fused anew and swapped, with what @with says of the instance of its name:
 * other parameters, other maps. */
int el_chain_anew(struct el_context *context, const char *device, enum edge_hook hook,
		  const struct el_instance_spec *with, struct el_chain **out);

/* "a=1,b={x=1,y=2},c=\"d,e\"" into assignments, malloc'ed, which point into @text. Return: 0;
 * -EINVAL it is no such text; -ENOMEM. No error is noted. */
int el_params_split(char *text, struct el_assignment **out, size_t *count);

/* ---- open.c */
/* All that is pinned of generation @which. Return: 0; -ESTALE it is not whole (chain->lost); else
 * an error is noted. */
int el_chain_open_generation(struct el_context *context, struct el_chain *chain, const char *which);
/* Note in chain->lost why a pin can't be used: @error is that of el_pin_get(). Return: -ESTALE, as
 * it may be a swap that is under way. */
int el_chain_lost(const struct el_context *context, struct el_chain *chain, const char *which,
		  const char *name, int error);
/* Whether a program uses a map; also where the kernel does not tell. */
bool el_program_has_map(int program_fd, uint32_t id);

/* ---- look.c */
/*
 * The generation that runs; where none does, the one that did, until it was detached outside
 * edge-load. Return: 0; -ENOENT there is none, without noting an error; else an error is noted.
 */
int el_chain_look(struct el_context *context, const char *device, enum edge_hook hook,
		  struct el_chain **out);

/* The same, and also one whose device is in another network namespace: EL_STATE_MOVED or
 * EL_STATE_ELSEWHERE, which el_chain_look() refuses. */
int el_chain_look_anywhere(struct el_context *context, const char *device, enum edge_hook hook,
			   struct el_chain **out);

/* Generation @number, whether it runs or not. Return: 0; -ENOENT, without noting an error. */
int el_chain_look_at(struct el_context *context, const char *device, enum edge_hook hook,
		     uint32_t number, struct el_chain **out);

/* ---- object/instance.c */
/* Open each instance's object, read its parameters, name it. */
int el_instances_make(struct el_context *context, const struct el_chain_spec *spec,
		      struct el_chain *chain);
/* Of an instance whose object is open: its parameters from "a=1,b=2", as a chain remembers them. */
int el_instance_params(struct el_context *context, struct el_instance *instance, const char *text);
/* ---- object/instance_join.c */
/* Find out whose maps instance @number has; those before it have theirs. Return: 0; -EINVAL two
 * instances say something of one map. */
int el_instance_join(struct el_context *context, struct el_chain *chain, size_t number);
/* Whether an instance other than @owner has its maps, too. */
bool el_instance_is_joined(const struct el_chain *chain, size_t owner);
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

/* ---- fuse/fuse.c */
struct el_fused {
	void *object; /* the ELF file, malloc'ed */
	size_t size;
	const char *refusal; /* EL_FUSE_KIND_*, where the child refused; else NULL */
	int instance;	     /* whose fault, or -1 */
	char message[1024];
};
/* What the program that runs instances [first, first + count) must know; constants of abi.h. */
struct el_placement {
	size_t first, count;
	size_t end;	 /* the counter slot of what it lets go on */
	bool last;	 /* it goes on in no other program by a tail call */
	bool next_plain; /* the next one does not count itself */
	enum el_form form;
};
/* Return: 0, also when the child refused (see fused->refusal); -errno when it could not be asked.
 */
int el_fuse(struct el_context *context, const struct el_chain *chain,
	    const struct el_placement *placement, struct el_fused *fused);
enum { EL_CONSTANTS = 8 };
void el_placement_constants(const struct el_chain *chain, const struct el_placement *placement,
			    uint32_t values[EL_CONSTANTS]);
extern const char *const el_placement_names[EL_CONSTANTS];

/* ---- load/program.c */
struct el_load {
	char *log;	 /* the verifier's, malloc'ed */
	char *words;	 /* libbpf's, malloc'ed */
	bool too_large;	 /* refused for size, complexity or stack: a cut may help */
	bool brief;	 /* of the log, the last words will do */
	bool searched;	 /* with CAP_SYS_ADMIN, which libbpf's search in the BTF of modules takes */
	int error;	 /* the load's -errno */
	const void *elf; /* the file and the section that the program is in */
	size_t size;
	int instance; /* whose object the file is; -1: a fused one */
	char section[64];
};
/* As what the kernel gets an XDP program of @chain. */
void el_program_kind(const struct el_chain *chain, enum bpf_attach_type *type, uint32_t *flags);
/**
 * el_program_load() - load one program out of an ELF file in memory
 * @instance: whose object it is, or -1 for a fused one
 * @previous: the chain that runs now, whose maps are kept, or NULL
 * @program:  NULL: of @instance's object, the programs alone that its program arrays name
 *
 * New instance maps are added to @chain; those the chain has are used. Return: 0; -EACCES with
 * load->error when the kernel refused, without noting an error; else an error is noted.
 */
int el_program_load(struct el_context *context, struct el_chain *chain,
		    const struct el_chain *previous, const struct el_placement *placement,
		    const void *elf, size_t size, int instance, struct el_program *program,
		    struct el_load *load);
/* Gather libbpf's own words from here on into a buffer; the second call ends it and hands it over.
 */
void el_libbpf_capture(void);
char *el_libbpf_captured(void);

/* ---- load/maps.c */
/* Give each map of @object, not loaded yet, the map that it is to be: kept, made, or left to
 * libbpf. */
int el_maps_prepare(struct el_context *context, struct el_chain *chain,
		    const struct el_chain *previous, const struct el_placement *placement,
		    struct bpf_object *object, int instance);
/* After the load: take what libbpf made itself. */
int el_maps_take(struct el_context *context, struct el_chain *chain,
		 const struct el_chain *previous, struct bpf_object *object, int instance);
/* After all programs are loaded: an instance that has another one's maps lists them as well. */
int el_maps_join(struct el_context *context, struct el_chain *chain);
void el_maps_free(struct el_chain *chain);

/* ---- map/shape.c */
struct el_types;
/* The max_entries of a map that is made with @asked, after libbpf and the kernel have filled it in
 * or rounded it. */
uint32_t el_shape_room(enum bpf_map_type type, uint32_t flags, uint32_t asked);
/* The flags to make a map with, of which the kernel reports @made. */
uint32_t el_shape_flags(enum bpf_map_type type, uint32_t made);
/* Whether the map that is about to be made, with @entries, is of the kind, the size and the types
 * of @old_fd. */
bool el_shape_same(struct el_context *context, const struct btf *btf, const struct bpf_map *map,
		   uint32_t entries, int old_fd, const struct el_types *old);

/* ---- load/generation.c */
/* Fuse, load, fill: everything but pins and the attachment. */
int el_generation_make(struct el_context *context, struct el_chain *chain,
		       const struct el_chain *previous);

/* ---- load/metadata.c */
int el_metadata_make(struct el_context *context, struct el_chain *chain, uint32_t generation);
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
int el_metadata_any(struct el_context *context, const char *device, enum edge_hook hook,
		    struct edge_metadata *out);

/* ---- pin/pin.c: @which is NULL for the generation that runs, a number, or one of these */
#define EL_PIN_NEW   "new"   /* being made */
#define EL_PIN_GONE  "gone"  /* what runs, while it is being detached */
#define EL_PIN_POINT "point" /* what is to run, until it has its name */
#define EL_PIN_LINK  "link"  /* of a generation, until it is in there */
#define EL_PIN_OLD   "old"   /* a generation, while it is being removed */

/* The error of a pin at which another kind of object is pinned than the chain had there. */
#define EL_PIN_REPLACED EMEDIUMTYPE

#define EL_PIN_SHARED "shared" /* beside the devices: state/shared_map.h */

/* Folders: one; those above a chain's pins, and its lock's. */
int el_pin_make_folder(struct el_context *context, const char *path);
int el_pin_make_folders(struct el_context *context, const char *device, enum edge_hook hook);
/* Pin @fd as @staged first, and then in place of what is at @path: at no time there is nothing. */
int el_pin_over(struct el_context *context, int fd, const char *staged, const char *path);
/* Pin a new generation whole, as EL_PIN_NEW, with the links that it will take over from @previous,
 * which is NULL where nothing runs. */
int el_pin_stage(struct el_context *context, struct el_chain *chain,
		 const struct el_chain *previous);
/* Pin the links that were made for it: after an attach. The first one's last: where it is, all are.
 */
int el_pin_link(struct el_context *context, const struct el_chain *chain);
/* In generation @which, that is to take over @previous's links, pin those: each program's with a
 * link of its own is that of the old one at the same place from the end. */
int el_pin_relink(struct el_context *context, const struct el_chain *chain, const char *which,
		  const struct el_chain *previous);
/* What was pinned as EL_PIN_NEW goes; and all of a chain that is not to be. Under the lock. */
void el_pin_unstage(struct el_context *context, const char *device, enum edge_hook hook);
/* Whether somebody is in the middle of a swap, or was killed there. A detach is not meant: to
 * finish it changes what packets meet. */
bool el_pin_is_half(const struct el_context *context, const char *device, enum edge_hook hook);
/* Remove what was about to get another name, or to be removed. */
void el_pin_clear_half(struct el_context *context, const char *device, enum edge_hook hook);
/* Remove all of a chain, but its lock; and with it. */
void el_pin_clear(struct el_context *context, const char *device, enum edge_hook hook);
void el_pin_remove(struct el_context *context, const char *device, enum edge_hook hook);
/* Remove the folders above a chain's pins, where nothing is in them. Needs no lock. */
void el_pin_tidy(struct el_context *context, const char *device);
/* "DEVICE" as a file's name in bpffs, which takes no dots. */
char *el_pin_device(const char *device);
/* And back; NULL: it is no device's. */
char *el_pin_to_device(const char *file);
char *el_pin_path(const struct el_context *context, const char *device, enum edge_hook hook,
		  const char *which, const char *name);
/* Whether a name is a pin of the chain itself, and can't be an instance's. */
bool el_pin_is_own(const char *name);
/* Whether a name in a device's folder is HOOK or HOOK:whatever. */
bool el_pin_is_of_hook(const char *name, enum edge_hook hook);
/* NAME of the first program, NAME1, NAME2 … of those behind it. malloc'ed. */
char *el_pin_numbered(const char *name, size_t number);
/* Open a pin of the chain itself. Return: a descriptor, or -errno; -EL_PIN_REPLACED: it is of
 * another kind (program, map, link) than the chain pins under that name. */
int el_pin_get(const struct el_context *context, const char *device, enum edge_hook hook,
	       const char *which, const char *name);
/* What is there and can't be opened: @error is positive. */
int el_pin_cannot_open(struct el_context *context, const char *path, int error);
/* The number of a generation's program in the kernel, or 0. */
uint32_t el_pin_program(const struct el_context *context, const char *device, enum edge_hook hook,
			const char *which);
/* The link, of whichever generation has it pinned: the current one, or one that is coming or going.
 * Return: a descriptor, or -errno. */
int el_pin_any_link(struct el_context *context, const char *device, enum edge_hook hook);
/* Return: 0 there are pins; -ENOENT there are none, without noting an error; else an error is
 * noted. */
int el_pin_exists(struct el_context *context, const char *device, enum edge_hook hook);
/* Whether any generation is pinned: one that has its number, or one that is being made. */
bool el_pin_any(struct el_context *context, const char *device, enum edge_hook hook);
int el_pin_check_bpffs(struct el_context *context);
/* Whether our folder is below a bpffs, and nobody made it but a user whom we trust; also where
 * there is none. */
bool el_pin_is_trusted(struct el_context *context);

/* ---- pin/lock.c: locks end when *@lock_fd is closed. -EBUSY (EL_CONFLICT): somebody has it */
/* Who changes a chain; who changes all that a manifest means. Waited for as the context says. */
int el_pin_lock(struct el_context *context, const char *device, enum edge_hook hook, int *lock_fd);
int el_pin_lock_all(struct el_context *context, bool alone, int *lock_fd);
/* What the names of shared maps mean; @folder has them. */
int el_pin_lock_shared(struct el_context *context, const char *folder, int *lock_fd);
/* If nobody else has that. Return: 0, or -errno, without noting an error. */
int el_pin_try_shared(struct el_context *context, const char *folder, int *lock_fd);
/* The entries of generation @which, alone: while they go from its maps to another's. */
int el_pin_lock_entries(struct el_context *context, const char *device, enum edge_hook hook,
			const char *which, int *lock_fd);
/* The same, for who changes entries one by one, with others who do, or @alone; @folder is a
 * generation's, or that of shared maps. -ENOENT there is none, without noting an error. */
int el_pin_hold_entries(struct el_context *context, const char *folder, bool alone, int *lock_fd);

/* ---- pin/generation.c */
/* The numbers of those that are pinned, rising. malloc'ed. */
int el_pin_generations(struct el_context *context, const char *device, enum edge_hook hook,
		       uint32_t **out, size_t *count);
/* The one that is pinned as running, or 0. */
uint32_t el_pin_current(const struct el_context *context, const char *device, enum edge_hook hook);
/* Give the new generation its number and make it current; or make another one current, for which
 * el_pin_aim() can be called first: before the links change. */
int el_pin_aim(struct el_context *context, const char *device, enum edge_hook hook,
	       uint32_t generation);
int el_pin_commit(struct el_context *context, const char *device, enum edge_hook hook,
		  uint32_t generation);
int el_pin_point(struct el_context *context, const char *device, enum edge_hook hook,
		 uint32_t generation);
/* Remove one; it is gone as a whole. */
void el_pin_drop(struct el_context *context, const char *device, enum edge_hook hook,
		 uint32_t generation);
/* Remove the oldest until @keep are left; never the current one. */
void el_pin_prune(struct el_context *context, const char *device, enum edge_hook hook,
		  uint32_t keep);
/* A detach begins: the current one is called EL_PIN_GONE. */
int el_pin_retire(struct el_context *context, const char *device, enum edge_hook hook);
/* And does not come to its end. */
void el_pin_unretire(struct el_context *context, const char *device, enum edge_hook hook);

/* ---- recover.c */
/* Finish or undo what a killed edge-load left behind. Under the lock. */
int el_recover(struct el_context *context, const char *device, enum edge_hook hook);
/* Whether a change was left half done, or a detached chain's pins; not of a chain that still runs,
 * which whoever changes it next will detach. */
bool el_recover_is_due(struct el_context *context, const char *device, enum edge_hook hook);

/* ---- hook/hook.c, hook/xdp.c, hook/tc.c: one contract, one file a hook */
struct el_hook_ops {
	/* Attach @chain's first program anew; fills link_fd, mode. */
	int (*attach)(struct el_context *context, struct el_chain *chain);
	/* Whether the device takes it, as far as that is known without attaching: else the refusal
	 * is noted, as attach() would. NULL: nothing is known. */
	int (*check)(struct el_context *context, const struct el_chain *chain);
	/* Whether somebody else's program or qdisc keeps @chain from being attached anew. Noted. */
	int (*blocked)(struct el_context *context, const struct el_chain *chain);
	/* Put @chain's programs in place of @previous's, if those still run, and take over its
	 * links. */
	int (*swap)(struct el_context *context, struct el_chain *chain, struct el_chain *previous);
	int (*detach)(struct el_context *context, const struct el_chain *chain);
	/* The number of the program that runs for us, or 0. */
	int (*query)(struct el_context *context, const struct el_chain *chain, uint32_t *id);
	/* Whether program @id runs on the device of this number in our network namespace: a pinned
	 * link does not say in which one its device is. Return: 1, 0, or -errno where the kernel
	 * does not tell now. */
	int (*here)(const struct el_chain *chain, uint32_t id);
	/* After an attach or a swap: that the kernel has @chain's programs at the device, the hook
	 * and in the mode that were asked for. */
	int (*verify)(struct el_context *context, const struct el_chain *chain);
};
extern const struct el_hook_ops el_hook_xdp, el_hook_tc;
const struct el_hook_ops *el_hook_ops(enum edge_hook hook);
/* Number, kind and sanity of the device. */
/*
 * Whether VLAN tags are taken out of the frames before XDP programs see them, in generic mode or in
 * native one (hook/tags.c). @how, of 160 bytes or more, becomes what to do about it.
 */
bool el_hook_hides_tags(struct el_context *context, const char *device, bool generic, char *how,
			size_t size);
int el_hook_device(struct el_context *context, struct el_chain *chain);
/* Whether frames of the chain's device and mode may have a checksum that is only begun. */
bool el_hook_partial_checksums(const struct el_chain *chain);
/* Whether the chain runs at XDP on the kernel's own packets: in generic mode, or in a dispatcher
 * that does. */
bool el_hook_is_generic(const struct el_chain *chain);
/* Why the kernel does not attach: @error, an errno. Return: -@error, noted. */
int el_hook_refused(struct el_context *context, const struct el_chain *chain, int error);
/* The same, with @words of the kernel's beside its error; "" where it said none. */
int el_hook_refused_for(struct el_context *context, const struct el_chain *chain, int error,
			const char *words);
/* The device went while the chain was being attached; what the kernel has is not what was attached.
 */
int el_hook_gone(struct el_context *context, const struct el_chain *chain);
/* Whether the device that the chain was attached to, by its number, still has its name. */
int el_hook_check_name(struct el_context *context, const struct el_chain *chain);
int el_hook_misplaced(struct el_context *context, const struct el_chain *chain);
/* The kernel does not say what runs: that is not that nothing does. */
int el_hook_unknown(struct el_context *context, const struct el_chain *chain, int error);
/* A filter of clsact is at our handle, and no pins are there: somebody removed them. Noted. */
int el_hook_unpinned(struct el_context *context, const struct el_chain *chain);
/* Until no CPU runs a program that was replaced before this call. */
void el_hook_settle(void);
/* Whether an attach makes a filter on clsact of @chain: it is asked for, or the kernel has no TCX.
 */
bool el_hook_takes_clsact(const struct el_chain *chain);

/* ---- load/counters.c */
/* What @previous counted goes into @chain's carried, instance by instance, by name. */
int el_counters_carry(struct el_context *context, const struct el_chain *chain,
		      const struct el_chain *previous);
/* Start from zero: a generation that ran before is about to run again. */
int el_counters_reset(struct el_context *context, const struct el_chain *chain);

#endif
