// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Tables of the SDK in place of the kernel's maps: calls of bpf_map_lookup_elem() on such a map
 * become calls of the table's own look-up, from a copy of prefix.bpf.o's bitcode for each table.
 */
#include <stdio.h>
#include <string.h>

#include <llvm-c/Linker.h>

#include "fuse/child.h"

enum { HELPER_LOOKUP = 1 }; /* BPF_FUNC_map_lookup_elem, in linux/bpf.h */

/* One table: a map of an instance, by its name in the chain. */
struct table {
	struct fuse *fuse;
	const char *name;  /* i3__blocked */
	const char *space; /* struct edge_prefix_space, in hexadecimal */
};

static void table_name(const struct table *table, const char *format, char *out, size_t size)
{
	if (snprintf(out, size, format, table->name) >= (int)size)
		refuse(table->fuse, EL_FUSE_KIND_TABLE, "the name of map %s is too long",
		       table->name);
}

/* ---------------------------------------------------------------- the instance's calls */

/* Whether @call calls the look-up of a map whose address is @map. */
static bool is_lookup(LLVMValueRef call, LLVMValueRef map)
{
	LLVMValueRef helper;

	if (!LLVMIsACallInst(call) || LLVMGetNumArgOperands(call) != 2 ||
	    LLVMGetOperand(call, 0) != map)
		return false;
	helper = LLVMGetCalledValue(call);
	return LLVMIsAConstantExpr(helper) && LLVMGetConstOpcode(helper) == LLVMIntToPtr &&
	       LLVMIsAConstantInt(LLVMGetOperand(helper, 0)) &&
	       LLVMConstIntGetZExtValue(LLVMGetOperand(helper, 0)) == HELPER_LOOKUP;
}

/* The next look-up of the map whose address is @map, or NULL. Any other use is refused: the table
 * is not the map that it expects. */
static LLVMValueRef next_lookup(const struct table *table, LLVMValueRef map)
{
	LLVMValueRef found = NULL;

	for (LLVMUseRef use = LLVMGetFirstUse(map); use && !found; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);

		if (is_lookup(user, map))
			found = user;
		else if (LLVMIsAConstant(user) && !LLVMIsAGlobalValue(user))
			found = next_lookup(table, user); /* a cast, or part of a deleted list */
		else
			refuse(table->fuse, EL_FUSE_KIND_TABLE,
			       "the function uses map %s in another way than to look keys up",
			       table->name);
	}
	return found;
}

static void replace_lookup(LLVMValueRef call, LLVMValueRef lookup)
{
	LLVMTypeRef type = LLVMGlobalGetValueType(lookup), parameter;
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(LLVMGetTypeContext(type));
	LLVMValueRef argument, value;

	LLVMGetParamTypes(type, &parameter);
	LLVMPositionBuilderBefore(builder, call);
	argument = LLVMBuildPointerCast(builder, LLVMGetOperand(call, 1), parameter, "");
	value = LLVMBuildCall2(builder, type, lookup, &argument, 1, "");
	value = LLVMBuildPointerCast(builder, value, LLVMTypeOf(call), "");
	LLVMReplaceAllUsesWith(call, value);
	LLVMInstructionEraseFromParent(call);
	LLVMDisposeBuilder(builder);
}

/* The table's look-up, which link_table() defines. */
static LLVMValueRef declare_lookup(const struct table *table, LLVMModuleRef module)
{
	LLVMTypeRef bytes = LLVMPointerType(LLVMInt8TypeInContext(table->fuse->context), 0);
	char name[256];

	table_name(table, "%s_lookup", name, sizeof(name));
	return LLVMAddFunction(module, name, LLVMFunctionType(bytes, &bytes, 1, 0));
}

static void use_table(const struct table *table, LLVMModuleRef module)
{
	LLVMValueRef map = LLVMGetNamedGlobal(module, table->name), lookup, call;

	if (!map)
		return;
	lookup = declare_lookup(table, module);
	while ((call = next_lookup(table, map)))
		replace_lookup(call, lookup);
}

