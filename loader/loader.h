/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_LOADER_H
#define EL_LOADER_H
/*
 * libedge: compile, fuse, verify, attach and look after chains of functions. The contract that
 * userspace/ stands on; nothing of libbpf's, LLVM's or the kernel's shows here.
 *
 * One convention throughout: a call returns 0, or -Exxx, and then el_error_get() tells what
 * happened, where, why and what to do. An object comes back through an out pointer, untouched on
 * failure, and is freed by its own el_x_free(), which takes NULL. Nothing here is safe to share
 * between threads without a lock of the caller's.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "../bpf/edge/abi.h"

#define EL_VERSION "0.1.0"
#define EL_KEEP_MAX 100 /* generations of a chain that are kept */

/* ---------------------------------------------------------------- context and errors */

/* What kind of failure it was: the CLI's exit codes, which are part of its contract. */
enum el_kind {
	EL_OK = 0,
	EL_FAILED = 1,
	EL_USAGE = 2,	    /* the caller's words: a bad value, an unknown parameter, … */
	EL_PRIVILEGE = 3,   /* a capability or permission is missing */
	EL_NOT_FOUND = 4,   /* no such device, chain, instance, map, key, file, function */
	EL_CONFLICT = 5,    /* somebody else's program is there, or another edge-load is at work */
	EL_COMPILE = 6,	    /* the source does not compile, or the object can't be used */
	EL_VERIFIER = 7,    /* the kernel's verifier refused the program */
	EL_UNSUPPORTED = 8, /* this kernel or machine lacks what is needed */
	EL_DIFFERENT = 9    /* no failure: plan found a difference */
};

struct el_error {
	enum el_kind kind;
	char what[512]; /* one sentence: the thing, the value, the reason */
	char hint[512]; /* what to do about it, or "" */
	char *detail;	/* a compiler's or verifier's own output, or NULL; many lines */
};

struct el_context; /* where things are, the last error, who takes warnings and notes */

struct el_context_options {
	const char *bpffs; /* NULL: $EDGE_LOAD_BPFFS, else /sys/fs/bpf */
	void (*warn)(void *data, const char *message); /* NULL: warnings are dropped */
	/* What a user should know though nothing went wrong; NULL: notes are dropped */
	void (*note)(void *data, const char *message);
	void *warn_data; /* the @data of warn() and note() */
	double wait_s;	 /* for another edge-load to finish, before that is a conflict */
	/* Whether an allocation has failed in this process: then nothing that runs is changed, as
	 * the new chain or the new entries may lack a part. NULL: not known */
	bool (*memory_was_short)(void);
};

int el_context_open(struct el_context **out, const struct el_context_options *options);
void el_context_free(struct el_context *context);
/* The error of the last call that failed; valid until the next call. */
const struct el_error *el_error_get(const struct el_context *context);
/* The word of @words nearest to @word by edit distance, or NULL when none is near: for "did you
 * mean". */
const char *el_nearest(const char *word, const char *const *words, size_t count);

/* ---------------------------------------------------------------- text that came from elsewhere */

/* The first character of UTF-8 in @text. Return: its bytes; 0: there is none. */
size_t el_text_next(const char *text, size_t length, uint32_t *code);
/* Whether a terminal obeys the character in place of showing it: C0, DEL, C1, and what changes the
 * direction of text. */
bool el_text_drives(uint32_t code);
/* Write @text, with \xNN for bytes that are no UTF-8 and for C0 and DEL, and \uNNNN for other
 * characters that drive a terminal; @lines: newlines and tabs stay. */
void el_text_write(FILE *stream, const char *text, bool lines);
/* Write a JSON string. Return: false, and nothing is written, where the bytes are no UTF-8. */
bool el_text_write_json(FILE *stream, const char *text, size_t length);
/* A copy with \xNN for each byte that is no UTF-8; malloc'ed, or NULL. */
char *el_text_utf8(const char *text);

/* ---------------------------------------------------------------- privileges, namespaces */

