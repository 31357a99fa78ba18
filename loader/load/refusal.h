/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_REFUSAL_H
#define EL_REFUSAL_H
/*
 * Refusals of a program by the kernel or libbpf: the reason, the instance, and the source line.
 */
#include "load/load.h"

/* The reason in a few words. malloc'ed. */
char *el_refusal_words(const struct el_load *load);

/**
 * el_refusal() - note the error of a failed load
 * @placement: the instances in the program
 * @load: the result of el_program_load(); its ELF file must still exist
 *
 * The error names the instances and the source line at which the verifier stopped; its detail is
 * the whole log.
 *
 * Return: -EPERM (EL_PRIVILEGE), -EACCES (EL_VERIFIER), or libbpf's error (EL_COMPILE).
 */
int el_refusal(struct el_context *context, const struct el_generation *chain,
	       const struct el_placement *placement, struct el_load *load);

#endif
