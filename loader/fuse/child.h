/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_FUSE_CHILD_H
#define EL_FUSE_CHILD_H
/*
 * Inside edge-load-fuse: what its files share. child.c answers and confines,
 * child_read.c reads bitcode, child_module.c makes one module ready, child_chain.c
 * links, optimises and emits the whole, child_check.c looks at the result.
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
	LLVMModuleRef chain; /* what everything is linked into */
	LLVMTargetRef target;
	LLVMTargetMachineRef machine;
	LLVMTargetDataRef layout;
	json_t *request;
	bool all_passes; /* of -O2; also where an instance was compiled with -O0 */
	bool apart;	 /* plain programs are inlined after the optimiser has run */
	bool own_cpu;	 /* code for the oldest CPU that a plain program was compiled for */
	unsigned cpu;	 /* the oldest so far: its version */
	LLVMModuleRef late[EDGE_INSTANCES_MAX]; /* by slot: plain programs that are linked later */
	int instance;				/* the one at hand, or -1: who is to blame */
	bool stack_exceeded;			/* the backend said so */
	char diagnostic[512];
};

/* ---- child.c */
/* Write the answer and go: there is nothing in this process to clean up. */
void refuse(const struct fuse *fuse, const char *kind, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));
/* Until the instance at hand is linked, this is the answer: a crash of LLVM then names who caused
 * it. -1: nobody. */
void blame(struct fuse *fuse, int instance);

/* For `-mcpu=v@version`. */
void choose_machine(struct fuse *fuse, unsigned version);

/* ---- child_read.c */
/* LLVM's words, kept for the answer. */
void on_diagnostic(LLVMDiagnosticInfoRef info, void *data);
LLVMModuleRef read_module(struct fuse *fuse, int descriptor);
/* An object that others were linked into (bpftool gen object) has the bitcode of each, one after
 * the other; all of them are linked into one module, without what the program @keep does not need.
 */
LLVMModuleRef read_modules(struct fuse *fuse, int descriptor, const char *keep);
bool is_map(LLVMValueRef global);

/* ---- child_module.c */
/* Set variables, from {"name": "bytes in hexadecimal"}, in the module that has them. */
void set_constants(const struct fuse *fuse, LLVMModuleRef module, json_t *values);
/* The loads of a `const volatile` variable may be folded now: nobody will change it any more. */
void make_loads_plain(LLVMValueRef value);
/* The section of what the chain does not need. */
#define LEFT_BEHIND ".edge.left"
const char *section_of(LLVMValueRef global);
/* What libbpf's SEC() and the notes' attributes kept alive is to live on by being used, or not at
 * all. */
void drop_used_lists(LLVMModuleRef module);
/* Programs other than @keep: entries of the other hook, of the object by itself, of its neighbours
 * in the file. */
void drop_programs(LLVMModuleRef module, const char *keep);
/* Licence and notes have been read by the loader; the SDK's own maps belong to the chain. */
void drop_globals(LLVMModuleRef module);
/* Undo what would keep the optimiser from a function that was compiled with -O0, and have it keep
 * what follows a NULL pointer. */
void make_optimisable(struct fuse *fuse, LLVMModuleRef module);
/* Give every global the instance's number, and its place; maps and writable data those of the
 * instance that owns them, which are merged where several have them. */
struct numbers {
	int number, owner;
	bool joined;
};
void rename_module(LLVMModuleRef module, const struct numbers *numbers);
/* A function of the SDK's that the chain has once, and that is not inlined. */
#define EDGE_SUBPROGRAMS "edge_sub_"
bool is_subprogram(LLVMValueRef function);
void make_inline(LLVMContextRef context, LLVMValueRef function);

/* ---- child_chain.c */
void prepare_chain(struct fuse *fuse, const char *entry);
/* @slot: its place in the program; its place in the chain is in @instance. */
void link_instance(struct fuse *fuse, json_t *instance, size_t slot);
/* The plain programs that the optimiser was not to see, as clang has compiled them. */
void link_late(struct fuse *fuse);
/* Only the entry, maps, written data, metadata and the licence are seen from outside. */
void close_chain(struct fuse *fuse, const char *entry);
void optimise(struct fuse *fuse);
void emit(struct fuse *fuse);

/* ---- child_check.c */
void check_supported(struct fuse *fuse);
void check_defined(struct fuse *fuse);
/* The function that @program is or uses and that makes a tail call of its own, from which packets
 * do not come back; or NULL. */
LLVMValueRef leaving_function(LLVMModuleRef module, LLVMValueRef program);
/* A naked program's code, and an exit in assembly, would end the whole chain where it is inlined.
 */
void check_inlinable(struct fuse *fuse, LLVMModuleRef module, LLVMValueRef program);
void separate_pointer_tests(struct fuse *fuse);

#endif