enum {
	EL_RIGHTS_NONE = 1u << 0, /* nothing is asked of the kernel: not even the three */
	EL_RIGHTS_OTHERS =
		1u << 1, /* what other people attached, or the BTF of modules, is looked at */
	EL_RIGHTS_FILES = 1u << 2, /* files are written, in other users' folders if root says so */
	EL_RIGHTS_SWEEP = 1u << 3, /* namespaces are entered, and whose they are is looked up: for
				    * el_netns_sweep() and el_sweep() */
};

/**
 * el_rights_drop() - give up, for good, all capabilities but those that edge-load needs
 * @flags: EL_RIGHTS_*
 *
 * CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON stay, where they are there; no program that is run from
 * here on gets any that this process has not. To be called after el_netns_enter(): before the
 * sweeps with EL_RIGHTS_SWEEP too, after them without.
 */
int el_rights_drop(struct el_context *context, unsigned int flags);

/**
 * el_rights_as_owner() - open pins of another user with the rights of that user
 *
 * For root alone: from here on this process opens, makes and removes files as the owner of the
 * folder of pins, if that is another user whom root has given that folder. To be called after
 * el_netns_enter(), and before el_rights_drop(). Return: 0; -EPERM (EL_PRIVILEGE).
 */
int el_rights_as_owner(struct el_context *context);

/**
 * el_netns_enter() - enter a network namespace, and use its pins
 * @name: as `ip -n` takes it: a name below /run/netns, or a path with a "/" in it
 *
 * A namespace has pins of its own (BPFFS/edge-netns-COOKIE), so a device of the same name in
 * another one is another device. Entering the one that this process is in changes nothing. Return:
 * 0; -ENOENT no such namespace; -EINVAL it is none; -EPERM.
 */
int el_netns_enter(struct el_context *context, const char *name);
/* The names of those that `ip netns list` shows, sorted. Return: 0, or -ENOMEM. */
int el_netns_list(char ***out, size_t *count);
void el_netns_list_free(char **names, size_t count);
/* Remove the pins of namespaces that are gone: their chains went with their devices. */
void el_netns_sweep(struct el_context *context);

/* A device whose pins were swept. */
struct el_swept {
	char device[16];
	char now[16]; /* what it is called now; "": it is gone */
};

/**
 * el_sweep() - remove the pins of devices that are gone
 * @out: which, the caller's to free; may be NULL
 *
 * Those of a device that was renamed get its new name. A device of another network namespace is
 * left alone, until that namespace is gone. To be called after el_netns_enter(), and before the
 * last el_rights_drop(), without which a namespace can't be asked for.
 */
void el_sweep(struct el_context *context, struct el_swept **out, size_t *count);

/* ---------------------------------------------------------------- functions and objects */

/**
 * el_compile() - compile a function's source into an object
 * @source: path of a .bpf.c file
 * @output: path of the object to write; replaced as a whole, or left alone on failure
 *
 * Warnings of the compiler go to the context's warn(). Return: 0; -ENOENT no such source or no
 * clang; -EINVAL it does not compile (kind EL_COMPILE, the compiler's output in detail); -EIO it
 * can't be written.
 */
int el_compile(struct el_context *context, const char *source, const char *output);

/* One parameter: an edge function's EDGE_PARAM(), or a plain program's `const volatile` global. */
struct el_param_info {
	const char *name;
	const char *type;    /* as in C: "__u32", "edge_port", "struct edge_ip" */
	const char *initial; /* in the text form of its type */
	const char *help;    /* "" where there is none */
	bool ranged;
	int64_t min, max; /* where ranged */
};

struct el_map_info {
	const char *name; /* as in the source */
	const char *kind; /* as bpftool says it: "hash", "lpm_trie", … */
	const char *key;  /* types, as in C; "" where there is none */
	const char *value;
	uint32_t key_size, value_size, max_entries, flags;
};

struct el_program_info {
	const char *name;    /* its symbol */
	const char *section; /* its ELF section */
	bool xdp, tc;	     /* the hooks it can be attached at */
	bool devmap, cpumap; /* XDP programs that a devmap's or a cpumap's entry can have instead */
	bool frags;	     /* takes XDP frames in fragments: its section is xdp.frags */
};

struct el_object; /* one ELF object, read and checked */

