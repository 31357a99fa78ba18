// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The whole chain: link all modules into a single module, close it against the outside,
 * optimise it and emit a BPF object.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <llvm-c/Linker.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "fuse/child.h"

static LLVMValueRef call(LLVMBuilderRef builder, LLVMValueRef function, LLVMValueRef *arguments,
			 unsigned count)
{
	return LLVMBuildCall2(builder, LLVMGlobalGetValueType(function), function, arguments, count,
			      "");
}

/* Begin the body of @function, which has none. Return: a builder at its start. */
static LLVMBuilderRef begin_body(const struct fuse *fuse, LLVMValueRef function)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(fuse->context);

	LLVMPositionBuilderAtEnd(builder,
				 LLVMAppendBasicBlockInContext(fuse->context, function, "entry"));
	return builder;
}

/*
 * Write edge_instance_N(pkt) for a plain program: it calls the program with the hook's context,
 * through edge_plain_call_N(), and turns the return value into a verdict.
 */
static void wrap_plain(struct fuse *fuse, size_t slot)
{
	LLVMValueRef context = LLVMGetNamedFunction(fuse->chain, "edge_plain_ctx");
	LLVMValueRef verdict = LLVMGetNamedFunction(
		fuse->chain, json_string_value(json_object_get(fuse->request, "plain")));
	LLVMTypeRef parameter = LLVMGetReturnType(LLVMGlobalGetValueType(context));
	LLVMTypeRef type =
		LLVMFunctionType(LLVMInt32TypeInContext(fuse->context), &parameter, 1, 0);
	LLVMValueRef wrapper, arguments[2], action;
	LLVMBuilderRef builder;
	char name[32];

	snprintf(name, sizeof(name), "edge_instance_%zu", slot);
	wrapper = LLVMGetNamedFunction(fuse->chain, name);
	builder = begin_body(fuse, wrapper);
	arguments[0] = LLVMGetParam(wrapper, 0);
	action = call(builder, context, arguments, 1);
	snprintf(name, sizeof(name), "edge_plain_call_%zu", slot);
	arguments[1] = call(builder, LLVMAddFunction(fuse->chain, name, type), &action, 1);
	LLVMBuildRet(builder, call(builder, verdict, arguments, 2));
	LLVMDisposeBuilder(builder);
}

/*
 * Write int edge_plain_call_N(context), after the program edge_plain_N() was linked. It returns the
 * low 32 bits of the program's return value, as the kernel sees them. A narrower type is extended
 * as clang extends it, with or without sign.
 */
static void call_plain(struct fuse *fuse, size_t slot)
{
	unsigned kind = LLVMGetEnumAttributeKindForName("signext", 7);
	LLVMValueRef program, caller, argument = NULL, returned;
	LLVMBuilderRef builder;
	LLVMTypeRef parameter = NULL;
	char name[32];

	snprintf(name, sizeof(name), "edge_plain_call_%zu", slot);
	caller = LLVMGetNamedFunction(fuse->chain, name);
	snprintf(name, sizeof(name), "edge_plain_%zu", slot);
	program = LLVMGetNamedFunction(fuse->chain, name);
	if (!caller)
		return; /* no packet reaches the program */
	builder = begin_body(fuse, caller);
	LLVMGetParamTypes(LLVMGlobalGetValueType(program), &parameter);
	if (parameter)
		argument = LLVMBuildPointerCast(builder, LLVMGetParam(caller, 0), parameter, "");
	returned = call(builder, program, &argument, argument != NULL);
	returned = LLVMBuildIntCast2(
		builder, returned, LLVMInt32TypeInContext(fuse->context),
		LLVMGetEnumAttributeAtIndex(program, LLVMAttributeReturnIndex, kind) != NULL, "");
	LLVMBuildRet(builder, returned);
	LLVMDisposeBuilder(builder);
	make_inline(fuse->context, caller);
}

/* The version given as -mcpu=. Without the option, clang 14 to 19 compile for v1. */
static unsigned cpu_of(LLVMValueRef function)
{
	LLVMAttributeRef attribute = LLVMGetStringAttributeAtIndex(
		function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, "target-cpu", 10);
	unsigned length = 0;
	const char *value = attribute ? LLVMGetStringAttributeValue(attribute, &length) : "";

	if (length == 2 && value[0] == 'v' && value[1] >= '1' && value[1] <= '3')
		return (unsigned)(value[1] - '0');
	return length ? 3 : 1;
}

