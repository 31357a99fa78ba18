/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_RUN_H
#define EL_RUN_H
/*
 * Runs other programs: clang, llvm-objcopy, edge-load-fuse. No shell is involved.
 *
 * The author of their input may be an attacker. So each program runs without capabilities, with
 * only the descriptors that it was given, and within limits of time, memory and output.
 */
#include "base/rights.h"

struct el_run {
	const char *const *words; /* the program's name and arguments, ended by NULL; a name without
				     "/" is searched in $PATH */
	const char *const *environment; /* ended by NULL; or NULL: this process's environment */
	int in;				/* standard input, or -1: /dev/null */
	int out, err;			/* standard output and error, or -1: /dev/null */
	const int *files;		/* the @files_count descriptors from 3 on */
	size_t files_count;
	struct el_rights_child rights;
};

/* The maximum of @files_count. */
#define EL_RUN_FILES_MAX 80

/**
 * el_run() - run a program and wait for it
 *
 * Return: its exit status; 128 plus the signal's number if a signal killed it; -ETIME if it was
 * killed because it took too long; or -errno if it could not be run.
 */
int el_run(const struct el_run *run);
/* Make a memory file with these bytes, for a program to read. Return: a descriptor, or -errno. */
int el_run_file(const char *name, const void *bytes, size_t size);
/* Read the contents of the memory file @fd. Return: 0, or -errno. */
int el_run_output(int fd, char **out, size_t *size);
/* Like el_run_output(), but -EFBIG if there are more than @most bytes. */
int el_run_output_at_most(int fd, size_t most, char **out, size_t *size);

/**
 * el_run_limit() - name the limit that a program has exceeded
 * @status: the return value of el_run()
 * @said: the program's output, or NULL
 *
 * Return: "it used more than ...", malloc'ed; NULL if the program ended for another reason.
 */
char *el_run_limit(int status, const char *said);

#endif
