/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef PLAIN_H
#define PLAIN_H
/*
 * Ordinary programs (tests/e2e/plain) in chains: alone, in the middle, and last. Each chain is compared with the program
 * itself, loaded by libbpf: the verdict, every byte of the packet, and every entry of its maps. All runs get the same
 * packets in the same order, so the state is comparable, too.
 */
#include "lib/program.h"

/*
 * The exception for a program: 'x' no function can follow it, 'l' in the middle of a chain it is a
 * link of its own, 'e' the program cannot be compared with itself, and has its own test; 0 no
 * exception.
 */
struct exception {
	const char *name;
	char kind;
};

/* A whole test: each program for this hook is a test of its own. Return: the number of tests that failed. */
int plain_main(enum hook hook, const struct exception *exceptions, size_t count);

#endif