/* Accept int program(context), and int program(void), which the kernel also calls with the
 * context. */
static void check_signature(struct fuse *fuse, LLVMValueRef program)
{
	LLVMTypeRef type = LLVMGlobalGetValueType(program);

	if (LLVMCountParamTypes(type) > 1 ||
	    LLVMGetTypeKind(LLVMGetReturnType(type)) != LLVMIntegerTypeKind)
		refuse(fuse, EL_FUSE_KIND_OTHER, "%s() does not look like int program(context)",
		       LLVMGetValueName(program));
}

static void link_module(struct fuse *fuse, LLVMModuleRef module)
{
	if (LLVMLinkModules2(fuse->chain, module))
		refuse(fuse, EL_FUSE_KIND_BITCODE, "%s", fuse->diagnostic);
}

static void link_plain(struct fuse *fuse, LLVMModuleRef module, LLVMValueRef program, size_t slot)
{
	unsigned cpu = cpu_of(program);
	char name[32];

	if (fuse->own_cpu && cpu < fuse->cpu)
		fuse->cpu = cpu;
	snprintf(name, sizeof(name), "edge_plain_%zu", slot);
	LLVMSetValueName2(program, name, strlen(name));
	wrap_plain(fuse, slot);
	if (fuse->apart) {
		fuse->late[slot] = module;
		return;
	}
	link_module(fuse, module);
	call_plain(fuse, slot);
}

static void link_function(struct fuse *fuse, LLVMModuleRef module, LLVMValueRef function,
			  size_t slot)
{
	char name[32];

	snprintf(name, sizeof(name), "edge_instance_%zu", slot);
	LLVMSetValueName2(function, name, strlen(name));
	link_module(fuse, module);
}

/* Call void @NAME(pkt, slot) of chain.bpf.c, with the arguments. */
static void call_counter(const struct fuse *fuse, LLVMBuilderRef builder, const char *name,
			 LLVMValueRef arguments[2])
{
	LLVMValueRef counter = LLVMGetNamedFunction(fuse->chain, name);

	LLVMBuildCall2(builder, LLVMGlobalGetValueType(counter), counter, arguments, 2, "");
}

/*
 * Wrap an instance that may leave by a tail call: the body of edge_instance_N() becomes a function
 * of its own, and the new edge_instance_N() counts the packet, calls the body, and takes the count
 * back.
 */
static void wrap_leaving(struct fuse *fuse, const char *name, size_t slot)
{
	LLVMValueRef body = LLVMGetNamedFunction(fuse->chain, name), wrapper, verdict;
	LLVMValueRef arguments[2] = {NULL,
				     LLVMConstInt(LLVMInt32TypeInContext(fuse->context), slot, 0)};
	LLVMTypeRef type = LLVMGlobalGetValueType(body);
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(fuse->context);
	char inner[64];

	snprintf(inner, sizeof(inner), "edge_leaving_%zu", slot);
	LLVMSetValueName2(body, inner, strlen(inner));
	wrapper = LLVMAddFunction(fuse->chain, name, type);
	LLVMReplaceAllUsesWith(body, wrapper);
	make_inline(fuse->context, body);
	LLVMPositionBuilderAtEnd(builder,
				 LLVMAppendBasicBlockInContext(fuse->context, wrapper, "entry"));
	arguments[0] = LLVMGetParam(wrapper, 0);
	call_counter(fuse, builder, "edge_leaves", arguments);
	verdict = LLVMBuildCall2(builder, type, body, arguments, 1, "");
	call_counter(fuse, builder, "edge_comes_back", arguments);
	LLVMBuildRet(builder, verdict);
	LLVMDisposeBuilder(builder);
}

