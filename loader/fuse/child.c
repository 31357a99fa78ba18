// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * edge-load-fuse: the confined compiler. protocol.h describes its protocol.
 *
 * Bitcode is untrusted input to a parser of several hundred thousand lines, so this process gives
 * up its rights before it reads the first byte of bitcode: the caller's user, capabilities, new
 * privileges, and all system calls except for memory and for reading and writing open descriptors.
 * The caller closes other descriptors and limits time, memory and output (base/run.c). Only the
 * child*.c files use LLVM.
 */
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <llvm/Config/llvm-config.h>
#include <seccomp.h>

#include "fuse/child.h"

static void put_answer(json_t *answer)
{
	if (!answer || lseek(EL_FUSE_ANSWER, 0, SEEK_SET) || ftruncate(EL_FUSE_ANSWER, 0) ||
	    json_dumpfd(answer, EL_FUSE_ANSWER, 0))
		_exit(2);
	json_decref(answer);
}

void refuse(const struct fuse *fuse, const char *kind, const char *format, ...)
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

void blame(struct fuse *fuse, int instance)
{
	fuse->instance = instance;
	put_answer(instance < 0
			   ? json_object()
			   : json_pack("{s:s, s:i, s:s}", "kind", EL_FUSE_KIND_BITCODE, "instance",
				       instance, "message", "the compiler crashed on it"));
}

/* ---------------------------------------------------------------- confinement */

/* No allowed call takes a path. newfstatat, which glibc calls for fstat(), is not allowed, because
 * it would tell which files exist. */
static const int allowed_calls[] = {
	SCMP_SYS(brk),		SCMP_SYS(clock_gettime),  SCMP_SYS(close),
	SCMP_SYS(exit),		SCMP_SYS(exit_group),	  SCMP_SYS(fstat),
	SCMP_SYS(ftruncate),	SCMP_SYS(futex),	  SCMP_SYS(getpid),
	SCMP_SYS(getrandom),	SCMP_SYS(gettid),	  SCMP_SYS(gettimeofday),
	SCMP_SYS(lseek),	SCMP_SYS(madvise),	  SCMP_SYS(mremap),
	SCMP_SYS(munmap),	SCMP_SYS(pread64),	  SCMP_SYS(read),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_yield),	SCMP_SYS(sigaltstack),	  SCMP_SYS(sysinfo),
	SCMP_SYS(write),
};

static int confine_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	/* abort() sends a signal to its own process. */
	const struct scmp_arg_cmp itself = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0);
	/* No memory may become executable. */
	const struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	int error = filter ? 0 : -ENOMEM;

	for (size_t i = 0; !error && i < sizeof(allowed_calls) / sizeof(*allowed_calls); i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
	if (!error)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, itself);
	if (!error)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_code);
	if (!error)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_code);
	if (!error)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error;
}

/*
 * Become a user that no other process runs as, so that no other process may trace or kill this
 * process. If the user namespace does not map the first number, 65534 (nobody) is
 * used. A caller that is not root cannot change its user and gets a user namespace, so that
 * a capability gained by a kernel bug does not reach the objects outside.
 */
static void leave_user(void)
{
	static const uid_t users[] = {0xed6e10ad, 65534};

	for (size_t i = 0; !geteuid() && i < sizeof(users) / sizeof(*users); i++)
		if (!setgroups(0, NULL) && !setresgid(users[i], users[i], users[i]) &&
		    !setresuid(users[i], users[i], users[i]))
			return;
	unshare(CLONE_NEWUSER); /* if the machine allows it */
}

static void confine(const struct fuse *fuse)
{
	cap_t caps = cap_init(); /* all clear */
	pid_t parent = getppid();

	leave_user();
	/* A change of the user resets the parent-death signal that base/run.c set. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		refuse(fuse, EL_FUSE_KIND_OTHER, "the compiler can't end with edge-load: %s",
		       strerror(errno));
	if (getppid() != parent)
		_exit(1);
	if (!caps || cap_set_proc(caps) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    confine_calls())
		refuse(fuse, EL_FUSE_KIND_OTHER, "the compiler can't confine itself: %s",
		       strerror(errno));
	cap_free(caps);
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
	fuse->target = target;
	choose_machine(fuse, 3);
	fuse->layout = LLVMCreateTargetDataLayout(fuse->machine);
}

void choose_machine(struct fuse *fuse, unsigned version)
{
	char cpu[8];

	snprintf(cpu, sizeof(cpu), "v%u", version);
	fuse->cpu = version;
	if (fuse->machine)
		LLVMDisposeTargetMachine(fuse->machine);
	fuse->machine =
		LLVMCreateTargetMachine(fuse->target, "bpfel", cpu, "", LLVMCodeGenLevelAggressive,
					LLVMRelocDefault, LLVMCodeModelDefault);
}

int main(int argc, char **argv)
{
	struct fuse fuse = {.instance = -1};
	const char *entry;
	json_t *instance;
	size_t slot;

	/* edge-load doctor reads the LLVM version, which limits the readable bitcode. */
	if (argc == 2 && !strcmp(argv[1], "--version"))
		return puts("LLVM " LLVM_VERSION_STRING) < 0;
	/* No other process of the same user may trace this process. */
	prctl(PR_SET_DUMPABLE, 0);
	start_llvm(&fuse);
	confine(&fuse);
	fuse.request = read_request(&fuse);
	entry = json_string_value(json_object_get(fuse.request, "entry"));
	if (!entry)
		refuse(&fuse, EL_FUSE_KIND_OTHER, "the request names no entry");
	fuse.apart = json_is_true(json_object_get(fuse.request, "apart"));
	fuse.all_passes = json_is_true(json_object_get(fuse.request, "all_passes"));
	fuse.own_cpu = json_is_true(json_object_get(fuse.request, "own_cpu"));
	prepare_chain(&fuse, entry);
	json_array_foreach(json_object_get(fuse.request, "instances"), slot, instance)
		link_instance(&fuse, instance, slot);
	close_chain(&fuse, entry);
	if (fuse.own_cpu)
		choose_machine(&fuse, fuse.cpu);
	optimise(&fuse);
	separate_pointer_tests(&fuse);
	link_late(&fuse);
	check_supported(&fuse);
	check_defined(&fuse);
	emit(&fuse);
	put_answer(json_pack("{s:b}", "done", 1));
	_exit(0);
}
