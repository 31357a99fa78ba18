/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_LOADER_H
#define EL_LOADER_H
/*
 * libedge compiles, fuses, verifies, attaches and maintains chains of functions. This header is
 * the whole contract with userspace/. It exposes no types of libbpf, LLVM or the kernel.
 *
 * All functions follow one convention: a call returns 0 or -Exxx. After -Exxx, el_error_get()
 * returns the error: its place, its reason and a remedy. An object is returned through an out
 * pointer, which a failed call leaves untouched, and is freed by its own el_x_free(), which accepts
 * NULL. A local variable that owns an object has a cleanup attribute; they stand at the end of this
 * file. The objects are not thread-safe: callers that share them between threads need a lock.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "../bpf/edge/abi.h"
#include "own.h"

#define EL_VERSION  "0.1.0"
#define EL_KEEP_MAX 100 /* largest number of kept generations of a chain */

/* ---------------------------------------------------------------- context and errors */

/* The kind of a failure. The values are exit codes of the CLI, and part of its contract. */
enum el_kind {
	EL_OK = 0,
	EL_FAILED = 1,
	EL_USAGE = 2,	    /* wrong input: a bad value, an unknown parameter, … */
	EL_PRIVILEGE = 3,   /* a capability or permission is missing */
	EL_NOT_FOUND = 4,   /* no such device, chain, instance, map, key, file, function */
	EL_CONFLICT = 5,    /* a foreign program is attached, or another edge-load is running */
	EL_COMPILE = 6,	    /* the source does not compile, or the object can't be used */
	EL_VERIFIER = 7,    /* the kernel's verifier refused the program */
	EL_UNSUPPORTED = 8, /* this kernel or machine lacks a needed feature */
	EL_DIFFERENT = 9    /* no failure: plan found a difference */
};

struct el_error {
	enum el_kind kind;
	char what[512]; /* one sentence: the object, the value, the reason */
	char hint[512]; /* the remedy, or "" */
	char *detail;	/* output of the compiler or the verifier, many lines; or NULL */
};

struct el_context; /* paths, the last error, the receivers of warnings and notes */

struct el_context_options {
	const char *bpffs; /* NULL: $EDGE_LOAD_BPFFS, else /sys/fs/bpf */
	void (*warn)(void *data, const char *message); /* NULL: warnings are dropped */
	/* Takes messages for the user that are not warnings. NULL: notes are dropped */
	void (*note)(void *data, const char *message);
	void *warn_data; /* the @data of warn() and note() */
	double wait_s;	 /* seconds to wait for another edge-load before EL_CONFLICT */
	/* Returns whether an allocation has failed in this process. After such a failure no running
	 * chain or map is changed, since the new chain or the new entries may be incomplete. NULL:
	 * failures are not tracked */
	bool (*memory_was_short)(void);
};

int el_context_open(struct el_context **out, const struct el_context_options *options);
void el_context_free(struct el_context *context);
/* The error of the last call that failed; valid until the next call. */
const struct el_error *el_error_get(const struct el_context *context);
/* For "did you mean": the word of @words with the smallest edit distance to @word, or NULL if no
 * word is close. */
const char *el_nearest(const char *word, const char *const *words, size_t count);

/* ---------------------------------------------------------------- text from outside */

/* Decode the first UTF-8 character of @text. Return: its length in bytes; 0: the bytes are not
 * UTF-8. */
size_t el_text_next(const char *text, size_t length, uint32_t *code);
/* Whether the character controls a terminal: C0, DEL, C1, and the characters that change the
 * direction of text. */
bool el_text_drives(uint32_t code);
/* Write @text, with \xNN for bytes that are not UTF-8 and for C0 and DEL, and \uNNNN for other
 * characters that control a terminal. @lines: keep newlines and tabs. */
void el_text_write(FILE *stream, const char *text, bool lines);
/* Write a JSON string. Return: false, without writing, if the bytes are not UTF-8. */
bool el_text_write_json(FILE *stream, const char *text, size_t length);
/* A copy with \xNN for each byte that is not UTF-8; malloc'ed, or NULL. */
char *el_text_utf8(const char *text);
/* Free a list of texts that ends with NULL, and the texts. */
void el_texts_free(char **texts);

/* ---------------------------------------------------------------- privileges, namespaces */

enum {
	EL_RIGHTS_NONE = 1u << 0, /* no BPF or network calls: drops the three capabilities, too */
	EL_RIGHTS_OTHERS =
		1u << 1, /* read programs of other tools, and the BTF of the kernel's modules */
	EL_RIGHTS_FILES = 1u << 2, /* write files; as root also in other users' folders */
	EL_RIGHTS_SWEEP = 1u << 3, /* enter namespaces, and find out which still exist: for
				    * el_netns_sweep() and el_sweep() */
};