struct el_object_info {
	const char *path;
	const char *function; /* the edge function's name, or NULL: a plain program */
	const char *help;
	const char *license;
	char digest[65]; /* SHA-256 of the file, hexadecimal */
	bool bitcode;	 /* it can be fused */
	bool frags;	 /* it copes with XDP frames in fragments */
	size_t params_count, maps_count, programs_count, reasons_count;
	const struct el_param_info *params;
	const struct el_map_info *maps;
	const struct el_program_info *programs;
	const char *const
		*reasons; /* by number; [0] is "unspecified"; NULL where a number is not used */
};

/**
 * el_object_open() - find, compile if it is source, read and check one object
 * @name: the name of a function that ships, the path of an object, or the path of a .bpf.c source;
 * of an object with several programs, PATH#PROGRAM chooses one
 *
 * Return: 0; -ENOENT; -EINVAL with kind EL_COMPILE for whatever is wrong with it: not ELF,
 * truncated, not for the BPF machine, no BTF, another ABI; -ENOMEM.
 */
int el_object_open(struct el_context *context, const char *name, struct el_object **out);
/* el_object_open() to look at all of an object: no program needs to be chosen, nor be for a hook.
 */
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
	EL_MODE_SHARED,	 /* at XDP, beside other people's programs in libxdp's dispatcher */
	EL_MODE_OFFLOAD, /* in the NIC: other people's alone */
};

/* Where a chain stands among other people's TCX programs. */
enum el_order {
	EL_ORDER_ANY, /* a new one behind what is there; a swap leaves it where it is */
	EL_ORDER_BEFORE,
	EL_ORDER_AFTER,
};

struct el_assignment {
	const char *name, *value;
};

/* What is asked of one map of an instance. */
struct el_map_spec {
	const char *name;
	uint32_t max_entries; /* 0: what the running chain has; nothing runs: the function's own */
	/* Its whole content, in a new map, whatever the running chain has in it: a file as
	 * el_map_load() takes it, and entries over that. */
	const char *file;
	const struct el_assignment *entries; /* keys and values; a value may be NULL: zeroes */
	size_t entries_count;
	bool replace; /* what the file and the entries say is all, also where they say nothing */
	const char *shared; /* of a manifest: by which name others have it, too; NULL: its own */
	bool optional;	    /* no error where the object has no such map */
};

struct el_instance_spec {
	const char *name;     /* unique in the chain; NULL: the function's own */
	const char *function; /* as el_object_open() takes it */
	/* Compiler flags of a source, its words separated by newlines, as a manifest's cflags gives
	 * them; or NULL. They stay with the chain. */
	const char *cflags;
	const struct el_assignment *params;
	size_t params_count;
	const struct el_map_spec *maps; /* those of which something is asked */
	size_t maps_count;
};

struct el_chain_spec {
	const char *device; /* may be NULL for el_chain_check() */
	enum edge_hook hook;
	enum el_mode mode;
	const struct el_instance_spec *instances;
	size_t instances_count;
	/* How many generations stay loaded, this one among them; 0: as the chain that runs has it,
	 * else 5. */
	uint32_t keep;
	/* INSTANCE/MAP, INSTANCE or "all", ended by NULL: what may start empty where it can't be
	 * converted. NULL: nothing. */
	const char *const *start_empty;
	bool declared; /* by a manifest; stays so until the chain is detached */
	/* Whom it stands before or after: a program's number, its name, link:NUMBER, the path of a
	 * pinned program or link; or "all". A chain that runs elsewhere is moved there. */
	enum el_order order;
	const char *beside;
};

/* What became of one program of a chain: most chains have one. */
struct el_program_report {
	uint32_t id;	     /* 0 where it was only checked */
	char tag[17];	     /* the kernel's tag */
	size_t first, count; /* which instances it runs */
	bool linked;	     /* attached by a link of its own, after the first (TCX) */
	bool fused;	     /* false: an object taken as it is */
	const char
		*form; /* how: whole, settled, kept or own-cpu; as-compiled where it is not fused */
	uint32_t instructions; /* after the kernel's rewriting */
	uint32_t verified;     /* instructions that the verifier went through (kernel 5.16), or 0 */
	uint32_t stack;	       /* bytes of stack */
};

