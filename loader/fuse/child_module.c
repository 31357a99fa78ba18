// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Prepare one module for the chain: set its parameters, leave out the parts that the chain does not
 * need, and make every name unique to the instance.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuse/child.h"

/* ---------------------------------------------------------------- constants */

/* Build a constant of @type from bytes in memory, little endian like BPF on x86 and arm64. */
static LLVMValueRef constant_of(const struct fuse *fuse, LLVMTypeRef type, const uint8_t *bytes)
{
	size_t count, size = LLVMABISizeOfType(fuse->layout, type);
	LLVMValueRef *parts, whole;
	uint64_t word = 0;

	switch (LLVMGetTypeKind(type)) {
	case LLVMIntegerTypeKind:
		memcpy(&word, bytes, size < sizeof(word) ? size : sizeof(word));
		return LLVMConstInt(type, word, 0);
	case LLVMArrayTypeKind:
		count = LLVMGetArrayLength(type);
		parts = calloc(count + 1, sizeof(*parts));
		for (size_t i = 0; i < count; i++)
			parts[i] = constant_of(
				fuse, LLVMGetElementType(type),
				bytes + i * LLVMABISizeOfType(fuse->layout,
							      LLVMGetElementType(type)));
		whole = LLVMConstArray(LLVMGetElementType(type), parts, (unsigned)count);
		break;
	case LLVMStructTypeKind:
		count = LLVMCountStructElementTypes(type);
		parts = calloc(count + 1, sizeof(*parts));
		for (unsigned i = 0; i < count; i++)
			parts[i] = constant_of(fuse, LLVMStructGetTypeAtIndex(type, i),
					       bytes + LLVMOffsetOfElement(fuse->layout, type, i));
		whole = LLVMGetStructName(type)
				? LLVMConstNamedStruct(type, parts, (unsigned)count)
				: LLVMConstStructInContext(fuse->context, parts, (unsigned)count,
							   LLVMIsPackedStruct(type));
		break;
	default:
		refuse(fuse, EL_FUSE_KIND_OTHER,
		       "a parameter is neither a number nor made of them");
	}
	free(parts);
	return whole;
}

void make_loads_plain(LLVMValueRef value)
{
	for (LLVMUseRef use = LLVMGetFirstUse(value); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);

		if (LLVMIsALoadInst(user))
			LLVMSetVolatile(user, 0);
		else if (LLVMIsAConstantExpr(user) || LLVMIsAGetElementPtrInst(user) ||
			 LLVMIsABitCastInst(user))
			make_loads_plain(user);
	}
}

static void set_constant(const struct fuse *fuse, LLVMModuleRef module, const char *name,
			 const char *hex)
{
	LLVMValueRef global = LLVMGetNamedGlobal(module, name);
	uint8_t bytes[4096] = {0};
	LLVMTypeRef type;

	if (!global || !LLVMGetInitializer(global))
		return;
	type = LLVMGlobalGetValueType(global);
	if (LLVMABISizeOfType(fuse->layout, type) > sizeof(bytes))
		refuse(fuse, EL_FUSE_KIND_OTHER, "parameter %s is larger than %zu bytes", name,
		       sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes) && hex[2 * i] && hex[2 * i + 1]; i++) {
		const char digits[] = {hex[2 * i], hex[2 * i + 1], '\0'};

		bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	LLVMSetInitializer(global, constant_of(fuse, type, bytes));
}

void set_constants(const struct fuse *fuse, LLVMModuleRef module, json_t *values)
{
	const char *name;
	json_t *value;

	json_object_foreach(values, name, value)
		set_constant(fuse, module, name, json_string_value(value));
}

/* ---------------------------------------------------------------- one module */

void drop_used_lists(LLVMModuleRef module)
{
	const char *const lists[] = {"llvm.used", "llvm.compiler.used"};

	for (size_t i = 0; i < 2; i++) {
		LLVMValueRef list = LLVMGetNamedGlobal(module, lists[i]);

		if (list)
			LLVMDeleteGlobal(list);
	}
}

/*
 * Whether only dead constants refer to @value: LLVM keeps the expressions and arrays of a deleted
 * list in the context. The address of a block (for asm goto) refers to the function that contains
 * the block.
 */
