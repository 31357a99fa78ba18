/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_RUN_H
#define EL_RUN_H
/*
 * Other programs: clang, llvm-objcopy, edge-load-fuse. No shell is involved.
 */
#include "internal.h"

struct el_run {
	const char *const *words; /* its name, which is looked for in $PATH, and its arguments;
				     ended by NULL */
	int in;			  /* its standard input, or -1: nothing */
	int out, err;		  /* its standard output and error */
	bool reads_private; /* it may read what root's right to read every file is needed for */
};

/**
 * el_run() - run a program, without any capability, and wait for it
 *
 * Return: its exit status, 128 and the signal's number if it was killed, or -errno when it could
 * not be run.
 */
int el_run(const struct el_run *run);
/* What was written to the memory file @fd. Return: as el_file_read(). */
int el_run_output(int fd, char **out, size_t *size);

#endif
