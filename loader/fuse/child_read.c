// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Read bitcode from a descriptor: one module, or several modules that a linker has concatenated.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <llvm-c/BitReader.h>
#include <llvm-c/Linker.h>

#include "fuse/child.h"

#define BITCODE_MAGIC "BC\xc0\xde"

void on_diagnostic(LLVMDiagnosticInfoRef info, void *data)
{
	struct fuse *fuse = data;
	char *text;

	if (LLVMGetDiagInfoSeverity(info) != LLVMDSError)
		return;
	text = LLVMGetDiagInfoDescription(info);
	/* The wording is the same in LLVM 3.9 to 19 (BPFISelLowering.cpp, BPFRegisterInfo.cpp). */
	if (strstr(text, "stack limit"))
		fuse->stack_exceeded = true;
	snprintf(fuse->diagnostic, sizeof(fuse->diagnostic), "%s", text);
	LLVMDisposeMessage(text);
}

/* LLVM's error about bitcode of a newer LLVM ends in "(Producer:
 * 'LLVM19.1.7' Reader: 'LLVM 14.0.6')". */
static bool newer(const char *diagnostic)
{
	const char *producer = strstr(diagnostic, "Producer: 'LLVM");
	const char *reader = strstr(diagnostic, "Reader: 'LLVM ");

	return producer && reader && atoi(producer + 15) > atoi(reader + 14);
}

static LLVMModuleRef parse_module(struct fuse *fuse, const char *bytes, size_t size)
{
	LLVMMemoryBufferRef buffer =
		LLVMCreateMemoryBufferWithMemoryRangeCopy(bytes, size, "module");
	LLVMModuleRef module;

	if (LLVMParseBitcodeInContext2(fuse->context, buffer, &module))
		refuse(fuse, newer(fuse->diagnostic) ? EL_FUSE_KIND_NEWER : EL_FUSE_KIND_BITCODE,
		       "%s", fuse->diagnostic);
	LLVMDisposeMemoryBuffer(buffer);
	if (strncmp(LLVMGetTarget(module), "bpf", 3))
		refuse(fuse, EL_FUSE_KIND_BITCODE, "bitcode for %s, not for BPF",
		       LLVMGetTarget(module));
	return module;
}

static const char *map_file(struct fuse *fuse, int descriptor, size_t *size)
{
	off_t length = lseek(descriptor, 0, SEEK_END);
	void *bytes;

	if (length < 0)
		refuse(fuse, EL_FUSE_KIND_OTHER, "descriptor %d: %s", descriptor, strerror(errno));
	bytes = mmap(NULL, (size_t)length, PROT_READ, MAP_PRIVATE, descriptor, 0);
	if (bytes == MAP_FAILED)
		refuse(fuse, EL_FUSE_KIND_BITCODE, "empty bitcode");
	*size = (size_t)length;
	return bytes;
}

LLVMModuleRef read_module(struct fuse *fuse, int descriptor)
{
	size_t size;
	const char *bytes = map_file(fuse, descriptor, &size);

	return parse_module(fuse, bytes, size);
}

/*
 * The length of the bitcode at the start of @bytes. Blocks follow the magic number: each begins
 * with a word that holds the code 1 in two bits, the number of the block (VBR8) and the width of
 * its abbreviations (VBR4), and a word that counts the words that follow. (LLVM Bitcode File
 * Format, "Blocks"; the numbers of outermost blocks are below 128.)
 */
static size_t bitcode_length(const char *bytes, size_t size)
{
	size_t at = 4;
	uint32_t words[2];

	while (at + sizeof(words) <= size && memcmp(bytes + at, BITCODE_MAGIC, 4)) {
		memcpy(words, bytes + at, sizeof(words));
		if ((words[0] & 3) != 1 || words[1] > (size - at - sizeof(words)) / 4)
			break;
		at += sizeof(words) + (size_t)words[1] * 4;
	}
	/* Skip the linker's padding. LLVM reports any other bytes that are not a block. */
	while (at < size && !bytes[at])
		at++;
	return at + 4 <= size && !memcmp(bytes + at, BITCODE_MAGIC, 4) ? at : size;
}

const char *section_of(LLVMValueRef global)
{
	const char *section = LLVMGetSection(global);

	return section ? section : "";
}

bool is_map(LLVMValueRef global)
{
	return !strcmp(section_of(global), ".maps");
}

/* A copy of a map's initialiser in which the programs of its slots are NULL. */
static LLVMValueRef without_programs(const struct fuse *fuse, LLVMValueRef value)
{
	LLVMTypeRef type = LLVMTypeOf(value);
	bool array = LLVMGetTypeKind(type) == LLVMArrayTypeKind;
	int count = LLVMGetNumOperands(value);
	LLVMValueRef *parts, whole;

	if (LLVMIsAFunction(value) ||
	    (LLVMIsAConstantExpr(value) && LLVMIsAFunction(LLVMGetOperand(value, 0))))
		return LLVMConstNull(type);
	if (!LLVMIsAConstantArray(value) && !LLVMIsAConstantStruct(value))
		return value;
	parts = calloc((size_t)count + 1, sizeof(*parts));
	for (int i = 0; parts && i < count; i++)
		parts[i] = without_programs(fuse, LLVMGetOperand(value, (unsigned)i));
	if (array)
		whole = LLVMConstArray(LLVMGetElementType(type), parts, (unsigned)count);
	else if (LLVMGetStructName(type))
		whole = LLVMConstNamedStruct(type, parts, (unsigned)count);
	else
		whole = LLVMConstStructInContext(fuse->context, parts, (unsigned)count,
						 LLVMIsPackedStruct(type));
	free(parts);
	return whole;
}

/* Empty the slots of maps: load/targets.c loads their programs from the instance's own object. */
static void empty_slots(const struct fuse *fuse, LLVMModuleRef module)
{
	for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = LLVMGetNextGlobal(g))
		if (is_map(g) && LLVMGetInitializer(g))
			LLVMSetInitializer(g, without_programs(fuse, LLVMGetInitializer(g)));
}

LLVMModuleRef read_modules(struct fuse *fuse, int descriptor, const char *keep)
{
	LLVMModuleRef whole = NULL;
	size_t size, length;
	const char *bytes = map_file(fuse, descriptor, &size);

	for (; !whole || size; bytes += length, size -= length) {
		LLVMModuleRef module;

		length = bitcode_length(bytes, size);
		module = parse_module(fuse, bytes, length);
		drop_used_lists(module);
		empty_slots(fuse, module);
		drop_programs(module, keep);
		drop_globals(module);
		if (!whole)
			whole = module;
		else if (LLVMLinkModules2(whole, module))
			refuse(fuse, EL_FUSE_KIND_BITCODE, "%s", fuse->diagnostic);
	}
	return whole;
}