/**
 * el_rights_drop() - give up all capabilities that edge-load does not need, for good
 * @flags: EL_RIGHTS_*
 *
 * The process keeps CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, if it has them. A program that it runs
 * later gets no capability that the process itself lacks. Call it after el_netns_enter(): once with
 * EL_RIGHTS_SWEEP before the sweeps, and once without EL_RIGHTS_SWEEP after them.
 */
int el_rights_drop(struct el_context *context, unsigned int flags);

/**
 * el_rights_as_owner() - open pins of another user with the rights of that user
 *
 * Acts only for root: if root has given the folder of pins to another user, this process opens,
 * makes and removes files as that user from now on. Call it after el_netns_enter() and before
 * el_rights_drop(). Return: 0; -EPERM (EL_PRIVILEGE).
 */
int el_rights_as_owner(struct el_context *context);

/**
 * el_netns_enter() - enter a network namespace, and use its pins
 * @name: as `ip -n` takes it: a name below /run/netns, or a path with a "/" in it
 *
 * Each namespace has its own folder of pins (BPFFS/edge-netns-COOKIE), so devices with equal names
 * in two namespaces never share pins. Entering the namespace of this process changes nothing.
 * Return: 0; -ENOENT no such namespace; -EINVAL @name is not a network namespace; -EPERM.
 */
int el_netns_enter(struct el_context *context, const char *name);
/* The names of the namespaces that `ip netns list` shows, sorted; freed with el_texts_free().
 * Return: 0, or -errno, without noting an error. */
int el_netns_list(char ***out, size_t *count);
/* Remove the pins of deleted namespaces. Their chains ended with their devices. */
void el_netns_sweep(struct el_context *context);

/* A device whose pins were swept. */
struct el_swept {
	char device[16];
	char now[16]; /* its name now; "": the device is gone */
};

/**
 * el_sweep() - remove the pins of devices that are gone
 * @out: the devices whose pins were removed or renamed; the caller frees the array; may be NULL
 *
 * Pins of a renamed device get its new name. Pins of a device in another network namespace stay
 * until that namespace is gone. Call it after el_netns_enter() and before the last
 * el_rights_drop(), which gives up the right to look up a namespace.
 */
void el_sweep(struct el_context *context, struct el_swept **out, size_t *count);

/* ---------------------------------------------------------------- functions and objects */

/**
 * el_compile() - compile a function's source into an object
 * @source: path of a .bpf.c file
 * @output: path of the object to write; replaced as a whole, or untouched on failure
 *
 * Compiler warnings go to warn() of the context. Return: 0; -ENOENT no such source or no clang;
 * -EINVAL the source does not compile (kind EL_COMPILE, the compiler's output in detail); -EIO the
 * object can't be written.
 */
int el_compile(struct el_context *context, const char *source, const char *output);

/* A parameter: EDGE_PARAM() of a function, or a `const volatile` global of a plain program. */
struct el_param_info {
	const char *name;
	const char *type;    /* as in C: "__u32", "edge_port", "struct edge_ip" */
	const char *initial; /* in the text form of its type */
	const char *help;    /* or "" */
	bool ranged;
	int64_t min, max; /* if ranged */
};

struct el_map_info {
	const char *name; /* as in the source */
	const char *kind; /* as bpftool prints it: "hash", "lpm_trie", … */
	const char *key;  /* key and value: types as in C, or "" */
	const char *value;
	uint32_t key_size, value_size, max_entries, flags;
	bool table; /* its entries are in a table of the SDK, in place of a map of this kind */
};

struct el_program_info {
	const char *name;    /* its symbol */
	const char *section; /* its ELF section */
	bool xdp, tc;	     /* the hooks at which it can be attached */
	bool devmap, cpumap; /* XDP programs for entries of a devmap or a cpumap, not for a hook */
	bool frags;	     /* accepts XDP frames in fragments: its section is xdp.frags */
};

struct el_object; /* one ELF object, read and checked */

/* The object owns the arrays and their texts. */
struct el_object_info {
	const char *path;
	const char *function; /* the name of the edge function; NULL: a plain program */
	const char *help;
	const char *license;
	char digest[65]; /* SHA-256 of the file, hexadecimal */
	bool bitcode;	 /* the object can be fused */
	bool frags;	 /* the function accepts XDP frames in fragments */
	size_t params_count, maps_count, programs_count, reasons_count;
	struct el_param_info *params;
	struct el_map_info *maps;
	struct el_program_info *programs;
	const char **reasons; /* by number; [0] is "unspecified"; NULL: the number is unused */
};