struct el_instance_report {
	const char *name, *function;
	const char *params; /* those set, as "a=1,b=2" in text form; "" where none */
	const char *cflags; /* compiler flags of its source, separated by newlines; "" where none */
	const char *digest; /* 16 hexadecimal digits */
	size_t program;	    /* which program runs it */
	bool fused;
};

enum el_state {
	EL_STATE_RUNS,
	EL_STATE_DETACHED,  /* its link was detached outside edge-load: only its pins are left */
	EL_STATE_REPLACED,  /* somebody put another program into its link */
	EL_STATE_KEPT,	    /* an earlier or later generation, for a rollback */
	EL_STATE_MOVED,	    /* it runs, on a device that was moved into another network namespace */
	EL_STATE_ELSEWHERE, /* it was attached in another network namespace */
	EL_STATE_UNREADABLE, /* a pin is missing, is another's, or can't be opened */
};

/* What a swap makes of one field of a key or value. */
enum el_field_change {
	EL_FIELD_SAME,
	EL_FIELD_WIDENED,  /* every value fits */
	EL_FIELD_NARROWED, /* not every value would fit: those that are there do */
	EL_FIELD_CHANGED,  /* another type, the same value */
	EL_FIELD_NEW,	   /* zero; a variable: its initial value */
	EL_FIELD_LOST,
};

struct el_field_report {
	const char *name; /* "limits.rate", "ports[]"; "" where the key or value is no struct */
	enum el_field_change change;
	const char *from, *to; /* types, "" where there is none */
	bool key;	       /* of the key */
};

/* What a swap makes of one map. */
enum el_map_change {
	EL_MAP_NEW,
	EL_MAP_KEPT,	  /* the same map */
	EL_MAP_RESIZED,	  /* a new one with the old one's entries as they were */
	EL_MAP_CONVERTED, /* and with other types, see the fields */
	EL_MAP_REPLACED,  /* a new one with other entries, as it was asked for */
	EL_MAP_EMPTIED,	  /* a new one; the old one's entries are given up */
	EL_MAP_DROPPED,	  /* the new generation has it no more */
	EL_MAP_RETURNED,  /* a rollback's: as that generation left it */
	EL_MAP_SHARED,	  /* the one that others have, too */
};

struct el_map_report {
	const char *instance, *name;
	enum el_map_change change;
	uint64_t entries;			  /* that were taken over, converted or not */
	uint32_t max_entries_before, max_entries; /* 0 where there is none */
	const char *why;			  /* it was emptied; else "" */
	const struct el_field_report *fields;	  /* where it was converted */
	size_t fields_count;
};

struct el_chain_report {
	const char *device;
	int ifindex;
	enum edge_hook hook;
	enum el_mode mode;
	enum el_state state;
	uint32_t generation;
	uint32_t keep;	      /* how many generations are kept */
	bool declared;	      /* a manifest wants it */
	uint32_t link_id;     /* 0 with clsact */
	time_t time;	      /* when it was fused */
	const char *user;     /* by whom */
	char digest[17];      /* of the functions, their order and their parameters */
	const char *cut;      /* why it is more than one program; "" where it is one */
	enum el_kind problem; /* EL_STATE_UNREADABLE: what kind of failure; else EL_OK */
	/* EL_STATE_UNREADABLE, EL_STATE_MOVED, EL_STATE_ELSEWHERE: the reason; else "". Of one that
	 * is unreadable no programs and no instances are known, and 0 stands for what is not. */
	const char *why, *hint; /* and what to do about it */
	size_t programs_count, instances_count;
	const struct el_program_report *programs;
	const struct el_instance_report *instances;
	/* What a swap did, or, of el_chain_check(), would do; nothing where none was made. */
	const struct el_map_report *maps;
	size_t maps_count;
	double fuse_ms, load_ms, attach_ms; /* what this call took; 0 where it only looked */
};

struct el_chain; /* a chain as the kernel has it, or as it was checked */
void el_chain_free(struct el_chain *chain);
const struct el_chain_report *el_chain_report(const struct el_chain *chain);