static bool unused(LLVMValueRef value)
{
	for (LLVMUseRef use = LLVMGetFirstUse(value); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);

		if (LLVMIsABlockAddress(user))
			continue;
		if (!LLVMIsAConstant(user) || LLVMIsAGlobalValue(user) || !unused(user))
			return false;
	}
	return true;
}

/* Make @value internal, so that the optimiser removes it first, together with its own
 * references. */
static void leave_behind(LLVMValueRef value)
{
	LLVMSetLinkage(value, LLVMInternalLinkage);
	LLVMSetSection(value, LEFT_BEHIND);
}

void drop_programs(LLVMModuleRef module, const char *keep)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		if (!LLVMIsDeclaration(f) && *section_of(f) && strcmp(LLVMGetValueName(f), keep) &&
		    unused(f))
			leave_behind(f);
}

/* Whether the map is the SDK's own and belongs to the chain. EDGE_TARGETS stays
 * with instances that use it. */
static bool is_sdk_map(LLVMValueRef global)
{
	const char *name = LLVMGetValueName(global);

	if (!is_map(global))
		return false;
	if (!strcmp(name, EDGE_TARGETS))
		return unused(global);
	return !strcmp(name, "edge_counters") || !strncmp(name, "edge_tail_", 10);
}

void drop_globals(LLVMModuleRef module)
{
	for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = LLVMGetNextGlobal(g)) {
		const char *section = section_of(g);

		if (is_sdk_map(g) || !strcmp(section, "license") || !strncmp(section, ".edge.", 6))
			leave_behind(g);
	}
}

static void rename_value(LLVMValueRef value, int number)
{
	char name[256];
	int length = snprintf(name, sizeof(name), "i%d__%s", number, LLVMGetValueName(value));

	/* BTF needs identifiers, but a static variable is named function.name. */
	for (char *c = name; *c; c++)
		if (*c == '.')
			*c = '_';
	if (length < (int)sizeof(name))
		LLVMSetValueName2(value, name, (size_t)length);
}

/* ---------------------------------------------------------------- code of clang -O0 */

static bool has_attribute(LLVMValueRef function, unsigned kind)
{
	return LLVMGetEnumAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
					   kind) != NULL;
}

/* clang -O0 marks each function optnone, and therefore noinline, so that no pass changes it. */
static void drop_optnone(struct fuse *fuse, LLVMValueRef function)
{
	const LLVMAttributeIndex index = (LLVMAttributeIndex)LLVMAttributeFunctionIndex;
	unsigned optnone = LLVMGetEnumAttributeKindForName("optnone", 7);

	if (!has_attribute(function, optnone))
		return;
	fuse->all_passes = true;
	LLVMRemoveEnumAttributeAtIndex(function, index, optnone);
	LLVMRemoveEnumAttributeAtIndex(function, index,
				       LLVMGetEnumAttributeKindForName("noinline", 8));
}

/*
 * bpf_helpers.h declares each helper as a static variable that holds its number as a pointer. -O2
 * turns its use into a direct call; -O0 leaves a call through a register, which the kernel does not
 * support.
 */
static bool is_helper_pointer(LLVMValueRef global)
{
	LLVMValueRef initial = LLVMGetInitializer(global);

	return initial && LLVMGetLinkage(global) == LLVMInternalLinkage &&
	       LLVMIsAConstantExpr(initial) && LLVMGetConstOpcode(initial) == LLVMIntToPtr &&
	       LLVMIsAConstantInt(LLVMGetOperand(initial, 0));
}

/* Remove the locations of variables, which only a debugger needs: maintaining them takes a fifth of
 * the time. Lines and types are recorded elsewhere. */
static void drop_variables(LLVMModuleRef module)
{
	static const char *const names[] = {"llvm.dbg.value", "llvm.dbg.declare", "llvm.dbg.addr",
					    "llvm.dbg.label"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		LLVMValueRef note = LLVMGetNamedFunction(module, names[i]);
		LLVMUseRef use;

		while (note && (use = LLVMGetFirstUse(note)))
			LLVMInstructionEraseFromParent(LLVMGetUser(use));
	}
}

/*
 * In C, an access through NULL is undefined, so LLVM would remove the path to it, together with the
 * test of the protocol or of the packet's end that made the pointer NULL. The verifier must see
 * that path to name the line that lacks a test for NULL.
 */
