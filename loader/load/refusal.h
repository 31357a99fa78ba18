/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_REFUSAL_H
#define EL_REFUSAL_H
/*
 * A program that the kernel or libbpf does not take: the reason, the instance, and the source line.
 */
#include "load/load.h"

/* The reason in a few words. malloc'ed. */
char *el_refusal_words(const struct el_load *load);

/**
 * el_refusal() - note the error of a load that failed
 * @placement: the instances that are in the program
 * @load: what el_program_load() left of it; its ELF file must still be there
 *
 * The error names the instances and the source line that the verifier stopped at; its detail is the
 * whole log.
 *
 * Return: -EPERM (EL_PRIVILEGE), -EACCES (EL_VERIFIER), or libbpf's error (EL_COMPILE).
 */
int el_refusal(struct el_context *context, const struct el_chain *chain,
	       const struct el_placement *placement, struct el_load *load);

#endif
