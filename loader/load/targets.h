/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_TARGETS_H
#define EL_TARGETS_H
/*
 * The programs that an instance's own tail calls lead to, as its source puts them into program
 * arrays. Each generation has program arrays of its own: the one that runs goes on calling its own
 * programs until the swap, and calls them again after a rollback.
 */
#include "load/load.h"

/* Load the targets of the instances that were fused, and put them where the source says; then take
 * over from @previous the slots that were set by hand. After all programs of @chain are loaded. */
int el_targets_load(const struct el_making *making);

#endif