/**
 * el_object_open() - find one object, compile it if it is source, read it and check it
 * @name: the name of an installed function, the path of an object, or the path of a .bpf.c source;
 * PATH#PROGRAM chooses a program of an object with several programs
 *
 * Return: 0; -ENOENT; -EINVAL with kind EL_COMPILE for each defect of the object: not ELF,
 * truncated, not for the BPF machine, no BTF, another ABI; -ENOMEM.
 */
int el_object_open(struct el_context *context, const char *name, struct el_object **out);
/* Like el_object_open(), but for inspection: the object may have several programs, and programs
 * that fit no hook. */
int el_object_inspect(struct el_context *context, const char *name, struct el_object **out);
void el_object_free(struct el_object *object);
const struct el_object_info *el_object_info(const struct el_object *object);

/* ---------------------------------------------------------------- chains */

enum el_mode {
	EL_MODE_DEFAULT, /* native at XDP; TCX at TC, else clsact */
	EL_MODE_NATIVE,
	EL_MODE_GENERIC,
	EL_MODE_TCX,
	EL_MODE_CLSACT,
	EL_MODE_SHARED,	 /* at XDP, beside foreign programs in libxdp's dispatcher */
	EL_MODE_OFFLOAD, /* in the NIC; only foreign programs are reported with this mode */
};

/* The place of a chain among foreign TCX programs. */
enum el_order {
	EL_ORDER_ANY, /* a new chain goes last; a swapped chain keeps its place */
	EL_ORDER_BEFORE,
	EL_ORDER_AFTER,
};

struct el_assignment {
	const char *name, *value;
};

/* The requested size and content of one map of an instance. A spec owns nothing: the caller frees the
 * arrays and the texts, after the call that takes the spec. */
struct el_map_spec {
	const char *name;
	uint32_t max_entries; /* 0: as in the running chain; in a new chain: as in the source */
	/* The whole content, for a new map that replaces the map of the running chain: first the
	 * lines of a file, as el_map_load() reads them, then the entries, which override them. */
	const char *file;
	const struct el_assignment *entries; /* keys and values; a value may be NULL: zeroes */
	size_t entries_count;
	bool replace;	    /* replace the content even if file and entries are empty */
	const char *shared; /* the name under which chains of a manifest share it; or NULL */
	bool optional;	    /* not an error if the object has no such map */
};

struct el_instance_spec {
	const char *name;     /* unique in the chain; NULL: the name of the function */
	const char *function; /* as el_object_open() takes it */
	/* Compiler flags for a source, separated by newlines, from cflags of a manifest; or NULL.
	 * The chain keeps them. */
	const char *cflags;
	const struct el_assignment *params;
	size_t params_count;
	const struct el_map_spec *maps; /* only the maps with a requested size or content */
	size_t maps_count;
};

struct el_chain_spec {
	const char *device; /* may be NULL for el_chain_check() */
	enum edge_hook hook;
	enum el_mode mode;
	const struct el_instance_spec *instances;
	size_t instances_count;
	/* The number of generations that stay loaded, including the new generation. 0: as in the
	 * running chain, or 5 if no chain runs. */
	uint32_t keep;
	/* Maps that may start empty if their entries can't be converted: INSTANCE/MAP, INSTANCE or
	 * "all", ended by NULL. NULL: no map may. */
	const char *const *start_empty;
	bool declared; /* by a manifest; the chain stays declared until it is detached */
	/* The neighbour for @order: the number or the name of a program, link:NUMBER, the path of a
	 * pinned program or link, or "all". A chain in another place is moved. */
	enum el_order order;
	const char *beside;
};

/* One program of a chain. Most chains have a single program. */
struct el_program_report {
	uint32_t id;	     /* 0 if it was only checked */
	char tag[17];	     /* the kernel's tag */
	size_t first, count; /* the instances that it runs */
	bool linked;	     /* attached by a link of its own, after the first program (TCX) */
	bool fused;	     /* false: an object used unmodified */
	const char
		*form; /* form: whole, settled, kept or own-cpu; as-compiled if it is not fused */
	uint32_t instructions; /* after the kernel's rewriting */
	uint32_t verified;     /* instructions processed by the verifier (kernel 5.16), or 0 */
	uint32_t stack;	       /* bytes of stack */
};

struct el_instance_report {
	const char *name, *function;
	const char *params; /* the parameters that were set, in text form: "a=1,b=2"; or "" */
	const char *cflags; /* compiler flags of its source, separated by newlines; or "" */
	const char *digest; /* 16 hexadecimal digits */
	size_t program;	    /* the index of the program that runs it */
	bool fused;
};