/*
 * Fuse and verify, attach nothing. @out may be NULL, here and in attach. Where a chain of ours runs
 * on spec->device and hook, what a swap would make of its maps is tried with what they hold, and
 * reported. Without a device, at XDP, the program of each kind of device is verified: of a veth, of
 * another NIC, and, if all functions cope with frames in fragments, without those, as in a chain
 * with a function that does not; a refusal names the devices that it is about.
 */
int el_chain_check(struct el_context *context, const struct el_chain_spec *spec,
		   struct el_chain **out);

/**
 * el_chain_attach() - make @spec run on its device and hook
 *
 * Where a chain of ours runs there, it is replaced by a swap: a packet sees the old one or the new
 * one, never neither. A map of the same instance, name and shape is kept; into one of another
 * shape the entries are converted, field by field, by name, and what does not fit is refused
 * (EL_CONFLICT) before anything is touched, as is what can't be converted, unless it may start
 * empty. loader/README.md says what becomes of what packets write meanwhile. On any failure what
 * ran goes on running, and nothing is left.
 *
 * A chain that is to stand elsewhere (spec->order) can't be swapped: the new one is attached there
 * before the old one goes, and for that moment packets pass both.
 *
 * Return: 0; -EINVAL, -ENOENT as in el_object_open(), or an unknown parameter or a bad value
 * (EL_USAGE); -ENOENT also the program to stand beside (EL_NOT_FOUND); -ENODEV no such device;
 * -EPERM; -EBUSY a foreign program or another edge-load (EL_CONFLICT); -EACCES the verifier refused
 * (EL_VERIFIER, its log in detail); -EOPNOTSUPP the kernel or the driver can't.
 */
int el_chain_attach(struct el_context *context, const struct el_chain_spec *spec,
		    struct el_chain **out);
int el_chain_detach(struct el_context *context, const char *device, enum edge_hook hook);
/* Fuse the running chain anew with other parameters for one instance, and swap. */
int el_chain_set_params(struct el_context *context, const char *device, enum edge_hook hook,
			const char *instance, const struct el_assignment *params,
			size_t params_count, struct el_chain **out);
int el_chain_open(struct el_context *context, const char *device, enum edge_hook hook,
		  struct el_chain **out);

/* ---- generations: those that ran before stay loaded, with their maps */
/* Those of a chain that are kept, the oldest first, freed with el_chains_free(). */
int el_chain_history(struct el_context *context, const char *device, enum edge_hook hook,
		     struct el_chain ***out, size_t *count);
/**
 * el_chain_rollback() - let a generation run again that is kept
 * @generation: its number; 0: the latest before the one that runs
 *
 * One change of the link. Maps that both have are the same maps. Where entries were converted or a
 * map resized since, they come back into the map of that generation, with what packets write
 * meanwhile; what does not fit is warned of, and is no obstacle. A table that was replaced since is
 * the old table again. Return: 0; -ENOENT no such chain, or no such generation; -EBUSY.
 */
int el_chain_rollback(struct el_context *context, const char *device, enum edge_hook hook,
		      uint32_t generation, struct el_chain **out);
/* ---- differences */
enum el_difference_kind {
	EL_DIFFERENCE_ADDED,
	EL_DIFFERENCE_REMOVED,
	EL_DIFFERENCE_MOVED,	/* from and to: places, from 1 on */
	EL_DIFFERENCE_PARAMS,	/* as "a=1,b=2" */
	EL_DIFFERENCE_FUNCTION, /* another one under the same name */
	EL_DIFFERENCE_CODE,	/* the function's object is another one: digests */
	EL_DIFFERENCE_MODE,
	EL_DIFFERENCE_KEEP,
	EL_DIFFERENCE_MAP,    /* what is in a map, or its size */
	EL_DIFFERENCE_DRIFT,  /* what runs is not what edge-load left there */
	EL_DIFFERENCE_PLACE,  /* among other people's programs */
	EL_DIFFERENCE_CFLAGS, /* compiler flags of the function's source, separated by blanks */
};
const char *el_difference_name(enum el_difference_kind kind); /* "added", "parameters", … */

