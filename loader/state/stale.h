/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_STALE_H
#define EL_STALE_H
/*
 * Programs that were set by hand, and maps that take the place of theirs.
 */
#include "state/generation.h"

/**
 * el_stale_check() - look for programs that would go on with maps of @previous
 * @chain:  its maps are known; the kept ones hold what was set by hand
 * @refuse: a map that was to be resized or replaced is an error; else all is only warned of
 *
 * Return: 0; -EBUSY (EL_CONFLICT). Without CAP_SYS_ADMIN it finds none.
 */
int el_stale_check(struct el_context *context, const struct el_chain *chain,
		   const struct el_chain *previous, bool refuse);

#endif