enum el_state {
	EL_STATE_RUNS,
	EL_STATE_DETACHED,  /* its link was detached outside edge-load: only its pins are left */
	EL_STATE_REPLACED,  /* its link was updated with a foreign program */
	EL_STATE_KEPT,	    /* an earlier or later generation, for a rollback */
	EL_STATE_MOVED,	    /* it runs, on a device that was moved into another network namespace */
	EL_STATE_ELSEWHERE, /* it was attached in another network namespace */
	EL_STATE_UNREADABLE, /* a pin is missing, belongs to another user, or can't be opened */
};

/* The effect of a swap on one field of a key or value. */
enum el_field_change {
	EL_FIELD_SAME,
	EL_FIELD_WIDENED,  /* every value of the old type fits */
	EL_FIELD_NARROWED, /* not every value of the old type fits, but the present values do */
	EL_FIELD_CHANGED,  /* another type, equal values */
	EL_FIELD_NEW,	   /* zero; a variable: its initial value */
	EL_FIELD_LOST,
};

/* One field, in a list that owns its texts. */
struct el_field_report {
	char *name; /* "limits.rate", "ports[]"; "" if the key or value is not a struct */
	enum el_field_change change;
	char *from, *to; /* types; "" for a new or lost field */
	bool key;	 /* true: a field of the key; false: of the value */
};

/* The effect of a swap on one map. */
enum el_map_change {
	EL_MAP_NEW,
	EL_MAP_KEPT,	  /* the new generation uses the old map */
	EL_MAP_RESIZED,	  /* a new map with unchanged entries of the old map */
	EL_MAP_CONVERTED, /* a new map with entries converted to other types; see the fields */
	EL_MAP_REPLACED,  /* a new map with other entries, as requested */
	EL_MAP_EMPTIED,	  /* a new map; the entries of the old map are given up */
	EL_MAP_DROPPED,	  /* the new generation does not have the map */
	EL_MAP_RETURNED,  /* in a rollback: the map as the kept generation left it */
	EL_MAP_SHARED,	  /* a map that several chains share */
};

/* Owns the two names. The reason and the fields are parts of the chain's map. */
struct el_map_report {
	char *instance, *name;
	enum el_map_change change;
	uint64_t entries;			  /* entries taken over, converted or not */
	uint32_t max_entries_before, max_entries; /* 0: no such map */
	const char *why;			  /* the reason, if it was emptied; else "" */
	const struct el_field_report *fields;	  /* if it was converted */
	size_t fields_count;
};

/* The owner of the report frees the arrays; the texts are parts of the chain. */
struct el_chain_report {
	const char *device;
	int ifindex;
	enum edge_hook hook;
	enum el_mode mode;
	enum el_state state;
	uint32_t generation;
	uint32_t keep;	      /* the number of loaded generations */
	bool declared;	      /* by a manifest */
	uint32_t link_id;     /* 0 with clsact */
	time_t time;	      /* the time of the fusing */
	const char *user;     /* the user who had it fused */
	char digest[17];      /* of the functions, their order and their parameters */
	const char *cut;      /* the reason for several programs; "" if there is one program */
	enum el_kind problem; /* EL_STATE_UNREADABLE: the kind of the failure; else EL_OK */
	/* EL_STATE_UNREADABLE, EL_STATE_MOVED, EL_STATE_ELSEWHERE: the reason and the remedy; else
	 * "". For an unreadable chain, programs and instances are empty, unknown fields are 0. */
	const char *why, *hint;
	size_t programs_count, instances_count;
	struct el_program_report *programs;
	struct el_instance_report *instances;
	/* The effect of the swap, or the expected effect from el_chain_check(); empty without a
	 * swap. */
	struct el_map_report *maps;
	size_t maps_count;
	double fuse_ms, load_ms, attach_ms; /* duration in this call; 0 if it only read the chain */
};

struct el_chain; /* a chain, read from the kernel or only checked */
void el_chain_free(struct el_chain *chain);
const struct el_chain_report *el_chain_report(const struct el_chain *chain);

struct el_chains {
	struct el_chain **list;
	size_t count;
};

/*
 * Fuse and verify a chain without attaching it. @out may be NULL, here and in el_chain_attach(). If
 * a chain of edge-load runs on spec->device and spec->hook, the conversion of its maps is tried on
 * their present entries and reported. Without a device, at XDP, the program for each kind of device
 * is verified: for a veth, for another NIC, and, if all functions accept frames in fragments, for a
 * veth without such frames, as in a chain with a function that does not accept them. A refusal
 * names the kinds of device that it concerns.
 */
int el_chain_check(struct el_context *context, const struct el_chain_spec *spec,
		   struct el_chain **out);

