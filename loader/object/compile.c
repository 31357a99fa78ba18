// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Compiles C source to an object: runs clang and keeps its messages unchanged.
 *
 * clang runs twice: it compiles the source to optimised bitcode, and then the bitcode to the object
 * in which the bitcode is embedded. clang's own -fembed-bitcode takes these two steps, too, but
 * passes neither -mcpu nor most other flags of code generation to the second step (clang 14,
 * Driver/ToolChains/Clang.cpp), so the code would be for the first BPF machine.
 *
 * The compiler writes its output to memory files, so no file is left if clang or edge-load is
 * killed. The object replaces its predecessor by a rename, whole or not at all. No shell is
 * involved.
 *
 * clang compiles the bytes whose owner was checked: they are in a memory file, which clang reads in
 * place of the source. clang has no more rights than the source's owner, whatever the source
 * includes. It opens headers by their names, and lists them; edge-load checks their owners
 * afterwards. Files that .incbin names are not in that list.
 */
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "object/cflags.h"
#include "object/compile.h"
#include "base/replace.h"
#include "base/rights.h"
#include "base/run.h"
#include "object/source.h"
#include "base/reason.h"

enum { WORDS_MAX = 256 };

/* A command line. It owns the words in @owned, which were made for it. */
struct words {
	const char *word[WORDS_MAX + 1];
	char *owned[WORDS_MAX];
	size_t count, owned_count;
};

static void words_free(struct words *words)
{
	for (size_t i = 0; i < words->owned_count; i++)
		free(words->owned[i]);
}

static void words_add(struct words *words, const char *word)
{
	if (words->count < WORDS_MAX)
		words->word[words->count++] = word;
}

/* Takes over @word. If @word is NULL for lack of memory, the option is missing, and clang reports
 * that. */
static void words_add_owned(struct words *words, char *word)
{
	if (!word)
		return;
	if (words->owned_count == WORDS_MAX) {
		free(word);
		return;
	}
	words->owned[words->owned_count++] = word;
	words_add(words, word);
}

/* For -include FILE, clang's driver uses any precompiled header that stands beside FILE, whoever
 * put it there, and does not list it. cc1, which receives the words of -Xclang, does not. */
static void words_add_flag(struct words *words, const char *word, size_t length)
{
	static const char include[] = "-include";
	const size_t flag = sizeof(include) - 1;

	if (length >= flag && !strncmp(word, include, flag) && word[flag] != '-') {
		words_add(words, "-Xclang");
		words_add(words, include);
		words_add(words, "-Xclang");
		word += flag;
		length -= flag;
	}
	if (length)
		words_add_owned(words, strndup(word, length));
}

/* Add the words of $EDGE_LOAD_CFLAGS, split at spaces as a shell would, without quotes. */
static void words_add_environment(struct words *words, const char *name)
{
	const char *at = getenv(name);

	while (at && *at) {
		size_t length = strcspn(at, " \t\n");

		if (length)
			words_add_flag(words, at, length);
		at += length;
		at += strspn(at, " \t\n");
	}
}

/*
 * Debian keeps asm/types.h in a folder of the architecture, in which clang does not search for the
 * BPF machine. This machine's folder begins with the machine's name; otherwise any such folder
 * works, as asm/types.h is the same for all 64-bit machines.
 */
static char *multiarch_directory(void)
{
	_cleanup_free_ char *pattern = NULL;
	struct utsname system;
	glob_t found = {0};
	char *directory = NULL;

	if (!uname(&system))
		pattern = el_format("/usr/include/%s-linux-gnu*/asm", system.machine);
	if (pattern && glob(pattern, 0, NULL, &found) == GLOB_NOMATCH)
		glob("/usr/include/*-linux-gnu*/asm", 0, NULL, &found);
	if (found.gl_pathc)
		directory = el_format("%s/..", found.gl_pathv[0]);
	globfree(&found);
	return directory;
}

