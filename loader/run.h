/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_RUN_H
#define EL_RUN_H
/*
 * Other programs: clang, llvm-objcopy, edge-load-fuse. No shell is involved.
 */
#include "internal.h"

/**
 * el_run() - run a program and wait for it
 * @words: its name, which is looked for in $PATH, and its arguments; ended by NULL
 * @in:    its standard input, or -1: nothing
 * @out:   its standard output
 * @err:   its standard error
 *
 * Return: its exit status, 128 and the signal's number if it was killed, or -errno when it could
 * not be run.
 */
int el_run(const char *const *words, int in, int out, int err);
/* What was written to the memory file @fd. Return: as el_file_read(). */
int el_run_output(int fd, char **out, size_t *size);

#endif
