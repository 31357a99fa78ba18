/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_FUSE_ONCE_H
#define EL_FUSE_ONCE_H
/*
 * Fusings of equal chains, done once: from el_fusings_begin() to el_fusings_end(), el_fuse() keeps
 * each answer of the compiler, and answers an equal request with it.
 */
#include "fuse/fuse.h"

/* The limits of what is kept; the oldest answers go first. */
#define EL_FUSINGS_MAX	     64
#define EL_FUSINGS_BYTES_MAX (32 << 20)

/* Return: 0; -ENOMEM, noted. */
int el_fusings_begin(struct el_context *context);
void el_fusings_end(struct el_context *context);

/*
 * Two requests are equal if their texts are, which have all names, parameters and constants, and if
 * their instances have the same objects. An object counts as the same only if it was opened once
 * (el_object_open_once()), so bytes need not be compared.
 */

/* Return: whether @fused has the answer to an equal request. */
bool el_fusing_find(const struct el_context *context, const struct el_placement *placement,
		    const char *request, struct el_fused *fused);
/* Keep a copy of an answer, unless it is too large or memory is short. */
void el_fusing_keep(struct el_context *context, const struct el_placement *placement,
		    const char *request, const struct el_fused *fused);

#endif
