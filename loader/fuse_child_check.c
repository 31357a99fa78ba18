// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A look at the optimised code: what can't run here is refused by name, and what the code generator
 * would make unverifiable is kept from it.
 */
#include <string.h>

#include "fuse_child.h"

/* A pointer, equal to NULL or not. Another comparison, of a packet pointer with the packet's end
 * say, is one that the verifier must recognise in its jump. */
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

/* `and`, `or` of two tests, and the select that stands for && and ||. */
static bool joins_tests(LLVMValueRef instruction)
{
	LLVMOpcode opcode = LLVMGetInstructionOpcode(instruction);
	LLVMTypeRef type = LLVMTypeOf(instruction);

	return (opcode == LLVMAnd || opcode == LLVMOr || opcode == LLVMSelect) &&
	       LLVMGetTypeKind(type) == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(type) == 1;
}

/* Carry a truth value through a register that the code generator can't look into. It comes out as
 * the lowest bit, and not by a comparison with 0, which would be joined with another one. */
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
 * "a == NULL && b == NULL" would become "(a | b) == 0" in the code generator (DAGCombiner's
 * foldLogicOfSetCCs()), and the verifier forbids arithmetic on pointers.
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

/* The mark that the SDK's EDGE_UNSUPPORTED() leaves in code that is still there: "edge-unsupported:
 * CALL at HOOK". */
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

/* A helper is a call to a number; bpf_tail_call() is 12 (linux/bpf.h). */
static bool is_tail_call(LLVMValueRef instruction)
{
	LLVMValueRef callee, number;

	if (!LLVMIsACallInst(instruction))
		return false;
	callee = LLVMGetCalledValue(instruction);
	if (!LLVMIsAConstantExpr(callee) || LLVMGetConstOpcode(callee) != LLVMIntToPtr)
		return false;
	number = LLVMGetOperand(callee, 0);
	return LLVMIsAConstantInt(number) && LLVMConstIntGetZExtValue(number) == 12;
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

/*
 * What an instance's own tail call leads to returns to the kernel, so nothing behind it in the
 * chain would run, and what counts packets at the end of the chain would not see them.
 */
LLVMValueRef leaving_function(LLVMModuleRef module)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		if (strcmp(section_of(f), LEFT_BEHIND) && has_tail_call(f))
			return f;
	return NULL;
}

/* libbpf resolves what stands in .ksyms and .kconfig; anything else that is left open can't be
 * loaded. */
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
