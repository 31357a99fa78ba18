/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_REDIRECT_H
#define EL_REDIRECT_H
#include "chain/chain.h"

/*
 * The tables called edge_targets, which functions have that send packets at XDP: how the devices of
 * this network namespace take them.
 */

/* Fill those of a chain that is being made. */
int el_redirect_fill(struct el_context *context, const struct el_chain *chain);
/* Bring those of all chains on devices of this network namespace up to date: a program that is
 * attached or detached changes what its device takes. What fails leaves them as they were, and is
 * only warned of. */
void el_redirect_refresh(struct el_context *context);

#endif
