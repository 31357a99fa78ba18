/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_REDIRECT_H
#define EL_REDIRECT_H
#include "chain/chain.h"

/*
 * The tables named edge_targets, in functions that send packets at XDP: the properties of the
 * devices of this network namespace as targets.
 */

/* Fill the tables of a new chain. */
int el_redirect_fill(struct el_context *context, const struct el_generation *chain);
/* Update the tables of all chains on devices of this network namespace, since attaching or
 * detaching a program changes whether its device accepts frames. A failure leaves the tables
 * unchanged, and causes only a warning. */
void el_redirect_refresh(struct el_context *context);

#endif
