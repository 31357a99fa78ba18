/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_RUN_H
#define EL_RUN_H
/*
 * Other programs: clang, llvm-objcopy, edge-load-fuse. No shell is involved.
 *
 * What they read may be written by somebody who wants more than a program: so each runs without any
 * capability, with the descriptors that it was given and no other, and within limits of time,
 * memory and output.
 */
#include "base/rights.h"

struct el_run {
	const char *const *words; /* its name, which is looked for in $PATH unless it has a "/" in
				     it, and its arguments; ended by NULL */
	const char *const *environment; /* ended by NULL; or NULL: this process's own */
	int in;				/* its standard input, or -1: nothing */
	int out, err;			/* its standard output and error, or -1: nowhere */
	const int *files;		/* its descriptors from 3 on, @files_count of them */
	size_t files_count;
	struct el_rights_child rights;
};

/* Most of @files_count. */
#define EL_RUN_FILES_MAX 80

/**
 * el_run() - run a program and wait for it
 *
 * Return: its exit status; 128 and the signal's number if it was killed; -ETIME if it was killed
 * because it took too long; or -errno when it could not be run.
 */
int el_run(const struct el_run *run);
/* A memory file with these bytes, for a program to read. Return: a descriptor, or -errno. */
int el_run_file(const char *name, const void *bytes, size_t size);
/* What was written to the memory file @fd. Return: 0, or -errno. */
int el_run_output(int fd, char **out, size_t *size);
/* The same, -EFBIG where it is more than @most. */
int el_run_output_at_most(int fd, size_t most, char **out, size_t *size);

/**
 * el_run_limit() - the limit that a program has met
 * @status: el_run()'s
 * @said: what the program has printed, or NULL
 *
 * Return: "it used more than ...", malloc'ed; NULL where it ended for another reason.
 */
char *el_run_limit(int status, const char *said);

#endif