struct el_difference {
	enum el_difference_kind kind;
	const char *instance; /* "" where it is the chain's */
	const char *from, *to;
};

struct el_differences {
	struct el_difference *list;
	size_t count;
};

/* What becomes of the instances from one chain to another; NULL: no chain. */
int el_chain_diff(struct el_context *context, const struct el_chain_report *from,
		  const struct el_chain_report *to, struct el_differences **out);
void el_differences_free(struct el_differences *changes);

/* All chains, or those of @device. One that can't be read is among them (EL_STATE_UNREADABLE), and
 * keeps no other one from being read. @out is an array of @count, freed with el_chains_free(). */
int el_chains_open(struct el_context *context, const char *device, struct el_chain ***out,
		   size_t *count);
void el_chains_free(struct el_chain **chains, size_t count);

/* ---- what is attached, whoever did it */
struct el_attached {
	char device[16];
	int ifindex;
	enum edge_hook hook;
	enum el_mode mode;
	uint32_t place;		   /* from 1 on: packets pass those at one hook in this order; what
				    * libxdp's dispatcher calls (EL_MODE_SHARED), behind it */
	uint32_t id;		   /* of the program */
	uint32_t link_id;	   /* with EL_MODE_TCX; 0: attached without a link */
	uint32_t priority, handle; /* with EL_MODE_CLSACT */
	char name[64]; /* "" where it has none, or where only CAP_SYS_ADMIN may see it */
	char tag[17];  /* likewise */
	const struct el_chain *chain; /* whose it is; NULL: somebody else's */
};

/**
 * el_attached_list() - all BPF programs at XDP and at TC, of all devices or one
 * @chains: ours, as el_chains_open() found them; el_attached.chain points to them
 *
 * In the order of the devices' numbers, then by hook and place. Nothing is touched. Return: 0, or
 * an error.
 */
int el_attached_list(struct el_context *context, const char *device, struct el_chain *const *chains,
		     size_t chains_count, struct el_attached **out, size_t *count);
void el_attached_free(struct el_attached *list);

const char *el_hook_name(enum edge_hook hook); /* "xdp", "tc-ingress", "tc-egress" */
int el_hook_parse(const char *text, enum edge_hook *hook);
const char *el_mode_name(enum el_mode mode);
const char *el_order_name(enum el_order order);		   /* "any", "before", "after" */
const char *el_state_name(enum el_state state);		   /* "runs", "detached", "replaced", … */
const char *el_verdict_name(enum edge_verdict verdict);	   /* "next", "pass", … */
const char *el_map_change_name(enum el_map_change change); /* "kept", "converted", … */
const char *el_field_change_name(enum el_field_change change); /* "same", "widened", … */

/**
 * el_instance_parse() - read [NAME=]FUNCTION[:PARAM=VALUE,...,MAP.size=ENTRIES,...]
 * @text: is cut up, and must outlive @out, which points into it
 * @out: its params and maps are malloc'ed, the caller's to free
 *
 * What stands before the first = is the instance's name, if it is made of letters, digits, "_" and
 * "-" (so ./a=b.o is a path). The first : after it ends the function, of a path too. Parameters are
 * parted by the commas that stand in no braces or brackets; a value may hold anything else, : and =
 * included. Return: 0; -EINVAL.
 */
int el_instance_parse(struct el_context *context, char *text, struct el_instance_spec *out);
/* PARAM=VALUE, in place. */
int el_assignment_parse(struct el_context *context, char *text, struct el_assignment *out);

/* ---------------------------------------------------------------- manifest */

struct el_manifest; /* edge.yaml, read and checked */

/**
 * el_manifest_open() - read a manifest and check it as far as that goes without the kernel
 * @path: "-" is standard input; relative paths in the manifest are then relative to the current
 * folder, else to the manifest's
 *
 * Return: 0; -ENOENT; -EPERM others than its owner can write it, or it is neither root's nor the
 * caller's (EL_PRIVILEGE); -EINVAL with FILE:LINE:COLUMN in the error (EL_USAGE); -EFBIG.
 */
int el_manifest_open(struct el_context *context, const char *path, struct el_manifest **out);
void el_manifest_free(struct el_manifest *manifest);

