// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The whole: modules linked into one, closed against the outside, optimised and emitted as a BPF
 * object.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <llvm-c/Linker.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "fuse_child.h"

/*
 * What a program returns, as the kernel sees it: the low 32 bits of its register. A narrower type
 * is extended as clang extends it, by its sign or not.
 */
static LLVMValueRef to_action(const struct fuse *fuse, LLVMBuilderRef builder, LLVMValueRef program,
			      LLVMValueRef returned)
{
	unsigned kind = LLVMGetEnumAttributeKindForName("signext", 7);
	bool is_signed = LLVMGetEnumAttributeAtIndex(program, LLVMAttributeReturnIndex, kind);

	return LLVMBuildIntCast2(builder, returned, LLVMInt32TypeInContext(fuse->context),
				 is_signed, "");
}

/*
 * edge_instance_N(pkt) of an ordinary program: the program gets the hook's context, and what it
 * returns becomes a verdict.
 */
static void wrap_plain(struct fuse *fuse, LLVMValueRef program, const char *wrapper_name)
{
	LLVMValueRef wrapper = LLVMGetNamedFunction(fuse->chain, wrapper_name);
	LLVMValueRef context = LLVMGetNamedFunction(fuse->chain, "edge_plain_ctx");
	LLVMValueRef verdict = LLVMGetNamedFunction(
		fuse->chain, json_string_value(json_object_get(fuse->request, "plain")));
	LLVMTypeRef type = LLVMGlobalGetValueType(program), parameter;
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(fuse->context);
	LLVMValueRef pkt = LLVMGetParam(wrapper, 0), arguments[2];

	if (LLVMCountParamTypes(type) != 1 ||
	    LLVMGetTypeKind(LLVMGetReturnType(type)) != LLVMIntegerTypeKind)
		refuse(fuse, EL_FUSE_KIND_OTHER, "%s does not look like int program(context)",
		       LLVMGetValueName(program));
	LLVMPositionBuilderAtEnd(builder,
				 LLVMAppendBasicBlockInContext(fuse->context, wrapper, "entry"));
	arguments[0] =
		LLVMBuildCall2(builder, LLVMGlobalGetValueType(context), context, &pkt, 1, "");
	LLVMGetParamTypes(type, &parameter);
	arguments[0] = LLVMBuildPointerCast(builder, arguments[0], parameter, "");
	arguments[1] = LLVMBuildCall2(builder, type, program, arguments, 1, "");
	arguments[1] = to_action(fuse, builder, program, arguments[1]);
	arguments[0] = pkt;
	LLVMBuildRet(builder, LLVMBuildCall2(builder, LLVMGlobalGetValueType(verdict), verdict,
					     arguments, 2, ""));
	LLVMDisposeBuilder(builder);
}

void link_instance(struct fuse *fuse, json_t *instance, size_t slot)
{
	int number = (int)json_integer_value(json_object_get(instance, "number"));
	int descriptor = (int)json_integer_value(json_object_get(instance, "descriptor"));
	const char *symbol = json_string_value(json_object_get(instance, "symbol"));
	bool plain = json_is_true(json_object_get(instance, "plain"));
	LLVMModuleRef module;
	LLVMValueRef function;
	char name[64], body[64];

	blame(fuse, number);
	module = read_module(fuse, descriptor);
	function = LLVMGetNamedFunction(module, symbol);
	if (!function || LLVMIsDeclaration(function))
		refuse(fuse, EL_FUSE_KIND_BITCODE, "no %s in the bitcode", symbol);
	drop_used_lists(module);
	drop_programs(module, symbol);
	drop_globals(module);
	set_constants(fuse, module, json_object_get(fuse->request, "constants"));
	set_constants(fuse, module, json_object_get(instance, "params"));
	if (plain && !json_is_true(json_object_get(instance, "last")))
		check_goes_on(fuse, module);
	rename_module(module, number);
	snprintf(name, sizeof(name), "edge_instance_%zu", slot);
	snprintf(body, sizeof(body), plain ? "edge_plain_%zu" : "edge_instance_%zu", slot);
	LLVMSetValueName2(function, body, strlen(body));
	LLVMSetLinkage(function, LLVMExternalLinkage);
	make_inline(fuse->context, function);
	if (LLVMLinkModules2(fuse->chain, module))
		refuse(fuse, EL_FUSE_KIND_BITCODE, "%s", fuse->diagnostic);
	if (plain)
		wrap_plain(fuse, LLVMGetNamedFunction(fuse->chain, body), name);
	blame(fuse, -1);
}

static void set_flag(const struct fuse *fuse, const char *name, unsigned value)
{
	LLVMValueRef number = LLVMConstInt(LLVMInt32TypeInContext(fuse->context), value, 0);

	LLVMAddModuleFlag(fuse->chain, LLVMModuleFlagBehaviorOverride, name, strlen(name),
			  LLVMValueAsMetadata(number));
}

/*
 * Everything is linked into a module of our own, whose flags override what the others say of debug
 * information: the kernel wants BTF alone, which the BPF back end makes of the same metadata. No
 * DWARF saves a tenth of the time, and a crash that LLVM 19 has on some mixtures of modules.
 * (AsmPrinter::doInitialization(): CodeView without DWARF is Windows' business, so none of the two
 * is made.)
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
	if (LLVMLinkModules2(fuse->chain, entries))
		refuse(fuse, EL_FUSE_KIND_OTHER, "chain.bpf.o: %s", fuse->diagnostic);
}

static bool starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

/* Only the entry, maps, written data, metadata and the licence are seen from outside; the rest may
 * be inlined away. */
void close_chain(struct fuse *fuse, const char *entry)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(fuse->chain); f; f = LLVMGetNextFunction(f)) {
		const char *name = LLVMGetValueName(f);

		if (LLVMIsDeclaration(f) || !strcmp(name, entry))
			continue;
		LLVMSetLinkage(f, LLVMInternalLinkage);
		if (starts_with(name, "edge_instance_"))
			make_inline(fuse->context, f);
	}
	for (LLVMValueRef g = LLVMGetFirstGlobal(fuse->chain); g; g = LLVMGetNextGlobal(g)) {
		if (!LLVMGetInitializer(g) || !LLVMIsGlobalConstant(g) ||
		    starts_with(LLVMGetValueName(g), "bpf_metadata_"))
			continue;
		LLVMSetLinkage(g, LLVMInternalLinkage);
		LLVMSetSection(g, ".rodata");
		make_loads_plain(g);
	}
}

void optimise(struct fuse *fuse)
{
	LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
	LLVMErrorRef error =
		LLVMRunPasses(fuse->chain, "globaldce,default<O2>", fuse->machine, options);

	if (error)
		refuse(fuse, EL_FUSE_KIND_OTHER, "optimiser: %s", LLVMGetErrorMessage(error));
	LLVMDisposePassBuilderOptions(options);
}

void emit(struct fuse *fuse)
{
	LLVMMemoryBufferRef object;
	char *error = NULL;
	const char *bytes;
	size_t size;

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
