// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * edge-load-fuse: the confined compiler. fuse.h is its protocol.
 *
 * Bitcode is untrusted input to a parser of some hundred thousand lines, so this process gives up
 * everything before it reads the first byte of it: capabilities, new privileges, all system calls
 * but those of memory and of reading and writing what is open. It owns the one place where LLVM is
 * known.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <llvm-c/BitReader.h>
#include <llvm-c/Core.h>
#include <llvm-c/Linker.h>
#include <llvm-c/Object.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <llvm/Config/llvm-config.h>
#include <seccomp.h>

#include "fuse.h"

struct fuse {
	LLVMContextRef context;
	LLVMModuleRef chain; /* what everything is linked into */
	LLVMTargetMachineRef machine;
	LLVMTargetDataRef layout;
	json_t *request;
	int instance;	     /* the one at hand, or -1: who is to blame */
	bool stack_exceeded; /* the backend said so */
	char diagnostic[512];
};

static void put_answer(json_t *answer)
{
	if (!answer || lseek(EL_FUSE_ANSWER, 0, SEEK_SET) || ftruncate(EL_FUSE_ANSWER, 0) ||
	    json_dumpfd(answer, EL_FUSE_ANSWER, 0))
		_exit(2);
	json_decref(answer);
}

/* Write the answer and go: there is nothing in this process to clean up. */
static void __attribute__((noreturn, format(printf, 3, 4)))
refuse(const struct fuse *fuse, const char *kind, const char *format, ...)
{
	char message[1024];
	json_t *answer;
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	answer = json_pack("{s:s, s:i, s:s}", "kind", kind, "instance", fuse->instance, "message",
			   message);
	put_answer(answer);
	_exit(1);
}

/* Until the instance at hand is linked, this is the answer: a crash of LLVM then names who caused
 * it. */
static void blame(struct fuse *fuse, int instance)
{
	fuse->instance = instance;
	put_answer(instance < 0
			   ? json_object()
			   : json_pack("{s:s, s:i, s:s}", "kind", EL_FUSE_KIND_BITCODE, "instance",
				       instance, "message", "the compiler crashed on it"));
}

/* ---------------------------------------------------------------- confinement */

static const int allowed_calls[] = {
	SCMP_SYS(brk),		SCMP_SYS(clock_gettime),  SCMP_SYS(close),
	SCMP_SYS(exit),		SCMP_SYS(exit_group),	  SCMP_SYS(fstat),
	SCMP_SYS(ftruncate),	SCMP_SYS(futex),	  SCMP_SYS(getpid),
	SCMP_SYS(getrandom),	SCMP_SYS(gettid),	  SCMP_SYS(gettimeofday),
	SCMP_SYS(lseek),	SCMP_SYS(madvise),	  SCMP_SYS(mmap),
	SCMP_SYS(mprotect),	SCMP_SYS(mremap),	  SCMP_SYS(munmap),
	SCMP_SYS(newfstatat),	SCMP_SYS(pread64),	  SCMP_SYS(read),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_yield),	SCMP_SYS(sigaltstack),	  SCMP_SYS(sysinfo),
	SCMP_SYS(tgkill),	SCMP_SYS(write),
};

static int confine_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int error = filter ? 0 : -ENOMEM;

	for (size_t i = 0; !error && i < sizeof(allowed_calls) / sizeof(*allowed_calls); i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
	if (!error)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error;
}

static void confine(const struct fuse *fuse)
{
	const struct rlimit cpu = {60, 60}, memory = {4ull << 30, 4ull << 30}, none = {0, 0};
	cap_t caps = cap_init(); /* all clear */

	if (!caps || cap_set_proc(caps) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    setrlimit(RLIMIT_CPU, &cpu) || setrlimit(RLIMIT_AS, &memory) ||
	    setrlimit(RLIMIT_CORE, &none) || confine_calls())
		refuse(fuse, EL_FUSE_KIND_OTHER, "the compiler can't confine itself: %s",
		       strerror(errno));
	cap_free(caps);
}