/* ---- from a manifest to the machine */
enum el_action {
	EL_ACTION_NOTHING, /* it is as the manifest says */
	EL_ACTION_ATTACH,
	EL_ACTION_SWAP,
	EL_ACTION_DETACH, /* an earlier manifest had it */
	EL_ACTION_LEAVE,  /* in no manifest; attached by hand, or for el_plan_chain.why */
	EL_ACTION_WAIT,	  /* no device for it is there yet */
};
const char *el_action_name(enum el_action action); /* "nothing", "attach", … */

struct el_plan_chain {
	const char *device; /* with EL_ACTION_WAIT: how the manifest selects it */
	enum edge_hook hook;
	enum el_action action;
	uint32_t generation; /* the one that runs, before; 0: none */
	const char *
		why; /* with EL_ACTION_LEAVE: it can't be read, or is elsewhere, and why; or NULL */
	const struct el_differences *changes;
	const struct el_chain_report *report; /* with ATTACH and SWAP: as it was verified */
};

struct el_plan_info {
	size_t count;
	const struct el_plan_chain *chains;
	bool different; /* there is something to do */
	bool applied;
};

struct el_plan_generation {
	const char *device;
	enum edge_hook hook;
	uint32_t generation;
};

struct el_plan_options {
	bool apply; /* else nothing is changed */
	/* This device's chains alone, which has to be there; the manifest's others, and what runs
	 * elsewhere, are left as they are. NULL: all. */
	const char *device;
	/* Where @check_generation: each chain of the manifest must run as this generation (0: not
	 * at all), or it is a conflict. */
	bool check_generation;
	uint32_t generation;
	/* The same, of single chains, which the manifest has to mean; they go before @generation.
	 */
	const struct el_plan_generation *generations;
	size_t generations_count;
};

struct el_plan;

/**
 * el_plan_make() - what a manifest asks for and the machine does not have; and do it
 *
 * Every chain that is to change is fused and verified, whether it is to be applied or not. Applied
 * are all or none: each chain's change is one change of its link, and where one fails those before
 * it are taken back. Return: 0; what el_chain_attach() returns, the error naming FILE:LINE:COLUMN;
 * -EBUSY also a chain that is not of the generation asked for (EL_CONFLICT); -E2BIG a limit of the
 * manifest is exceeded.
 */
int el_plan_make(struct el_context *context, const struct el_manifest *manifest,
		 const struct el_plan_options *options, struct el_plan **out);
void el_plan_free(struct el_plan *plan);
const struct el_plan_info *el_plan_info(const struct el_plan *plan);

/* ---------------------------------------------------------------- counters */

struct el_reason_count {
	const char *name;
	uint64_t packets;
};

struct el_instance_counters {
	struct edge_count entered;		   /* packets that reached the instance */
	struct edge_count verdicts[EDGE_VERDICTS]; /* what it said of them */
	bool verdicts_known; /* false: a plain program that is only handed packets */
	struct el_reason_count reasons[EDGE_REASONS_MAX];
	size_t reasons_count;
};

struct el_counters {
	size_t count; /* of instances */
	struct el_instance_counters *instances;
};

/* Read a chain's counters: summed over the CPUs, and over the generations before this one. */
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
/* The paths of the maps below DEVICE[/HOOK[/INSTANCE]], or of all where @under is NULL. */
int el_maps_list(struct el_context *context, const char *under, char ***out, size_t *count);
void el_maps_list_free(char **paths, size_t count);

/**
 * el_map_get() - look one key up
 * @key: in the text form of the key's type
 * @out: the caller frees it. As text, the value; in JSON, the entry: {"key": …, "value": …}. Of a
 * per-CPU map, the value is what the CPUs sum up to where it is made of integers alone, else text
 * has the list of the CPUs' values, and JSON no value; "cpus": […] is beside it in JSON.
 *
 * In a prefix table, the entry is that of the longest prefix that holds the key, as for a packet.
 * Return: 0; -EINVAL the key can't be read as its type; -ENOENT no such key.
 */
int el_map_get(struct el_context *context, struct el_map *map, const char *key,
	       enum el_format format, char **out);
