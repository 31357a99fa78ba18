/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_TARGETS_H
#define EL_TARGETS_H
/*
 * The targets of an instance's own tail calls, as its source puts them into program arrays. Each
 * generation has its own program arrays: the running generation calls its own programs until the
 * swap, and calls them again after a rollback.
 */
#include "load/load.h"

/* Load the targets of the fused instances and put them into the slots that the source names; then
 * take over the slots of @previous that were set by hand. Call after all programs of @chain are
 * loaded. */
int el_targets_load(const struct el_making *making);

#endif
