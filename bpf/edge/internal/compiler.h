/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_COMPILER_H
#define EDGE_INTERNAL_COMPILER_H
/*
 * Attributes and hints for the compiler, and types for the packet's words.
 */
#include <linux/types.h>

/*
 * A function that stays a function of its own: the verifier goes through it once, however many
 * calls of it there are. Its arguments are the hook's context and numbers. Its name begins with
 * edge_sub_, so that all instances of a chain share the first instance's copy. It may not read or
 * write variables that the loader sets for each instance.
 */
#define EDGE_SUBPROGRAM __attribute__((noinline, weak))

/* Which way a branch goes usually. For the compiler only: it lays the code out by it. */
#define EDGE_LIKELY(x)	 __builtin_expect(!!(x), 1)
#define EDGE_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Make the compiler forget all that it knows about a pointer. */
#define EDGE_SETTLE(pointer) asm("" : "+r"(pointer))

/* Words of a packet, which may alias words of any other type. */
typedef __u16 __attribute__((may_alias)) edge_word16;
typedef __u32 __attribute__((may_alias)) edge_word32;
typedef __u64 __attribute__((may_alias)) edge_word64;

#endif