void link_instance(struct fuse *fuse, json_t *instance, size_t slot)
{
	int number = (int)json_integer_value(json_object_get(instance, "number"));
	int descriptor = (int)json_integer_value(json_object_get(instance, "descriptor"));
	const char *symbol = json_string_value(json_object_get(instance, "symbol"));
	bool plain = json_is_true(json_object_get(instance, "plain"));
	LLVMModuleRef module;
	const struct numbers numbers = {
		.number = number,
		.owner = (int)json_integer_value(json_object_get(instance, "owner")),
		.joined = json_is_true(json_object_get(instance, "joined")),
	};
	LLVMValueRef function, leaves;
	char name[32];

	blame(fuse, number);
	module = read_modules(fuse, descriptor, symbol);
	function = LLVMGetNamedFunction(module, symbol);
	if (!function || LLVMIsDeclaration(function))
		refuse(fuse, EL_FUSE_KIND_BITCODE, "no %s in the bitcode", symbol);
	set_constants(fuse, module, json_object_get(fuse->request, "constants"));
	set_constants(fuse, module, json_object_get(instance, "params"));
	leaves = leaving_function(module, function);
	if (leaves && !json_is_true(json_object_get(instance, "last")))
		refuse(fuse, EL_FUSE_KIND_TAIL_CALL, "%s() ends in a tail call of its own",
		       LLVMGetValueName(leaves));
	make_optimisable(fuse, module);
	check_inlinable(fuse, module, function);
	if (plain)
		check_signature(fuse, function);
	rename_module(module, &numbers);
	use_tables(fuse, instance, module);
	LLVMSetLinkage(function, LLVMExternalLinkage);
	make_inline(fuse->context, function);
	if (plain)
		link_plain(fuse, module, function, slot);
	else
		link_function(fuse, module, function, slot);
	link_tables(fuse, instance);
	snprintf(name, sizeof(name), "edge_instance_%zu", slot);
	if (leaves)
		wrap_leaving(fuse, name, slot);
	blame(fuse, -1);
}

static void set_flag(const struct fuse *fuse, const char *name, unsigned value)
{
	LLVMValueRef number = LLVMConstInt(LLVMInt32TypeInContext(fuse->context), value, 0);

	LLVMAddModuleFlag(fuse->chain, LLVMModuleFlagBehaviorOverride, name, strlen(name),
			  LLVMValueAsMetadata(number));
}

/*
 * Link everything into a module of our own, whose flags override the debug flags of the other
 * modules: the kernel needs only BTF, which the BPF back end makes from the same metadata. Without
 * DWARF, the compiler takes a tenth less time and avoids a crash of LLVM 19 on some mixtures of
 * modules. (AsmPrinter::doInitialization(): CodeView without DWARF is only for Windows, so neither
 * is generated.)
 */
void prepare_chain(struct fuse *fuse, const char *entry)
{
	LLVMModuleRef entries = read_module(fuse, EL_FUSE_CHAIN);

	fuse->chain = LLVMModuleCreateWithNameInContext("chain", fuse->context);
	LLVMSetTarget(fuse->chain, LLVMGetTarget(entries));
	LLVMSetModuleDataLayout(fuse->chain, fuse->layout);
	set_flag(fuse, "Dwarf Version", 0);
	set_flag(fuse, "CodeView", 1);
	drop_used_lists(entries);
	drop_programs(entries, entry);
	set_constants(fuse, entries, json_object_get(fuse->request, "constants"));
	make_optimisable(fuse, entries);
	share_device(entries);
	if (LLVMLinkModules2(fuse->chain, entries))
		refuse(fuse, EL_FUSE_KIND_OTHER, "chain.bpf.o: %s", fuse->diagnostic);
}

static bool starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

void close_chain(struct fuse *fuse, const char *entry)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(fuse->chain); f; f = LLVMGetNextFunction(f)) {
		const char *name = LLVMGetValueName(f);

		if (LLVMIsDeclaration(f) || !strcmp(name, entry))
			continue;
		/* LinkOnceODR: removed if it is not called, and its arguments stay unchanged. */
		LLVMSetLinkage(f, is_subprogram(f) ? LLVMLinkOnceODRLinkage : LLVMInternalLinkage);
		if (starts_with(name, "edge_instance_"))
			make_inline(fuse->context, f);
	}
	for (LLVMValueRef g = LLVMGetFirstGlobal(fuse->chain); g; g = LLVMGetNextGlobal(g)) {
		if (!LLVMGetInitializer(g) || !LLVMIsGlobalConstant(g) || is_of_device(g) ||
		    starts_with(LLVMGetValueName(g), "bpf_metadata_"))
			continue;
		LLVMSetLinkage(g, LLVMInternalLinkage);
		LLVMSetSection(g, ".rodata");
		make_loads_plain(g);
	}
}