/**
 * el_chain_attach() - make @spec run on its device and hook
 *
 * If a chain of edge-load runs there, it is replaced by a swap: each packet passes either the old
 * chain or the new chain. A map of the same instance, name and shape is kept. For a map of another
 * shape, the entries are converted field by field, by name. Entries that do not fit, and maps that
 * can't be converted and may not start empty, are refused (EL_CONFLICT) before any change.
 * loader/README.md says how changes that packets make during the swap are merged. On any failure
 * the old chain keeps running, and nothing of the new chain remains.
 *
 * A chain that gets another place (spec->order) can't be swapped: the new chain is attached before
 * the old chain is detached, and in between packets pass both chains.
 *
 * Return: 0; -EINVAL, -ENOENT as in el_object_open(), or an unknown parameter or a bad value
 * (EL_USAGE); -ENOENT also if spec->beside does not exist (EL_NOT_FOUND); -ENODEV no such device;
 * -EPERM; -EBUSY a foreign program or another edge-load (EL_CONFLICT); -EACCES the verifier refused
 * (EL_VERIFIER, its log in detail); -EOPNOTSUPP the kernel or the driver lacks support.
 */
int el_chain_attach(struct el_context *context, const struct el_chain_spec *spec,
		    struct el_chain **out);
int el_chain_detach(struct el_context *context, const char *device, enum edge_hook hook);

/* Parameters for one instance of a running chain. */
struct el_params_spec {
	const char *device;
	enum edge_hook hook;
	const char *instance;
	const struct el_assignment *params; /* parameters that are not listed keep their values */
	size_t params_count;
};

/* Fuse the running chain again with other parameters for one instance, and swap. */
int el_chain_set_params(struct el_context *context, const struct el_params_spec *spec,
			struct el_chain **out);
int el_chain_open(struct el_context *context, const char *device, enum edge_hook hook,
		  struct el_chain **out);

/* ---- generations: kept generations stay loaded, with their maps */
/* The kept generations of a chain, the oldest first, freed with el_chains_free(). */
int el_chain_history(struct el_context *context, const char *device, enum edge_hook hook,
		     struct el_chains *out);

/* One generation of a chain. */
struct el_chain_generation {
	const char *device;
	enum edge_hook hook;
	uint32_t generation;
};

/**
 * el_chain_rollback() - run a kept generation again
 * @to: the generation 0 is the latest generation before the running generation
 *
 * The rollback is one change of the link. Maps that both generations use stay as they are. If a
 * map was converted or resized since, its entries, including changes that packets make during the
 * rollback, return to the map of the kept generation. Entries that do not fit cause a warning, not
 * a failure. For a table that was replaced since, the old table is used again. Return: 0; -ENOENT
 * no such chain, or no such generation; -EBUSY.
 */
int el_chain_rollback(struct el_context *context, const struct el_chain_generation *to,
		      struct el_chain **out);
/* ---- differences */
enum el_difference_kind {
	EL_DIFFERENCE_ADDED,
	EL_DIFFERENCE_REMOVED,
	EL_DIFFERENCE_MOVED,	/* from and to: places, counted from 1 */
	EL_DIFFERENCE_PARAMS,	/* as "a=1,b=2" */
	EL_DIFFERENCE_FUNCTION, /* the instance runs another function */
	EL_DIFFERENCE_CODE,	/* the object of the function changed; from and to: digests */
	EL_DIFFERENCE_MODE,
	EL_DIFFERENCE_KEEP,
	EL_DIFFERENCE_MAP,    /* the content or the size of a map */
	EL_DIFFERENCE_DRIFT,  /* the chain was changed outside edge-load, or attached by hand */
	EL_DIFFERENCE_PLACE,  /* the place among foreign programs */
	EL_DIFFERENCE_CFLAGS, /* compiler flags of the function's source, separated by blanks */
};
const char *el_difference_name(enum el_difference_kind kind); /* "added", "parameters", … */

struct el_difference {
	enum el_difference_kind kind;
	char *instance; /* "": a difference of the whole chain */
	char *from, *to;
};

/* Owns the list and its texts. */
struct el_differences {
	struct el_difference *list;
	size_t count;
};

/* The differences between two chains. NULL: no chain. */
int el_chain_diff(struct el_context *context, const struct el_chain_report *from,
		  const struct el_chain_report *to, struct el_differences **out);
void el_differences_free(struct el_differences *changes);

/* All chains, or the chains of @device. A chain that can't be read is included
 * (EL_STATE_UNREADABLE) and does not affect other chains. @out is freed with el_chains_free(). */
int el_chains_open(struct el_context *context, const char *device, struct el_chains *out);
void el_chains_free(struct el_chains *chains);