void make_optimisable(struct fuse *fuse, LLVMModuleRef module)
{
	unsigned valid = LLVMGetEnumAttributeKindForName("null_pointer_is_valid", 21);

	drop_variables(module);
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		if (LLVMIsDeclaration(f))
			continue;
		drop_optnone(fuse, f);
		LLVMAddAttributeAtIndex(f, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
					LLVMCreateEnumAttribute(fuse->context, valid, 0));
	}
	for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = LLVMGetNextGlobal(g))
		if (is_helper_pointer(g))
			LLVMSetGlobalConstant(g, 1);
}

/* ---------------------------------------------------------------- names and places */

/*
 * A written variable gets a section of its own per instance and stays visible, so that writes from
 * user space take effect; a variable that is only read may be folded into the code. All read-only
 * data goes to .rodata, so that no second map of that name can hide the metadata from bpftool.
 */
static void place_global(LLVMValueRef global, int number)
{
	const char *section = section_of(global);
	char own[32];
	bool zero = LLVMIsNull(LLVMGetInitializer(global));

	if (is_map(global) || !strcmp(section, LEFT_BEHIND))
		return;
	if (LLVMIsGlobalConstant(global)) {
		LLVMSetLinkage(global, LLVMInternalLinkage);
		LLVMSetSection(global, ".rodata");
		make_loads_plain(global);
		return;
	}
	if (*section && strncmp(section, ".data", 5) && strncmp(section, ".bss", 4))
		return;
	snprintf(own, sizeof(own), "%s.i%d", zero ? ".bss" : ".data", number);
	LLVMSetSection(global, own);
	LLVMSetLinkage(global, LLVMExternalLinkage);
}

/* A variable that the loader sets for each device when it loads the program. */
bool is_of_device(LLVMValueRef global)
{
	LLVMTypeRef type = LLVMGlobalGetValueType(global);
	const char *name = LLVMGetValueName(global);

	return LLVMIsGlobalConstant(global) && LLVMGetTypeKind(type) == LLVMIntegerTypeKind &&
	       LLVMGetIntTypeWidth(type) == 32 &&
	       (!strcmp(name, "edge_mac_first") || !strcmp(name, "edge_mac_last"));
}

/* All modules share the variables of the device. With this linkage the optimiser neither trusts
 * the initial value nor keeps a variable that no code reads. */
void share_device(LLVMModuleRef module)
{
	for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = LLVMGetNextGlobal(g)) {
		if (!is_of_device(g) || !LLVMGetInitializer(g))
			continue;
		LLVMSetLinkage(g, LLVMLinkOnceAnyLinkage);
		LLVMSetSection(g, ".rodata");
		make_loads_plain(g);
	}
}

/* Joined globals are weak: of two definitions of one name, the linker keeps the first. */
static void rename_global(LLVMValueRef global, const struct numbers *numbers)
{
	const char *section = section_of(global);
	bool owned = is_map(global) ||
		     (!LLVMIsGlobalConstant(global) && strcmp(section, LEFT_BEHIND) &&
		      (!*section || !strncmp(section, ".data", 5) || !strncmp(section, ".bss", 4)));

	rename_value(global, owned ? numbers->owner : numbers->number);
	place_global(global, owned ? numbers->owner : numbers->number);
	if (owned && numbers->joined)
		LLVMSetLinkage(global, LLVMWeakAnyLinkage);
}

bool is_subprogram(LLVMValueRef function)
{
	return !strncmp(LLVMGetValueName(function), EDGE_SUBPROGRAMS, strlen(EDGE_SUBPROGRAMS));
}

void rename_module(LLVMModuleRef module, const struct numbers *numbers)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		if (!LLVMIsDeclaration(f) && !is_subprogram(f))
			rename_value(f, numbers->number);
	for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = LLVMGetNextGlobal(g))
		if (LLVMGetInitializer(g) && !is_of_device(g))
			rename_global(g, numbers);
	share_device(module);
}

void make_inline(LLVMContextRef context, LLVMValueRef function)
{
	static const char *const others[] = {"noinline", "optnone"};
	unsigned kind;

	for (size_t i = 0; i < 2; i++) {
		kind = LLVMGetEnumAttributeKindForName(others[i], strlen(others[i]));
		LLVMRemoveEnumAttributeAtIndex(
			function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, kind);
	}
	kind = LLVMGetEnumAttributeKindForName("alwaysinline", 12);
	LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
				LLVMCreateEnumAttribute(context, kind, 0));
	LLVMSetSection(function, "");
}