/* @value NULL: a value of zeroes (a set's member). Of a per-CPU map every CPU's value is set; of a
 * program's variables those that @value names. -ENOSPC: the map is full. */
int el_map_set(struct el_context *context, struct el_map *map, const char *key, const char *value);
int el_map_del(struct el_context *context, struct el_map *map, const char *key);
/* Call @entry with each entry, @value being what el_map_get() would give out; a non-zero return
 * ends the walk and is returned. */
int el_map_dump(struct el_context *context, struct el_map *map, enum el_format format,
		int (*entry)(void *data, const char *key, const char *value), void *data);
/**
 * el_map_load() - set a file's entries, in batches
 * @file: lines of KEY [VALUE]; blank lines and lines that begin with # are passed over; "-" is
 * standard input
 * @loaded: how many entries were set
 *
 * The whole file is read and checked first: one bad line, or more new entries than there is room
 * for, and nothing is changed. Return: 0; -EINVAL with FILE:LINE in the error; -ENOSPC the map is
 * too small.
 */
int el_map_load(struct el_context *context, struct el_map *map, const char *file, size_t *loaded);
/**
 * el_maps_save() - maps into a text that people can read and edit
 * @path: DEVICE[/HOOK[/INSTANCE[/MAP]]]
 * @file: replaced as a whole; "-" is standard output
 * @count: how many maps there were
 *
 * A section [INSTANCE/MAP] for each, named by what leads to it from @path, with lines as
 * el_map_load() reads them; of a per-CPU map a line has the list of all CPUs' values, and a
 * program's variables stand there by name. What holds no text is left out, with a comment.
 */
int el_maps_save(struct el_context *context, const char *path, const char *file, size_t *count);
/* Set what such a file holds, below @path; other entries stay. By names: a field or variable that
 * the file leaves out is zero, or stays. The whole file is checked first: on an error, FILE:LINE,
 * nothing is changed. @count: entries. */
int el_maps_restore(struct el_context *context, const char *path, const char *file, size_t *count);
/* Delete every entry, or set an array's to zero; @deleted: how many. */
int el_map_flush(struct el_context *context, struct el_map *map, size_t *deleted);
/**
 * el_map_replace() - a table as a whole, at once
 * @file: as for el_map_load()
 *
 * A new map, filled from the file, takes the old one's place with the chain's next generation: a
 * packet sees all of the old table or all of the new one. Return: as el_map_load() and
 * el_chain_set_params(); on failure the old one is untouched.
 */
int el_map_replace(struct el_context *context, const char *path, const char *file,
		   struct el_chain **out);
/* Another max_entries, and no entry lost: a new map with the old one's entries, in the same way.
 * It stays so over later swaps. -ENOSPC: it holds more (EL_CONFLICT). */
int el_map_resize(struct el_context *context, const char *path, uint32_t entries,
		  struct el_chain **out);
/*
 * Follow a ring buffer or a perf event array: call @event with each record until it returns
 * non-zero, or @timeout_ms (-1: no limit) pass without a record. Where the map's path comes to mean
 * another map (a swap, a resize, a rollback), that is followed, a warning given. A perf event
 * array's records go to one reader only: to this one, until it ends.
 *
 * Return: 0; what @event returned; -ENOENT the map is gone, or its chain was detached
 * (EL_NOT_FOUND); -EINVAL the map has no records (EL_USAGE).
 */
int el_map_follow(struct el_context *context, struct el_map *map, enum el_format format,
		  int timeout_ms, int (*event)(void *data, const char *value), void *data);

/* ---------------------------------------------------------------- the machine */

struct el_feature {
	const char *name;  /* "XDP link", "TCX", "LLVM", … */
	const char *state; /* what was found: "yes", "no", "6.18.0", "/sys/fs/bpf" */
	bool good;
	bool needed;	   /* nothing works without it */
	enum el_kind kind; /* what kind of failure its lack is */
	char note[512];	   /* what follows from it, and what to do */
};

int el_features_probe(struct el_context *context, struct el_feature **out, size_t *count);
void el_features_free(struct el_feature *features);

#endif