static void words_add_flags(struct words *words, const char *flags)
{
	const char *word;
	size_t length;

	while ((word = el_cflags_next(&flags, &length)))
		words_add_flag(words, word, length);
}

/* clang's driver takes a word that begins with "-" for an option, and with "@" for a file of more
 * words. It passes the name on to cc1 as a separate word. malloc'ed. */
static char *as_file(const char *path)
{
	return el_format("%s%s", strchr("-@", *path) ? "./" : "", path);
}

/* Add the folder of the source, for headers beside it. */
static void words_add_folder(struct words *words, const char *path)
{
	char folder[strlen(path) + 1];
	_cleanup_free_ char *name = as_file(dirname(strcpy(folder, path)));

	words_add_owned(words, name ? el_format("-I%s", name) : NULL);
}

/* Add the flags of both steps. */
static void clang_words(struct el_context *context, const struct el_source *source,
			struct words *words)
{
	static const char *const always[] = {
		"-O2", "-g", "-target", "bpf", "-mcpu=v3", "-Wall", "-Wextra",
		/* A program that only counts does not use its context. */
		"-Wno-unused-parameter",
		/* clang must not optimise on the assumption that no access goes through NULL: the
		 * verifier refuses such an access. */
		"-fno-delete-null-pointer-checks",
		/* A function without a declaration can never be linked to a BPF program. */
		"-Werror=implicit-function-declaration",
		/* A crash of the compiler must leave no files in /tmp. */
		"-fno-crash-diagnostics"};
	const char *clang = getenv("CLANG");
	char *multiarch = multiarch_directory();

	words_add(words, clang && *clang ? clang : "clang");
	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
		words_add(words, always[i]);
	words_add_folder(words, source->path);
	words_add_owned(words, el_format("-I%s", context->include));
	words_add_owned(words, el_format("-I%s/edge-compat", context->include));
	if (multiarch) {
		words_add(words, "-idirafter");
		words_add_owned(words, multiarch);
	}
	/* Keep the compilation folder out of the object, so that its digest is the same everywhere.
	 * A relative path is left unchanged: clang reads BTF's source lines from the file. */
	if (*source->path == '/')
		words_add(words, "-fdebug-compilation-dir=/");
	words_add_environment(words, "EDGE_LOAD_CFLAGS");
	words_add_flags(words, source->flags);
	words_add(words, "-c");
	words_add(words, "-o");
	words_add(words, "-");
}

/*
 * The DWARF that -g generates besides BTF is three quarters of an object, and is not needed: the
 * bitcode carries its own. Without llvm-objcopy, the object is only larger. Return: the object's
 * descriptor; -ENOMEM.
 */
static int strip_dwarf(const struct el_rights_child *rights, int object)
{
	struct words words = {0};
	_cleanup_fd_ int stripped = memfd_create("stripped", MFD_CLOEXEC);
	_cleanup_fd_ int ignored = memfd_create("diagnostics", MFD_CLOEXEC);
	const char *objcopy = getenv("LLVM_OBJCOPY");
	int status;

	if (stripped < 0 || ignored < 0 || lseek(object, 0, SEEK_SET) < 0)
		return object;
	words_add(&words, objcopy && *objcopy ? objcopy : "llvm-objcopy");
	words_add(&words, "--strip-debug");
	words_add(&words, "-");
	words_add(&words, "-");
	status = el_run(&(struct el_run){.words = words.word,
					 .in = object,
					 .out = stripped,
					 .err = ignored,
					 .rights = *rights});
	if (status && status != -ENOMEM)
		return object;
	close(object);
	return status ? status : TAKE_FD(stripped);
}

