/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_TCX_H
#define EL_TCX_H
/*
 * TCX (kernel 6.6): all programs at a hook of a device, in the order in which packets pass them,
 * and the place of a chain's links among them.
 */
#include "hook/hook.h"

enum { EL_TCX_MAX = 64 }; /* kernel/bpf/mprog.c: BPF_MPROG_MAX */

struct el_tcx {
	uint32_t programs[EL_TCX_MAX];
	uint32_t links[EL_TCX_MAX]; /* 0: attached without a link */
	size_t count;
};

/* Return: 0; -EINVAL this kernel has no TCX; -errno. No error is noted. */
int el_tcx_query(int ifindex, enum edge_hook hook, struct el_tcx *out);

/* The numbers of a chain's links. Return: their count. */
size_t el_tcx_links(const struct el_attachment *chain, uint32_t ids[EL_TCX_MAX]);

/**
 * el_tcx_check() - check the place that is asked for
 * @running: the chain of ours that @chain replaces, or NULL
 *
 * Sets place->leaves to @running if @running is in another place. Return: 0; -ENOENT no such
 * program; -EINVAL several programs match, or the chain itself; -EPERM names cannot be read;
 * -EOPNOTSUPP no TCX.
 */
int el_tcx_check(struct el_context *context, const struct el_attachment *chain,
		 const struct el_attachment *running, struct el_place *place);

/* Create links for @chain's programs: the first link in the requested place or, by default, behind
 * all existing links; each further link behind its predecessor. Return: as el_tcx_check(); -ENOSYS
 * there is no TCX (no error is noted). */
int el_tcx_attach(struct el_context *context, struct el_attachment *chain,
		  const struct el_place *place);

#endif