/* ---------------------------------------------------------------- reading */

static void on_diagnostic(LLVMDiagnosticInfoRef info, void *data)
{
	struct fuse *fuse = data;
	char *text;

	if (LLVMGetDiagInfoSeverity(info) != LLVMDSError)
		return;
	text = LLVMGetDiagInfoDescription(info);
	/* Its wording has been the same from LLVM 3.9 to 19 (BPFISelLowering.cpp,
	 * BPFRegisterInfo.cpp). */
	if (strstr(text, "stack limit"))
		fuse->stack_exceeded = true;
	snprintf(fuse->diagnostic, sizeof(fuse->diagnostic), "%s", text);
	LLVMDisposeMessage(text);
}

static json_t *read_request(const struct fuse *fuse)
{
	json_t *request;
	json_error_t error;

	if (lseek(EL_FUSE_REQUEST, 0, SEEK_SET))
		refuse(fuse, EL_FUSE_KIND_OTHER, "no request");
	request = json_loadfd(EL_FUSE_REQUEST, 0, &error);
	if (!request)
		refuse(fuse, EL_FUSE_KIND_OTHER, "the request: %s", error.text);
	return request;
}

/* LLVM ends its complaint about bitcode from the future with "(Producer: 'LLVM19.1.7' Reader:
 * 'LLVM 14.0.6')". */
static bool newer(const char *diagnostic)
{
	const char *producer = strstr(diagnostic, "Producer: 'LLVM");
	const char *reader = strstr(diagnostic, "Reader: 'LLVM ");

	return producer && reader && atoi(producer + 15) > atoi(reader + 14);
}

static LLVMModuleRef read_module(struct fuse *fuse, int descriptor)
{
	struct stat stat;
	LLVMMemoryBufferRef buffer;
	LLVMModuleRef module;
	void *bytes;

	if (fstat(descriptor, &stat))
		refuse(fuse, EL_FUSE_KIND_OTHER, "descriptor %d: %s", descriptor, strerror(errno));
	bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
	if (bytes == MAP_FAILED)
		refuse(fuse, EL_FUSE_KIND_BITCODE, "empty bitcode");
	buffer = LLVMCreateMemoryBufferWithMemoryRangeCopy(bytes, (size_t)stat.st_size, "module");
	munmap(bytes, (size_t)stat.st_size);
	if (LLVMParseBitcodeInContext2(fuse->context, buffer, &module))
		refuse(fuse, newer(fuse->diagnostic) ? EL_FUSE_KIND_NEWER : EL_FUSE_KIND_BITCODE,
		       "%s", fuse->diagnostic);
	LLVMDisposeMemoryBuffer(buffer);
	if (strncmp(LLVMGetTarget(module), "bpf", 3))
		refuse(fuse, EL_FUSE_KIND_BITCODE, "bitcode for %s, not for BPF",
		       LLVMGetTarget(module));
	return module;
}

/* ---------------------------------------------------------------- constants */

/* Bytes in memory, as the machine lays them out, to a constant of @type. Little endian, as BPF is
 * on x86 and arm64. */
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

/* The loads of a `const volatile` variable may be folded now: nobody will change it any more. */
static void make_loads_plain(LLVMValueRef value)
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

static void set_constants(const struct fuse *fuse, LLVMModuleRef module, json_t *values)
{
	const char *name;
	json_t *value;

	json_object_foreach(values, name, value)
		set_constant(fuse, module, name, json_string_value(value));
}

/* ---------------------------------------------------------------- one module */

static const char *section_of(LLVMValueRef global)
{
	const char *section = LLVMGetSection(global);

	return section ? section : "";
}

static bool is_map(LLVMValueRef global)
{
	return !strcmp(section_of(global), ".maps");
}

/* What libbpf's SEC() and the notes' attributes kept alive is to live on by being used, or not at
 * all. */