/* ---- attached programs, foreign programs included */
struct el_attached {
	char device[16];
	int ifindex;
	enum edge_hook hook;
	enum el_mode mode;
	/* Packets pass the programs of a hook in this order, from 1. Programs that libxdp's
	 * dispatcher calls (EL_MODE_SHARED) follow the dispatcher. */
	uint32_t place;
	uint32_t id;		      /* of the program */
	uint32_t link_id;	      /* with EL_MODE_TCX; 0: attached without a link */
	uint32_t priority, handle;    /* with EL_MODE_CLSACT */
	char name[64];		      /* "": no name, or CAP_SYS_ADMIN is needed to read it */
	char tag[17];		      /* "": CAP_SYS_ADMIN is needed to read it */
	const struct el_chain *chain; /* the chain of the program; NULL: a foreign program */
};

struct el_attached_programs {
	struct el_attached *list;
	size_t count;
};

/**
 * el_attached_list() - all BPF programs at XDP and at TC, of all devices or of @device
 * @chains: the chains from el_chains_open(); el_attached.chain points to them
 *
 * The list is sorted by ifindex, then by hook, then by place. The call changes nothing. Return: 0,
 * or an error.
 */
int el_attached_list(struct el_context *context, const char *device, const struct el_chains *chains,
		     struct el_attached_programs *out);
void el_attached_free(struct el_attached_programs *programs);

const char *el_hook_name(enum edge_hook hook); /* "xdp", "tc-ingress", "tc-egress" */
int el_hook_parse(const char *text, enum edge_hook *hook);
const char *el_mode_name(enum el_mode mode);
const char *el_order_name(enum el_order order);		   /* "any", "before", "after" */
const char *el_state_name(enum el_state state);		   /* "runs", "detached", "replaced", … */
const char *el_verdict_name(enum edge_verdict verdict);	   /* "next", "pass", … */
const char *el_map_change_name(enum el_map_change change); /* "kept", "converted", … */
const char *el_field_change_name(enum el_field_change change); /* "same", "widened", … */

/* An instance that was read from a text. It owns the arrays, but not the text. */
struct el_instance_text {
	struct el_instance_spec spec; /* points into the text and to the arrays */
	struct el_assignment *params;
	struct el_map_spec *maps;
};

/**
 * el_instance_parse() - read [NAME=]FUNCTION[:PARAM=VALUE,...,MAP.size=ENTRIES,...]
 * @text: is modified, and must outlive @out, which points into it
 * @out: freed with el_instance_text_free()
 *
 * The text before the first = is the name of the instance, if it consists of letters, digits, "_"
 * and "-" (so ./a=b.o is a path). The first : after that ends the function, even in a path.
 * Parameters are separated by commas outside braces and brackets; a value may contain all other
 * characters, including : and =. Return: 0; -EINVAL.
 */
int el_instance_parse(struct el_context *context, char *text, struct el_instance_text *out);
void el_instance_text_free(struct el_instance_text *instance);
/* Parse PARAM=VALUE in place: @text is modified, and @out points into it. */
int el_assignment_parse(struct el_context *context, char *text, struct el_assignment *out);

/* ---------------------------------------------------------------- manifest */

struct el_manifest; /* edge.yaml, read and checked */

/**
 * el_manifest_open() - read a manifest and make all checks that do not need the kernel
 * @path: "-" is standard input. Relative paths in the manifest start at the folder of the
 * manifest, or at the current folder if the manifest comes from standard input
 *
 * Return: 0; -ENOENT; -EPERM users other than its owner can write it, or its owner is neither root
 * nor the caller (EL_PRIVILEGE); -EINVAL with FILE:LINE:COLUMN in the error (EL_USAGE); -EFBIG.
 */
int el_manifest_open(struct el_context *context, const char *path, struct el_manifest **out);
void el_manifest_free(struct el_manifest *manifest);

/* ---- from a manifest to the machine */
enum el_action {
	EL_ACTION_NOTHING, /* the chain is as the manifest declares it */
	EL_ACTION_ATTACH,
	EL_ACTION_SWAP,
	EL_ACTION_DETACH, /* an earlier manifest declared the chain, this manifest does not */
	EL_ACTION_LEAVE,  /* not declared: attached by hand, or see el_plan_chain.why */
	EL_ACTION_WAIT,	  /* no device of the chain exists yet */
};
const char *el_action_name(enum el_action action); /* "nothing", "attach", … */

struct el_plan_chain {
	const char *device; /* with EL_ACTION_WAIT: the selector in the manifest */
	enum edge_hook hook;
	enum el_action action;
	uint32_t generation; /* the running generation before the plan; 0: none */
	const char *
		why; /* with EL_ACTION_LEAVE: the cause if it is unreadable or elsewhere; or NULL */
	const struct el_differences *changes;
	const struct el_chain_report *report; /* with ATTACH and SWAP: as it was verified */
};

struct el_plan_info {
	size_t count;
	struct el_plan_chain *chains; /* the plan owns the array, and its texts */
	bool different;		      /* at least one chain or map has to change */
	bool applied;
};

