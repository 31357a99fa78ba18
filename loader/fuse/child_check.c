// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Checks of the optimised code: code that cannot run here is refused by name, and code that the
 * code generator would make unverifiable is changed.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "fuse/child.h"

/* Whether @value compares a pointer with NULL. Other comparisons, such as of a packet pointer with
 * the packet's end, must stay recognisable to the verifier in their jumps. */
static bool is_null_test(LLVMValueRef value)
{
	LLVMIntPredicate predicate;

	if (!LLVMIsAICmpInst(value))
		return false;
	predicate = LLVMGetICmpPredicate(value);
	return (predicate == LLVMIntEQ || predicate == LLVMIntNE) &&
	       (LLVMIsAConstantPointerNull(LLVMGetOperand(value, 0)) ||
		LLVMIsAConstantPointerNull(LLVMGetOperand(value, 1)));
}

/* Whether @instruction is `and` or `or` of two tests, or the select that implements && or ||. */
static bool joins_tests(LLVMValueRef instruction)
{
	LLVMOpcode opcode = LLVMGetInstructionOpcode(instruction);
	LLVMTypeRef type = LLVMTypeOf(instruction);

	return (opcode == LLVMAnd || opcode == LLVMOr || opcode == LLVMSelect) &&
	       LLVMGetTypeKind(type) == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(type) == 1;
}

/* Pass a truth value through a register that the code generator cannot analyse. The value is read
 * back as the lowest bit, because a comparison with 0 could be merged with another comparison. */
static LLVMValueRef hide(const struct fuse *fuse, LLVMBuilderRef builder, LLVMValueRef truth)
{
	LLVMTypeRef word = LLVMInt64TypeInContext(fuse->context);
	LLVMTypeRef type = LLVMFunctionType(word, &word, 1, 0);
	LLVMValueRef asm_code =
		LLVMGetInlineAsm(type, "", 0, "=r,0", 4, 0, 0, LLVMInlineAsmDialectATT, 0);
	LLVMValueRef wide = LLVMBuildZExt(builder, truth, word, "");

	wide = LLVMBuildCall2(builder, type, asm_code, &wide, 1, "");
	return LLVMBuildTrunc(builder, wide, LLVMTypeOf(truth), "");
}

static void separate_tests(const struct fuse *fuse, LLVMBuilderRef builder,
			   LLVMValueRef instruction)
{
	if (!joins_tests(instruction))
		return;
	LLVMPositionBuilderBefore(builder, instruction);
	for (int i = 0; i < LLVMGetNumOperands(instruction); i++) {
		LLVMValueRef operand = LLVMGetOperand(instruction, (unsigned)i);

		if (is_null_test(operand))
			LLVMSetOperand(instruction, (unsigned)i, hide(fuse, builder, operand));
	}
}

/*
 * The code generator would turn "a == NULL && b == NULL" into "(a | b) == 0" (DAGCombiner's
 * foldLogicOfSetCCs()), but the verifier forbids arithmetic on pointers.
 */
void separate_pointer_tests(struct fuse *fuse)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(fuse->context);

	for (LLVMValueRef f = LLVMGetFirstFunction(fuse->chain); f; f = LLVMGetNextFunction(f))
		for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b;
		     b = LLVMGetNextBasicBlock(b))
			for (LLVMValueRef i = LLVMGetFirstInstruction(b); i;
			     i = LLVMGetNextInstruction(i))
				separate_tests(fuse, builder, i);
	LLVMDisposeBuilder(builder);
}

/* ---------------------------------------------------------------- the result */

/* Refuse the mark of the SDK's EDGE_UNSUPPORTED(), "edge-unsupported: CALL at HOOK", in code
 * that the optimiser has kept. */
static void check_instruction(struct fuse *fuse, LLVMValueRef instruction)
{
	static const char mark[] = "edge-unsupported: ";
	LLVMValueRef callee;
	char *text, *found, *end;

	if (!LLVMIsACallInst(instruction))
		return;
	callee = LLVMGetCalledValue(instruction);
	if (!LLVMIsAInlineAsm(callee))
		return;
	text = LLVMPrintValueToString(callee);
	found = strstr(text, mark);
	if (found) {
		found += sizeof(mark) - 1;
		end = strpbrk(found, "\"\\;");
		refuse(fuse, EL_FUSE_KIND_UNSUPPORTED, "%.*s",
		       (int)(end ? end - found : (long)strlen(found)), found);
	}
	LLVMDisposeMessage(text);
}

void check_supported(struct fuse *fuse)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(fuse->chain); f; f = LLVMGetNextFunction(f))
		for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b;
		     b = LLVMGetNextBasicBlock(b))
			for (LLVMValueRef i = LLVMGetFirstInstruction(b); i;
			     i = LLVMGetNextInstruction(i))
				check_instruction(fuse, i);
}

/* bpf_tail_call() is helper 12 (linux/bpf.h). */
static bool is_tail_call_number(LLVMValueRef value)
{
	return LLVMIsAConstantInt(value) && LLVMConstIntGetZExtValue(value) == 12;
}

/* Operand @number of inline assembly, as its text counts operands: outputs come first, but only
 * outputs in memory are arguments of the call. NULL: @number is an output. */
static LLVMValueRef assembly_operand(LLVMValueRef instruction, const char *constraints,
				     unsigned long number)
{
	unsigned long outputs = 0;

	for (const char *c = strchr(constraints, '='); c; c = strchr(c + 1, '='))
		outputs += c[1 + strspn(c + 1, "&")] != '*';
	if (number < outputs || number - outputs >= LLVMGetNumArgOperands(instruction))
		return NULL;
	return LLVMGetOperand(instruction, (unsigned)(number - outputs));
}

