/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_STALE_H
#define EL_STALE_H
/*
 * Programs that were set by hand, and still use maps that a swap replaces.
 */
#include "state/generation.h"

/**
 * el_stale_check() - find programs that would still use maps of @previous
 * @chain:  the new chain, with its maps; the kept maps hold the programs that were set by hand
 * @refuse: a requested resize or replacement of such a map is an error; otherwise, all cases are
 * warnings
 *
 * Return: 0; -EBUSY (EL_CONFLICT). Without CAP_SYS_ADMIN, no such program is found.
 */
int el_stale_check(struct el_context *context, const struct el_chain *chain,
		   const struct el_chain *previous, bool refuse);

#endif