struct el_plan_options {
	bool apply; /* false: change nothing */
	/* Plan only the chains of this device, which must exist. Chains of other devices are left
	 * unchanged, in the manifest or not. NULL: all devices. */
	const char *device;
	/* With @check_generation: each chain of the manifest must run as this generation (0: must
	 * not run); otherwise the plan fails with EL_CONFLICT. */
	bool check_generation;
	uint32_t generation;
	/* Like @generation, but for single chains, which the manifest must contain. They override
	 * @generation. */
	const struct el_chain_generation *generations;
	size_t generations_count;
};

struct el_plan;

/**
 * el_plan_make() - compare a manifest with the machine, and apply the differences if requested
 *
 * Every chain that has to change is fused and verified, even without options->apply. All changes
 * are applied, or none: the change of a chain is one change of its link, and after a failure all
 * earlier changes are undone. Return: 0; the errors of el_chain_attach(), with FILE:LINE:COLUMN in
 * the message; -EBUSY also if a chain is not at the expected generation (EL_CONFLICT); -E2BIG a
 * limit of the manifest is exceeded.
 */
int el_plan_make(struct el_context *context, const struct el_manifest *manifest,
		 const struct el_plan_options *options, struct el_plan **out);
void el_plan_free(struct el_plan *plan);
const struct el_plan_info *el_plan_info(const struct el_plan *plan);

/* ---------------------------------------------------------------- counters */

struct el_reason_count {
	char *name; /* the counters own it */
	uint64_t packets;
};

struct el_instance_counters {
	struct edge_count entered;		   /* packets that reached the instance */
	struct edge_count verdicts[EDGE_VERDICTS]; /* packets by verdict */
	bool verdicts_known; /* false: a plain program used unmodified, which counts no verdicts */
	struct el_reason_count reasons[EDGE_REASONS_MAX];
	size_t reasons_count;
};

struct el_counters {
	size_t count; /* of instances */
	struct el_instance_counters *instances;
};

/* Read the counters of a chain: sums over all CPUs and all generations up to this generation. */
int el_counters_read(struct el_context *context, const struct el_chain *chain,
		     struct el_counters **out);
void el_counters_free(struct el_counters *counters);

/* ---------------------------------------------------------------- maps */

enum el_format {
	EL_TEXT, /* as people write it: 10.0.0.0/8, {packets=3,bytes=180} */
	EL_JSON,
};

struct el_map; /* one map of a running chain, with the types of its key and value */

/* @path is DEVICE/HOOK/INSTANCE/MAP. */
int el_map_open(struct el_context *context, const char *path, struct el_map **out);
void el_map_free(struct el_map *map);
const struct el_map_info *el_map_info(const struct el_map *map);
/* The paths of the maps below DEVICE[/HOOK[/INSTANCE]], freed with el_texts_free(); @under NULL: of
 * all maps. */
int el_maps_list(struct el_context *context, const char *under, char ***out, size_t *count);

/**
 * el_map_get() - look one key up
 * @key: in the text form of the key's type
 * @out: the caller frees it. In EL_TEXT, the value; in EL_JSON, the entry: {"key": …, "value": …}.
 * For a per-CPU map, the value is the sum over the CPUs if it consists of integers only. Otherwise
 * EL_TEXT prints the list of the values of all CPUs, and EL_JSON leaves "value" out. EL_JSON always
 * adds "cpus": […] for such a map.
 *
 * In a prefix table, the entry of the longest prefix that contains the key is returned, as for a
 * packet. Return: 0; -EINVAL the key can't be parsed as its type; -ENOENT no such key.
 */
int el_map_get(struct el_map *map, const char *key, enum el_format format, char **out);
/* @value NULL: a value of zeroes (a member of a set). In a per-CPU map, the value of every CPU is
 * set. Of a program's variables, only the variables named in @value are set. -ENOSPC: the map is
 * full. */
int el_map_set(struct el_map *map, const char *key, const char *value);
int el_map_del(struct el_map *map, const char *key);
/* Call @entry for each entry, with the @value that el_map_get() returns. A non-zero return ends the
 * walk and is returned. */
int el_map_dump(struct el_map *map, enum el_format format,
		int (*entry)(void *data, const char *key, const char *value), void *data);
/**
 * el_map_load() - set the entries of a file, in batches
 * @file: lines of KEY [VALUE]; blank lines and lines that begin with # are skipped; "-" is standard
 * input
 * @loaded: the number of entries that were set
 *
 * The whole file is read and checked first. If a line is bad, or the map has no room for all new
 * entries, nothing is changed. Return: 0; -EINVAL with FILE:LINE in the error; -ENOSPC the map is
 * too small.
 */