/* Whether a call's operand is 12: as "12", or as "$N" or "${N}" in libbpf's
 * bpf_tail_call_static(). */
static bool is_assembly_tail_call(LLVMValueRef instruction, const char *number,
				  const char *constraints)
{
	LLVMValueRef operand;
	char *end;

	if (*number != '$')
		return strtoul(number, &end, 0) == 12;
	number += number[1] == '{' ? 2 : 1;
	operand = assembly_operand(instruction, constraints, strtoul(number, &end, 10));
	return end != number && operand && is_tail_call_number(operand);
}

/* The text of inline assembly, as `"text", "constraints"`, or NULL. */
static char *assembly_of(LLVMValueRef instruction)
{
	LLVMValueRef callee;

	if (!LLVMIsACallInst(instruction))
		return NULL;
	callee = LLVMGetCalledValue(instruction);
	return LLVMIsAInlineAsm(callee) ? LLVMPrintValueToString(callee) : NULL;
}

static bool assembly_tail_calls(LLVMValueRef instruction)
{
	char *text = assembly_of(instruction);
	char *constraints = text ? strstr(text, "\", \"") : NULL;
	bool found = false;

	for (char *c = text; constraints && (c = strstr(c, "call ")) && c < constraints && !found;
	     c += 5)
		found = is_assembly_tail_call(instruction, c + 5 + strspn(c + 5, " "), constraints);
	LLVMDisposeMessage(text);
	return found;
}

/* A helper call is a call of a constant number. */
static bool is_tail_call(LLVMValueRef instruction)
{
	LLVMValueRef callee;

	if (!LLVMIsACallInst(instruction))
		return false;
	callee = LLVMGetCalledValue(instruction);
	if (!LLVMIsAConstantExpr(callee) || LLVMGetConstOpcode(callee) != LLVMIntToPtr)
		return assembly_tail_calls(instruction);
	return is_tail_call_number(LLVMGetOperand(callee, 0));
}

static bool has_tail_call(LLVMValueRef function)
{
	for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(function); b;
	     b = LLVMGetNextBasicBlock(b))
		for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
			if (is_tail_call(i))
				return true;
	return false;
}

/* Whether @program uses @value (a function, or a constant made of a function) within @depth steps.
 * A file may have functions that only its other programs call. */
static bool is_used_by(LLVMValueRef value, LLVMValueRef program, unsigned depth)
{
	if (value == program)
		return true;
	if (!depth || LLVMIsABlockAddress(value))
		return false;
	for (LLVMUseRef use = LLVMGetFirstUse(value); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);

		if (LLVMIsAInstruction(user))
			user = LLVMGetBasicBlockParent(LLVMGetInstructionParent(user));
		if (user != value && is_used_by(user, program, depth - 1))
			return true;
	}
	return false;
}

/* The kernel allows 8 nested calls, each perhaps through a cast. A longer path is a recursion. */
static const unsigned steps_max = 16;

/*
 * The target of an instance's own tail call returns to the kernel. The instances after it would not
 * run, and the counters at the end of the chain would miss the packets.
 */
LLVMValueRef leaving_function(LLVMModuleRef module, LLVMValueRef program)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		if (has_tail_call(f) && is_used_by(f, program, steps_max))
			return f;
	return NULL;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Whether inline assembly has an exit instruction: inlined, it would end the whole chain. */
static bool has_exit(LLVMValueRef instruction)
{
	char *text = assembly_of(instruction);
	char *constraints = text ? strstr(text, "\", \"") : NULL;
	bool found = false;

	for (char *c = text; constraints && (c = strstr(c, "exit")) && c < constraints && !found;
	     c += 4)
		found = !is_word(c[-1]) && !is_word(c[4]);
	LLVMDisposeMessage(text);
	return found;
}

static bool has_attribute(LLVMValueRef function, const char *name)
{
	return LLVMGetEnumAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
					   LLVMGetEnumAttributeKindForName(name, strlen(name)));
}

static bool has_exits(LLVMValueRef function)
{
	for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(function); b;
	     b = LLVMGetNextBasicBlock(b))
		for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
			if (has_exit(i))
				return true;
	return false;
}

void check_inlinable(struct fuse *fuse, LLVMModuleRef module, LLVMValueRef program)
{
	if (has_attribute(program, "naked"))
		refuse(fuse, EL_FUSE_KIND_OTHER, "%s() is naked: all of it is assembly",
		       LLVMGetValueName(program));
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		if ((f == program || !has_attribute(f, "noinline")) && has_exits(f) &&
		    is_used_by(f, program, steps_max))
			refuse(fuse, EL_FUSE_KIND_OTHER, "%s() has an exit in its assembly",
			       LLVMGetValueName(f));
}

/* Refuse undefined functions, except in .ksyms, where libbpf resolves them:
 * libbpf cannot load others. */
void check_defined(struct fuse *fuse)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(fuse->chain); f; f = LLVMGetNextFunction(f)) {
		if (!LLVMIsDeclaration(f) || LLVMGetIntrinsicID(f) || !LLVMGetFirstUse(f) ||
		    !strcmp(section_of(f), ".ksyms"))
			continue;
		refuse(fuse, EL_FUSE_KIND_UNDEFINED, "%s() is called, and defined nowhere",
		       LLVMGetValueName(f));
	}
}
