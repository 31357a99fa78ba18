/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_DIFF_H
#define EL_DIFF_H
/*
 * Building a list of differences.
 */
#include "base/base.h"

/* Add a copy of @change, whose texts may be NULL for "". */
int el_differences_add(struct el_context *context, struct el_differences *changes,
		       struct el_difference change);

#endif
