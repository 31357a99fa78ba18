/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_STALE_H
#define EL_STALE_H
/*
 * Programs that were set by hand, and still use maps that a swap replaces.
 */
#include "state/generation.h"

/**
 * el_stale_check() - find programs that would still use maps of @previous
 * @making: the new chain, with its maps; the kept maps hold the programs that were set by hand
 *
 * A resize or a replacement of such a map that making->asked.spec requests is an error; all other
 * cases are warnings.
 *
 * Return: 0; -EBUSY (EL_CONFLICT). Without CAP_SYS_ADMIN, no such program is found.
 */
int el_stale_check(const struct el_making *making);

#endif