/* Note that clang could not be run. */
static int fail_run(struct el_context *context, const struct el_source *source, int status)
{
	if (status == -ENOENT)
		return el_fail(
			context, EL_UNSUPPORTED, ENOENT,
			"install clang (Debian: apt install clang), or set $CLANG; objects that "
			"are compiled already need none",
			"%s: clang, which compiles the source, is not installed", source->path);
	if ((status == -EPERM || status == -EINVAL) && el_rights_is_lesser(source->owner))
		return el_fail(context, EL_PRIVILEGE, EPERM,
			       "compile the source as that user (edge-load build), or run "
			       "edge-load as root with CAP_SETUID and CAP_SETGID",
			       "%s belongs to user %u, and clang can't be run as that "
			       "user",
			       source->path, source->owner);
	return el_fail(context, EL_FAILED, -status, NULL, "%s: can't run clang: %s", source->path,
		       el_reason(EL_OP_SYSTEM, -status));
}

static int fail_compile(struct el_context *context, const struct el_source *source, int status,
			char *said)
{
	_cleanup_free_ char *limit = el_run_limit(status, said), *words = said;
	const char *flags = getenv("EDGE_LOAD_CFLAGS");
	int error;

	if (limit)
		return el_fail(context, EL_FAILED, EDQUOT,
			       "raise the limit (ulimit, systemd.exec(5)); for more time set "
			       "$EDGE_LOAD_COMPILE_SECONDS",
			       "%s: does not compile: the compiler exceeded a limit: %s",
			       source->path, limit);
	if (status < 0)
		return fail_run(context, source, status);
	error = el_fail(context, EL_COMPILE, EINVAL,
			flags && strstr(flags, "-O0")
				? "EDGE_LOAD_CFLAGS has -O0, but BPF code must be optimised: use "
				  "-O1 or -O2; the compiler's messages follow"
				: "the compiler's messages follow",
			"%s: does not compile", source->path);
	el_error_detail(context, TAKE_PTR(words));
	return error;
}

/* A step of clang: from the source to bitcode, or from bitcode to the object. */
struct step {
	struct words words;
	int in, out; /* descriptors; @in may be -1 */
};

static void step_free(struct step *step)
{
	words_free(&step->words);
}

static int run_clang(struct el_context *context, const struct el_source *source,
		     const struct step *step)
{
	_cleanup_fd_ int diagnostics = memfd_create("diagnostics", MFD_CLOEXEC);
	const int files[] = {source->bytes, source->headers};
	struct el_run run = {
		.words = step->words.word,
		.in = step->in,
		.out = step->out,
		.err = diagnostics,
		.files = files,
		.files_count = 2,
		.rights = el_source_rights(context, source),
	};
	_cleanup_free_ char *said = NULL;
	size_t size = 0;
	int status;

	if (diagnostics < 0)
		return el_fail(context, EL_FAILED, errno, NULL, "can't make a memory file: %s",
			       el_reason(EL_OP_SYSTEM, errno));
	status = el_run(&run);
	if (el_run_output(diagnostics, &said, &size))
		return el_fail_memory(context);
	if (status)
		return fail_compile(context, source, status, TAKE_PTR(said));
	if (size && context->warn)
		context->warn(context->warn_data, said);
	return 0;
}

static int make_bitcode(struct el_context *context, const struct el_source *source, int bitcode)
{
	_cleanup_(step_free) struct step step = {.in = -1, .out = bitcode};
	struct words *words = &step.words;
	_cleanup_free_ char *path = as_file(source->path);

	if (!path)
		return el_fail_memory(context);
	clang_words(context, source, words);
	/* clang sees the bytes under the source's own name, which matters for includes, messages
	 * and BTF's source lines. */
	words_add(words, "-Xclang");
	words_add(words, "-remap-file");
	words_add(words, "-Xclang");
	words_add_owned(words, el_format("%s;/proc/self/fd/" EL_SOURCE_BYTES, path));
	words_add(words, "-MD");
	words_add(words, "-MF");
	words_add(words, "/proc/self/fd/" EL_SOURCE_HEADERS);
	words_add(words, "-emit-llvm");
	words_add(words, path);
	return run_clang(context, source, &step);
}