static void drop_used_lists(LLVMModuleRef module)
{
	const char *const lists[] = {"llvm.used", "llvm.compiler.used"};

	for (size_t i = 0; i < 2; i++) {
		LLVMValueRef list = LLVMGetNamedGlobal(module, lists[i]);

		if (list)
			LLVMDeleteGlobal(list);
	}
}

/*
 * Whether only dead constants refer to it: LLVM keeps a deleted list's expressions and arrays in
 * the context. The address of a block (of an asm goto) refers to the function that it is in.
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

#define LEFT_BEHIND ".edge.left"

/* Nobody outside sees it any more: the optimiser removes it, and what only it refers to, before all
 * else. */
static void leave_behind(LLVMValueRef value)
{
	LLVMSetLinkage(value, LLVMInternalLinkage);
	LLVMSetSection(value, LEFT_BEHIND);
}

/* Programs other than @keep: entries of the other hook, of the object by itself, of its neighbours
 * in the file. */
static void drop_programs(LLVMModuleRef module, const char *keep)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		if (!LLVMIsDeclaration(f) && *section_of(f) && strcmp(LLVMGetValueName(f), keep) &&
		    unused(f))
			leave_behind(f);
}

static bool is_sdk_map(LLVMValueRef global)
{
	const char *name = LLVMGetValueName(global);

	return is_map(global) &&
	       (!strcmp(name, "edge_counters") || !strncmp(name, "edge_tail_", 10));
}

/* Licence and notes have been read by the loader; the SDK's own maps belong to the chain. */
static void drop_globals(LLVMModuleRef module)
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

	/* BTF wants identifiers: a static inside a function is called function.name. */
	for (char *c = name; *c; c++)
		if (*c == '.')
			*c = '_';
	if (length < (int)sizeof(name))
		LLVMSetValueName2(value, name, (size_t)length);
}

/*
 * A variable that is written to keeps an instance's section of its own, and stays visible, so that
 * what user space writes there counts; one that is only read may melt away. All read-only data goes
 * to .rodata, where no second map of that name can hide the metadata from bpftool.
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

static void rename_module(LLVMModuleRef module, int number)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		if (!LLVMIsDeclaration(f))
			rename_value(f, number);
	for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = LLVMGetNextGlobal(g)) {
		if (!LLVMGetInitializer(g))
			continue;
		rename_value(g, number);
		place_global(g, number);
	}
}

static void make_inline(LLVMContextRef context, LLVMValueRef function)
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
	arguments[0] = pkt;
	LLVMBuildRet(builder, LLVMBuildCall2(builder, LLVMGlobalGetValueType(verdict), verdict,
					     arguments, 2, ""));
	LLVMDisposeBuilder(builder);
}

static void link_instance(struct fuse *fuse, json_t *instance, size_t slot)
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

/* ---------------------------------------------------------------- the whole */

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
static void prepare_chain(struct fuse *fuse, const char *entry)
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
static void close_chain(struct fuse *fuse, const char *entry)
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

static void optimise(struct fuse *fuse)
{
	LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
	LLVMErrorRef error = LLVMRunPasses(fuse->chain, "default<O2>", fuse->machine, options);

	if (error)
		refuse(fuse, EL_FUSE_KIND_OTHER, "optimiser: %s", LLVMGetErrorMessage(error));
	LLVMDisposePassBuilderOptions(options);
}

/* ---------------------------------------------------------------- pointers */

static bool is_null_test(LLVMValueRef value)
{
	return LLVMIsAICmpInst(value) &&
	       LLVMGetTypeKind(LLVMTypeOf(LLVMGetOperand(value, 0))) == LLVMPointerTypeKind;
}

/* `and`, `or` of two tests, and the select that stands for && and ||. */
static bool joins_tests(LLVMValueRef instruction)
{
	LLVMOpcode opcode = LLVMGetInstructionOpcode(instruction);
	LLVMTypeRef type = LLVMTypeOf(instruction);

	return (opcode == LLVMAnd || opcode == LLVMOr || opcode == LLVMSelect) &&
	       LLVMGetTypeKind(type) == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(type) == 1;
}

