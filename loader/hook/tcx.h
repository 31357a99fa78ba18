/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_TCX_H
#define EL_TCX_H
/*
 * TCX (kernel 6.6): the programs at a hook of a device, everybody's, in the order in which packets
 * pass them, and a chain's links at their place among them.
 */
#include "hook/hook.h"

enum { EL_TCX_MAX = 64 }; /* kernel/bpf/mprog.c: BPF_MPROG_MAX */

struct el_tcx {
	uint32_t programs[EL_TCX_MAX];
	uint32_t links[EL_TCX_MAX]; /* 0: attached without one */
	size_t count;
};

/* Return: 0; -EINVAL this kernel has no TCX; -errno. Without noting an error. */
int el_tcx_query(int ifindex, enum edge_hook hook, struct el_tcx *out);

/* The numbers of a chain's links. Return: how many. */
size_t el_tcx_links(const struct el_attachment *chain, uint32_t ids[EL_TCX_MAX]);

/**
 * el_tcx_check() - whether @chain can stand where chain->order and chain->beside want it
 * @running: the chain of ours that it takes over from, or NULL
 *
 * Sets chain->leaves to @running where that does not stand there. Return: 0; -ENOENT no such
 * program; -EINVAL several, or the chain's own; -EPERM names can't be read; -EOPNOTSUPP no TCX.
 */
int el_tcx_check(struct el_context *context, struct el_attachment *chain,
		 const struct el_attachment *running);

/* Link @chain's programs, each behind the one before it, the first where it is wanted, else behind
 * all that is there. Return: as el_tcx_check(); -ENOSYS there is no TCX, without noting an error.
 */
int el_tcx_attach(struct el_context *context, struct el_attachment *chain);

#endif
