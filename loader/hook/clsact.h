/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_CLSACT_H
#define EL_CLSACT_H
/*
 * A chain as a filter of cls_bpf, in direct action, at a handle and a priority of its own.
 */
#include "hook/hook.h"

/* Whether the device's qdisc keeps @chain from its hook. Noted. */
int el_clsact_check(struct el_context *context, const struct el_attachment *chain);
/* Put @chain's first program there; @replace: in place of the one that runs. Where the kernel put
 * it is looked at: a device with an ingress qdisc has no egress. */
int el_clsact_put(struct el_context *context, struct el_attachment *chain, bool replace);
/* The number of the program there, or 0. */
int el_clsact_query(struct el_context *context, const struct el_attachment *chain, uint32_t *id);
/* Take it off; the qdisc stays, as others may use it. */
int el_clsact_detach(struct el_context *context, const struct el_attachment *chain);

#endif
