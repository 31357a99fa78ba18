/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_FUSE_CHILD_H
#define EL_FUSE_CHILD_H
/*
 * The declarations that the files of edge-load-fuse share. child.c answers and confines,
 * child_read.c reads bitcode, child_module.c prepares one module, child_chain.c links, optimises
 * and emits the whole chain, child_check.c checks the result.
 */
#include <stdbool.h>

#include <jansson.h>
#include <llvm-c/Core.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>

#include "../../bpf/edge/abi.h"
#include "fuse/protocol.h"

struct fuse {
	LLVMContextRef context;
	LLVMModuleRef chain; /* the module that receives all others */
	LLVMTargetRef target;
	LLVMTargetMachineRef machine;
	LLVMTargetDataRef layout;
	json_t *request;
	bool all_passes; /* all passes of -O2; set for an instance compiled with -O0 */
	bool apart;	 /* plain programs are inlined after the optimiser has run */
	bool own_cpu;	 /* code for the oldest CPU that a plain program was compiled for */
	unsigned cpu;	 /* version of the oldest CPU so far */
	LLVMModuleRef late[EDGE_INSTANCES_MAX]; /* by slot: plain programs that are linked later */
	int instance;				/* a crash is blamed on it; or -1 */
	bool stack_exceeded;			/* reported by the backend */
	char diagnostic[512];
};

/* ---- child.c */
/* Write a refusal as the answer and exit; the process has no state to clean up. */
void refuse(const struct fuse *fuse, const char *kind, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));
/* Until @instance is linked, the answer blames it, so that a crash of LLVM names the
 * instance. -1: no instance. */
void blame(struct fuse *fuse, int instance);

/* Choose the code generator for `-mcpu=v@version`. */
void choose_machine(struct fuse *fuse, unsigned version);

/* ---- child_read.c */
/* Keep the text of an LLVM error for the answer. */
void on_diagnostic(LLVMDiagnosticInfoRef info, void *data);
LLVMModuleRef read_module(struct fuse *fuse, int descriptor);
/* Read all modules of an object. An object that was linked from others (bpftool gen object) has the
 * bitcode of each in sequence; all are linked into one module, without the parts that the program
 * @keep does not need. */
LLVMModuleRef read_modules(struct fuse *fuse, int descriptor, const char *keep);
bool is_map(LLVMValueRef global);

/* ---- child_module.c */
/* Set variables of @module, from {"name": "bytes in hexadecimal"}. */
void set_constants(const struct fuse *fuse, LLVMModuleRef module, json_t *values);
/* Make loads of a `const volatile` variable foldable, because its value is final now. */
void make_loads_plain(LLVMValueRef value);
/* The section for the parts of a module that the chain does not need. */
#define LEFT_BEHIND ".edge.left"
const char *section_of(LLVMValueRef global);
/* Delete the lists by which libbpf's SEC() and the attributes of notes keep symbols alive. Then a
 * symbol stays only if it is used. */
void drop_used_lists(LLVMModuleRef module);
/* Leave out all programs other than @keep: the entries of the other hook, of the unmodified object,
 * and of other functions in the file. */
void drop_programs(LLVMModuleRef module, const char *keep);
/* Leave out the licence and the notes, which the loader has read, and the SDK's own maps, which
 * belong to the chain. */
void drop_globals(LLVMModuleRef module);
/* Remove the attributes of -O0 that keep the optimiser from a function, and keep the code
 * that follows a NULL pointer. */
void make_optimisable(struct fuse *fuse, LLVMModuleRef module);
/* Rename every global by the instance's number and move it to its section. Maps and writable data
 * get the number of the owning instance; if several instances share them, they are merged. */
struct numbers {
	int number, owner;
	bool joined;
};
void rename_module(LLVMModuleRef module, const struct numbers *numbers);
bool is_of_device(LLVMValueRef global);
void share_device(LLVMModuleRef module);
/* The prefix of SDK functions that a chain has once and does not inline. */
#define EDGE_SUBPROGRAMS "edge_sub_"
bool is_subprogram(LLVMValueRef function);
void make_inline(LLVMContextRef context, LLVMValueRef function);

/* ---- child_chain.c */
void prepare_chain(struct fuse *fuse, const char *entry);
/* @slot: the place in this program; @instance has the place in the chain. */
void link_instance(struct fuse *fuse, json_t *instance, size_t slot);
/* Link the plain programs that the optimiser must not change, as clang compiled them. */
void link_late(struct fuse *fuse);
/* Make all symbols internal except the entry, maps, written data, metadata and the licence. */
void close_chain(struct fuse *fuse, const char *entry);
void optimise(struct fuse *fuse);
void emit(struct fuse *fuse);

/* ---- child_table.c */
/* Replace the look-ups of an instance's maps that are tables, before and after it is linked. */
void use_tables(struct fuse *fuse, json_t *instance, LLVMModuleRef module);
void link_tables(struct fuse *fuse, json_t *instance);

/* ---- child_check.c */
void check_supported(struct fuse *fuse);
void check_defined(struct fuse *fuse);
/* Find a tail call that @program makes itself; packets do not return from it. Return: the function
 * with the tail call (@program or a function that it uses), or NULL. */
LLVMValueRef leaving_function(LLVMModuleRef module, LLVMValueRef program);
/* Refuse a naked program and an exit in assembly: inlined, either would end the whole chain. */
void check_inlinable(struct fuse *fuse, LLVMModuleRef module, LLVMValueRef program);
void separate_pointer_tests(struct fuse *fuse);

#endif