int el_map_load(struct el_map *map, const char *file, size_t *loaded);
/**
 * el_maps_save() - write maps as text that people can read and edit
 * @path: DEVICE[/HOOK[/INSTANCE[/MAP]]]
 * @file: replaced as a whole; "-" is standard output
 * @count: the number of maps
 *
 * Each map becomes a section [INSTANCE/MAP], named by its path relative to @path, with lines as
 * el_map_load() reads them. A line of a per-CPU map has the list of the values of all CPUs, and a
 * program's variables are written by name. Maps without a text form are left out, with a comment.
 */
int el_maps_save(struct el_context *context, const char *path, const char *file, size_t *count);
/* Set the entries of such a file in the maps below @path; other entries stay. Fields are matched by
 * name: a field that the file leaves out is zero, a variable that it leaves out keeps its value.
 * The whole file is checked first: on an error, which names FILE:LINE, nothing is changed. @count:
 * the number of entries. */
int el_maps_restore(struct el_context *context, const char *path, const char *file, size_t *count);
/* Delete every entry, or set every entry of an array to zero. @deleted: the number of entries. */
int el_map_flush(struct el_map *map, size_t *deleted);
/**
 * el_map_replace() - replace a whole table atomically
 * @file: as for el_map_load()
 *
 * A new map is filled from the file and replaces the old map in the chain's next generation: a
 * packet sees either the whole old table or the whole new table. Return: as el_map_load() and
 * el_chain_set_params(); on failure the old map is untouched.
 */
int el_map_replace(struct el_context *context, const char *path, const char *file,
		   struct el_chain **out);
/* Change max_entries and keep all entries: like el_map_replace(), with the entries of the old map.
 * Later swaps keep the size. -ENOSPC: the map has more than @entries entries (EL_CONFLICT). */
int el_map_resize(struct el_context *context, const char *path, uint32_t entries,
		  struct el_chain **out);
struct el_follow_options {
	enum el_format format; /* of the records */
	int timeout_ms;	       /* end after this time without a record; 0: no limit */
	/* Called with each record. A non-zero return ends the call. */
	int (*event)(void *data, const char *value);
	void *data; /* the @data of event() */
};

/*
 * Follow a ring buffer or a perf event array: call event() with each record until it returns
 * non-zero, or until the time limit. If the path gets another map (by a
 * swap, a resize, a rollback), the call follows the new map and warns. The records of a perf event
 * array have a single reader: this call, until it ends.
 *
 * Return: 0; the return value of event(); -ENOENT the map is gone, or its chain was detached
 * (EL_NOT_FOUND); -EINVAL the map has no records (EL_USAGE).
 */
int el_map_follow(struct el_map *map, const struct el_follow_options *options);

/* ---------------------------------------------------------------- the machine */

struct el_feature {
	const char *name;  /* "XDP link", "TCX", "LLVM", … */
	const char *state; /* the finding: "yes", "no", "6.18.0", "/sys/fs/bpf" */
	bool good;
	bool needed;	   /* edge-load does not work without it */
	enum el_kind kind; /* the kind of failure if it is missing */
	char note[512];	   /* the consequence and the remedy */
};

int el_features_probe(struct el_context *context, struct el_feature **out, size_t *count);
void el_features_free(struct el_feature *features);

/* ---------------------------------------------------------------- ownership (own.h) */

EL_CLEANUP(context, struct el_context *)
EL_CLEANUP(texts, char **)
EL_CLEANUP(object, struct el_object *)
EL_CLEANUP(chain, struct el_chain *)
EL_CLEANUP(differences, struct el_differences *)
EL_CLEANUP(manifest, struct el_manifest *)
EL_CLEANUP(plan, struct el_plan *)
EL_CLEANUP(counters, struct el_counters *)
EL_CLEANUP(map, struct el_map *)
EL_CLEANUP(features, struct el_feature *)

#define _cleanup_context_     _cleanup_(el_context_cleanup)
#define _cleanup_texts_	      _cleanup_(el_texts_cleanup)
#define _cleanup_object_      _cleanup_(el_object_cleanup)
#define _cleanup_chain_	      _cleanup_(el_chain_cleanup)
#define _cleanup_chains_      _cleanup_(el_chains_free)
#define _cleanup_differences_ _cleanup_(el_differences_cleanup)
#define _cleanup_attached_    _cleanup_(el_attached_free)
#define _cleanup_manifest_    _cleanup_(el_manifest_cleanup)
#define _cleanup_plan_	      _cleanup_(el_plan_cleanup)
#define _cleanup_counters_    _cleanup_(el_counters_cleanup)
#define _cleanup_map_	      _cleanup_(el_map_cleanup)
#define _cleanup_features_    _cleanup_(el_features_cleanup)

#endif