/* Carry a truth value through a register that the code generator can't look into. */
static LLVMValueRef hide(const struct fuse *fuse, LLVMBuilderRef builder, LLVMValueRef truth)
{
	LLVMTypeRef word = LLVMInt64TypeInContext(fuse->context);
	LLVMTypeRef type = LLVMFunctionType(word, &word, 1, 0);
	LLVMValueRef asm_code =
		LLVMGetInlineAsm(type, "", 0, "=r,0", 4, 0, 0, LLVMInlineAsmDialectATT, 0);
	LLVMValueRef wide = LLVMBuildZExt(builder, truth, word, "");

	wide = LLVMBuildCall2(builder, type, asm_code, &wide, 1, "");
	return LLVMBuildICmp(builder, LLVMIntNE, wide, LLVMConstInt(word, 0, 0), "");
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
static void separate_pointer_tests(struct fuse *fuse)
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

static void check_supported(struct fuse *fuse)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(fuse->chain); f; f = LLVMGetNextFunction(f))
		for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b;
		     b = LLVMGetNextBasicBlock(b))
			for (LLVMValueRef i = LLVMGetFirstInstruction(b); i;
			     i = LLVMGetNextInstruction(i))
				check_instruction(fuse, i);
}

/* libbpf resolves what stands in .ksyms and .kconfig; anything else that is left open can't be
 * loaded. */
static void check_defined(struct fuse *fuse)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(fuse->chain); f; f = LLVMGetNextFunction(f)) {
		if (!LLVMIsDeclaration(f) || LLVMGetIntrinsicID(f) || !LLVMGetFirstUse(f) ||
		    !strcmp(section_of(f), ".ksyms"))
			continue;
		refuse(fuse, EL_FUSE_KIND_UNDEFINED, "%s() is called, and defined nowhere",
		       LLVMGetValueName(f));
	}
}

static void emit(struct fuse *fuse)
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

static void start_llvm(struct fuse *fuse)
{
	LLVMTargetRef target;
	char *error = NULL;

	LLVMInitializeBPFTargetInfo();
	LLVMInitializeBPFTarget();
	LLVMInitializeBPFTargetMC();
	LLVMInitializeBPFAsmPrinter();
	LLVMInitializeBPFAsmParser(); /* for inline assembly */
	fuse->context = LLVMContextCreate();
	LLVMContextSetDiagnosticHandler(fuse->context, on_diagnostic, fuse);
	if (LLVMGetTargetFromTriple("bpf", &target, &error))
		refuse(fuse, EL_FUSE_KIND_OTHER, "this LLVM has no BPF target: %s", error);
	fuse->machine =
		LLVMCreateTargetMachine(target, "bpfel", "v3", "", LLVMCodeGenLevelAggressive,
					LLVMRelocDefault, LLVMCodeModelDefault);
	fuse->layout = LLVMCreateTargetDataLayout(fuse->machine);
}

int main(int argc, char **argv)
{
	struct fuse fuse = {.instance = -1};
	const char *entry;
	json_t *instance;
	size_t slot;

	/* For edge-load doctor: whose bitcode this can read. */
	if (argc == 2 && !strcmp(argv[1], "--version"))
		return puts("LLVM " LLVM_VERSION_STRING) < 0;
	start_llvm(&fuse);
	confine(&fuse);
	fuse.request = read_request(&fuse);
	entry = json_string_value(json_object_get(fuse.request, "entry"));
	if (!entry)
		refuse(&fuse, EL_FUSE_KIND_OTHER, "the request names no entry");
	prepare_chain(&fuse, entry);
	json_array_foreach(json_object_get(fuse.request, "instances"), slot, instance)
		link_instance(&fuse, instance, slot);
	close_chain(&fuse, entry);
	optimise(&fuse);
	check_supported(&fuse);
	check_defined(&fuse);
	separate_pointer_tests(&fuse);
	emit(&fuse);
	put_answer(json_pack("{s:b}", "done", 1));
	_exit(0);
}