/* The bitcode is already optimised: this step generates the code without more passes, and embeds
 * the bitcode. clang reads BTF's source lines from the source, by its name. */
static int make_object(struct el_context *context, const struct el_source *source, int bitcode,
		       int object)
{
	static const char *const more[] = {"-Qunused-arguments",
					   "-Wno-override-module",
					   "-Xclang",
					   "-fembed-bitcode=bitcode",
					   "-Xclang",
					   "-disable-llvm-passes",
					   "-x",
					   "ir",
					   "-"};
	_cleanup_(step_free) struct step step = {.in = bitcode, .out = object};

	if (lseek(bitcode, 0, SEEK_SET) < 0)
		return el_fail(context, EL_FAILED, errno, NULL, "%s: can't read its bitcode: %s",
			       source->path, el_reason(EL_OP_SYSTEM, errno));
	clang_words(context, source, &step.words);
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++)
		words_add(&step.words, more[i]);
	return run_clang(context, source, &step);
}

static int compile_source(struct el_context *context, const struct el_source *source, int bitcode,
			  int object)
{
	int error = el_cflags_check(context, source->flags);

	if (!error)
		error = make_bitcode(context, source, bitcode);
	/* The headers need no check if clang ran with the rights of their owner: then they could do
	 * no more than that owner. */
	if (!error && (el_rights_any() || (!geteuid() && !source->owner)))
		error = el_source_check_headers(context, source);
	return error ? error : make_object(context, source, bitcode, object);
}

int el_compile_memory(struct el_context *context, const char *path, const char *flags, int *out)
{
	_cleanup_(el_source_close) struct el_source source = {
		.path = path, .flags = flags, .bytes = -1, .headers = -1};
	_cleanup_fd_ int bitcode = memfd_create("bitcode", MFD_CLOEXEC);
	_cleanup_fd_ int object = memfd_create("object", MFD_CLOEXEC);
	struct el_rights_child rights;
	int error;

	/* The compiler reads the checked bytes through /proc/self/fd. */
	if (access("/proc/self/fd", F_OK))
		return el_fail(context, EL_UNSUPPORTED, errno, "mount -t proc proc /proc",
			       "%s: a source can't be compiled where no /proc is mounted", path);
	if (bitcode < 0 || object < 0)
		return el_fail(context, EL_FAILED, errno, NULL, "can't make a memory file: %s",
			       el_reason(EL_OP_SYSTEM, errno));
	error = el_source_open(context, &source);
	if (!error)
		error = compile_source(context, &source, bitcode, object);
	if (error)
		return error;
	rights = el_source_rights(context, &source);
	object = strip_dwarf(&rights, TAKE_FD(object));
	error = object == -ENOMEM ? el_fail_memory(context) : el_check_memory(context);
	if (error)
		return error;
	lseek(object, 0, SEEK_SET);
	*out = TAKE_FD(object);
	return 0;
}

static int write_whole(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t done = write(fd, data, size);

		if (done < 0)
			return -errno;
		data += done;
		size -= (size_t)done;
	}
	return 0;
}

int el_compile(struct el_context *context, const char *source, const char *output)
{
	_cleanup_free_ char *data = NULL;
	_cleanup_fd_ int object = -1;
	struct el_replacement file;
	size_t size = 0;
	int error;

	error = el_compile_memory(context, source, NULL, &object);
	if (error)
		return error;
	error = el_file_read_fd(object, &data, &size);
	if (error)
		return el_fail(context, EL_FAILED, -error, NULL, "%s: can't read the object: %s",
			       source, el_reason(EL_OP_SYSTEM, -error));
	error = el_replace_begin(context, output, false, &file);
	if (error)
		return error;
	error = write_whole(file.fd, data, size);
	if (!error)
		return el_replace_end(context, output, &file);
	el_replace_give_up(context, &file);
	return el_fail(context, EL_FAILED, -error, NULL, "can't write %s: %s", output,
		       el_reason(EL_OP_SYSTEM, -error));
}
