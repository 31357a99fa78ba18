/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_CLSACT_H
#define EL_CLSACT_H
/*
 * A chain as a filter of cls_bpf in direct-action mode, at a handle and a priority of edge-load.
 */
#include "hook/hook.h"

/* Whether the device's qdisc keeps @chain from its hook. An error is noted. */
int el_clsact_check(struct el_context *context, const struct el_attachment *chain);
/* Attach @chain's first program; @replace: replace the running program. The place of the filter is
 * checked afterwards, because a device with an ingress qdisc has no egress. */
int el_clsact_put(struct el_context *context, struct el_attachment *chain, bool replace);
/* The number of the attached program, or 0. */
int el_clsact_query(struct el_context *context, const struct el_attachment *chain, uint32_t *id);
/* Remove the filter; the qdisc stays, because other programs may use it. */
int el_clsact_detach(struct el_context *context, const struct el_attachment *chain);

#endif
