/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_DIFF_H
#define EL_DIFF_H
/*
 * Building a list of differences.
 */
#include "base/base.h"

/* The texts of a new difference; NULL means "". */
struct el_difference_words {
	enum el_difference_kind kind;
	const char *instance, *from, *to;
};

/* Add a difference with copies of the texts. */
int el_differences_add(struct el_context *context, struct el_differences *changes,
		       struct el_difference_words words);

#endif