/* ---------------------------------------------------------------- the table's code */

/* Leave the definition of the map to the instance, under the name that it has there. */
static void leave_map(const struct table *table, LLVMModuleRef module)
{
	LLVMValueRef mine = LLVMGetNamedGlobal(module, "edge_prefix_map");
	LLVMValueRef map = LLVMAddGlobal(module, LLVMGlobalGetValueType(mine), table->name);

	LLVMReplaceAllUsesWith(mine, map);
	LLVMDeleteGlobal(mine);
}

/* The verifier checks a function that is global once, however often it is called. */
static void rename_parts(const struct table *table, LLVMModuleRef module)
{
	static const char *const parts[][2] = {
		{"edge_prefix_lookup", "%s_lookup"},
		{"edge_sub_prefix_find4", EDGE_SUBPROGRAMS "%s_find4"},
		{"edge_sub_prefix_find6", EDGE_SUBPROGRAMS "%s_find6"},
		{"edge_sub_prefix_climb", EDGE_SUBPROGRAMS "%s_climb"},
		{"edge_sub_prefix_shorter", EDGE_SUBPROGRAMS "%s_shorter"}};
	LLVMValueRef space = LLVMGetNamedGlobal(module, "edge_prefix_space");
	char name[256];

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		table_name(table, parts[i][1], name, sizeof(name));
		LLVMSetValueName2(LLVMGetNamedFunction(module, parts[i][0]), name, strlen(name));
	}
	table_name(table, "%s_space", name, sizeof(name));
	LLVMSetValueName2(space, name, strlen(name));
	for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = LLVMGetNextGlobal(g))
		if (LLVMGetInitializer(g))
			LLVMSetLinkage(g, LLVMInternalLinkage);
}

static void link_table(const struct table *table)
{
	struct fuse *fuse = table->fuse;
	json_t *constants = json_pack("{s:s}", "edge_prefix_space", table->space);
	LLVMModuleRef module;
	char name[256];

	table_name(table, "%s_lookup", name, sizeof(name));
	if (!LLVMGetNamedFunction(fuse->chain, name) ||
	    !LLVMIsDeclaration(LLVMGetNamedFunction(fuse->chain, name)))
		return; /* nobody looks keys up, or another instance shares the map */
	module =
		read_module(fuse, (int)json_integer_value(json_object_get(fuse->request, "table")));
	drop_used_lists(module);
	drop_globals(module);
	set_constants(fuse, module, constants);
	json_decref(constants);
	leave_map(table, module);
	rename_parts(table, module);
	make_optimisable(fuse, module);
	if (LLVMLinkModules2(fuse->chain, module))
		refuse(fuse, EL_FUSE_KIND_OTHER, "prefix.bpf.o: %s", fuse->diagnostic);
}

/* ---------------------------------------------------------------- all tables of an instance */

static void each_table(struct fuse *fuse, json_t *instance,
		       void (*visit)(const struct table *table, LLVMModuleRef module),
		       LLVMModuleRef module)
{
	int owner = (int)json_integer_value(json_object_get(instance, "owner"));
	const char *map;
	json_t *space;

	json_object_foreach(json_object_get(instance, "tables"), map, space) {
		char name[128];
		const struct table table = {fuse, name, json_string_value(space)};

		if (snprintf(name, sizeof(name), "i%d__%s", owner, map) < (int)sizeof(name))
			visit(&table, module);
	}
}

static void link_one(const struct table *table, LLVMModuleRef module)
{
	(void)module;
	link_table(table);
}

void use_tables(struct fuse *fuse, json_t *instance, LLVMModuleRef module)
{
	each_table(fuse, instance, use_table, module);
}

void link_tables(struct fuse *fuse, json_t *instance)
{
	each_table(fuse, instance, link_one, NULL);
}
