// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Compiler flags of one source: checks that they are allowed, and the owners of the files that they
 * name.
 */
#include "object/cflags.h"

#define ALLOWED                                                                        \
	"-D, -U, -I, -iquote, -isystem, -idirafter, -include, -std=, -mcpu=, -O, -W, " \
	"and the -f flags for code generation that edge-load.yaml(5) lists"

/* Flags that name a header, or a folder of headers. If a flag begins like another, the longer flag
 * comes first. */
static const char *const path_flags[] = {"-include", "-idirafter", "-isystem", "-iquote", "-I"};

static const char *path_flag(const char *word)
{
	for (size_t i = 0; i < sizeof(path_flags) / sizeof(*path_flags); i++)
		if (!strncmp(word, path_flags[i], strlen(path_flags[i])))
			return path_flags[i];
	return NULL;
}

static bool begins_with_any(const char *word, const char *const *starts)
{
	for (; *starts; starts++)
		if (!strncmp(word, *starts, strlen(*starts)))
			return true;
	return false;
}

/* The -f flags that choose the meaning of the language and the generated code. Other -f flags write
 * files beside the object, load code or start programs, and each release of clang has new flags. */
static bool is_allowed_f(const char *word)
{
	static const char *const starts[] = {"-fno-", "-fstrict-", "-finline-", NULL};
	/* It makes clang run the program as. */
	static const char *const never[] = {"-fno-integrated-", NULL};
	static const char *const names[] = {"-fwrapv",
					    "-fbuiltin",
					    "-ffreestanding",
					    "-fhosted",
					    "-fms-extensions",
					    "-fgnu89-inline",
					    "-fshort-enums",
					    "-fsigned-char",
					    "-funsigned-char",
					    "-fpack-struct",
					    "-fcommon",
					    "-fdelete-null-pointer-checks",
					    "-fjump-tables",
					    "-fmerge-all-constants",
					    "-fomit-frame-pointer",
					    "-funroll-loops",
					    "-fvectorize",
					    "-fslp-vectorize",
					    NULL};

	for (size_t i = 0; names[i]; i++)
		if (!strcmp(word, names[i]))
			return true;
	return !strchr(word, '=') && begins_with_any(word, starts) && !begins_with_any(word, never);
}

static bool is_allowed(const char *word)
{
	/* clang passes these values on to cc1 as words of their own, and cc1 reads a word that
	 * begins with "@" as a file of more words, without restriction. */
	static const char *const files[] = {"-D@", "-U@", "-mcpu=@", NULL};
	static const char *const starts[] = {"-std=", "-mcpu=", "-O", "-W", "-D", "-U", NULL};
	static const char *const never[] = {"-Wl,", "-Wa,", "-Wp,", NULL};

	if (!strcmp(word, "-w"))
		return true;
	if (!strncmp(word, "-f", 2))
		return is_allowed_f(word);
	return begins_with_any(word, starts) && !begins_with_any(word, never) &&
	       !begins_with_any(word, files);
}

static int refuse(struct el_context *context, const char *word)
{
	return el_fail(context, EL_USAGE, EINVAL, "these are: " ALLOWED,
		       "the compiler flag \"%s\" is not allowed", word);
}

static int lacks_value(struct el_context *context, const char *word)
{
	return el_fail(context, EL_USAGE, EINVAL, NULL, "the compiler flag %s has no value", word);
}

/* Write "-I/absolute" or "-include\n/absolute", which clang takes as two words. */
static void put_path(FILE *out, const char *flag, const char *path, const char *folder)
{
	fprintf(out, "%s%s", flag, strcmp(flag, "-include") ? "" : "\n");
	if (*path != '/')
		fprintf(out, "%s/", strcmp(folder, "/") ? folder : "");
	fputs(path, out);
}

/* Write one flag; *@i is left at its last word. */
static int put_flag(struct el_context *context, const struct el_cflags *flags, size_t *i, FILE *out)
{
	const char *const *words = flags->words;
	const char *word = words[*i], *flag = path_flag(word);
	bool defines = !strcmp(word, "-D") || !strcmp(word, "-U");
	const char *value = flag ? word + strlen(flag) : "";

	if (strchr(word, '\n'))
		return refuse(context, word);
	if (!flag && !is_allowed(word))
		return refuse(context, word);
	if (defines || (flag && !*value)) {
		if (*i + 1 == flags->count || !*words[*i + 1] || strchr(words[*i + 1], '\n'))
			return lacks_value(context, word);
		value = words[++*i];
		if (defines && *value == '@')
			return refuse(context, value);
	}
	if (flag)
		put_path(out, flag, value, flags->folder);
	else
		fprintf(out, "%s%s", word, value);
	return 0;
}

int el_cflags_make(struct el_context *context, const struct el_cflags *flags, char **out)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *stream;
	int error = 0;

	if (flags->count > EL_CFLAGS_MAX)
		return el_fail(context, EL_USAGE, E2BIG, NULL,
			       "%zu compiler flags were given, the most is %d", flags->count,
			       EL_CFLAGS_MAX);
	stream = open_memstream(&text, &size);
	if (!stream)
		return el_fail_memory(context);
	for (size_t i = 0; !error && i < flags->count; i++) {
		if (i)
			fputc('\n', stream);
		error = put_flag(context, flags, &i, stream);
	}
	if (el_stream_end(stream, &text) && !error)
		error = el_fail_memory(context);
	if (!error)
		*out = TAKE_PTR(text);
	return error;
}

const char *el_cflags_next(const char **at, size_t *length)
{
	const char *word = *at;

	if (!word || !*word)
		return NULL;
	*length = strcspn(word, "\n");
	*at = word + *length + (word[*length] == '\n');
	return word;
}

static int check_path(struct el_context *context, const char *path)
{
	_cleanup_fd_ int fd = -1;

	return el_file_open_owned(context, path, &fd);
}

/* Whether @word has the form that el_cflags_make() makes; @next is the following word, or NULL. */
static bool is_made(const char *word, const char *next)
{
	const char *flag = path_flag(word);

	if (!flag)
		return is_allowed(word);
	return strcmp(flag, "-include") ? word[strlen(flag)] == '/'
					: !word[strlen(flag)] && next && *next == '/';
}

static int check_word(struct el_context *context, const char *word, const char *next)
{
	const char *flag = path_flag(word);

	if (!is_made(word, next))
		return refuse(context, word);
	if (!flag)
		return 0;
	return check_path(context, strcmp(flag, "-include") ? word + strlen(flag) : next);
}

int el_cflags_check(struct el_context *context, const char *flags)
{
	_cleanup_free_ char *text = strdup(flags ? flags : "");
	char *rest = text, *word, *next;
	int error = text ? 0 : el_fail_memory(context);

	for (word = strsep(&rest, "\n"); !error && word && *word; word = next) {
		next = strsep(&rest, "\n");
		error = check_word(context, word, next);
		if (!strcmp(word, "-include")) /* skip its value, too */
			next = strsep(&rest, "\n");
	}
	return error;
}