static void run_passes(struct fuse *fuse, const char *passes)
{
	LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
	LLVMErrorRef error = LLVMRunPasses(fuse->chain, passes, fuse->machine, options);

	if (error)
		refuse(fuse, EL_FUSE_KIND_OTHER, "optimiser: %s", LLVMGetErrorMessage(error));
	LLVMDisposePassBuilderOptions(options);
}

/*
 * clang -O2 has optimised the instances already, so a part of its passes is enough. Parameters are
 * constants now and all instances are one function, so unused functions are removed, bodies are
 * inlined, and each pass that propagates constants, removes repeated tests or rearranges branches
 * runs once. Of default<O2>, these are the passes that change a chain (in the order of LLVM 14's
 * buildFunctionSimplificationPipeline()); its loop passes and the rounds before inlining are
 * omitted. For ten of the shipped instances, this takes half the time, and the code is as good.
 */
#define PASSES_FUNCTION                                                             \
	"sroa,early-cse<memssa>,jump-threading,correlated-propagation,simplifycfg," \
	"instcombine,reassociate,gvn,sccp,bdce,instcombine,jump-threading,"         \
	"correlated-propagation,adce,memcpyopt,dse,simplifycfg,instcombine"
#define PASSES                                                                              \
	"globaldce,always-inline,globaldce,ipsccp,globalopt,function(" PASSES_FUNCTION ")," \
	"globaldce"

void optimise(struct fuse *fuse)
{
	run_passes(fuse, fuse->all_passes ? "globaldce,default<O2>" : PASSES);
}

void link_late(struct fuse *fuse)
{
	const char *entry = json_string_value(json_object_get(fuse->request, "entry"));

	if (!fuse->apart)
		return;
	for (size_t slot = 0; slot < EDGE_INSTANCES_MAX; slot++) {
		if (!fuse->late[slot])
			continue;
		link_module(fuse, fuse->late[slot]);
		call_plain(fuse, slot);
	}
	close_chain(fuse, entry);
	run_passes(fuse, "always-inline,globaldce");
}

/* Definitions that were weak for the linking of modules become ordinary definitions in the
 * object. */
static void settle_globals(const struct fuse *fuse)
{
	for (LLVMValueRef g = LLVMGetFirstGlobal(fuse->chain); g; g = LLVMGetNextGlobal(g))
		if (LLVMGetLinkage(g) == LLVMWeakAnyLinkage ||
		    LLVMGetLinkage(g) == LLVMLinkOnceAnyLinkage)
			LLVMSetLinkage(g, LLVMExternalLinkage);
	for (LLVMValueRef f = LLVMGetFirstFunction(fuse->chain); f; f = LLVMGetNextFunction(f))
		if (is_subprogram(f))
			LLVMSetLinkage(f, LLVMExternalLinkage);
}

void emit(struct fuse *fuse)
{
	LLVMMemoryBufferRef object;
	char *error = NULL;
	const char *bytes;
	size_t size;

	settle_globals(fuse);
	if (LLVMTargetMachineEmitToMemoryBuffer(fuse->machine, fuse->chain, LLVMObjectFile, &error,
						&object))
		refuse(fuse, EL_FUSE_KIND_OTHER, "code generator: %s", error);
	if (fuse->stack_exceeded)
		refuse(fuse, EL_FUSE_KIND_STACK, "%s", fuse->diagnostic);
	if (*fuse->diagnostic)
		refuse(fuse, EL_FUSE_KIND_OTHER, "code generator: %s", fuse->diagnostic);
	bytes = LLVMGetBufferStart(object);
	size = LLVMGetBufferSize(object);
	for (ssize_t done; size; bytes += done, size -= (size_t)done) {
		done = write(EL_FUSE_OBJECT, bytes, size);
		if (done <= 0)
			refuse(fuse, EL_FUSE_KIND_OTHER, "write: %s", strerror(errno));
	}
}
