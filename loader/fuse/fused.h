/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_FUSED_H
#define EL_FUSED_H
/*
 * What edge-load-fuse gave back, on plain bytes: fuse.c hands them over when the child has ended.
 */
#include "fuse/fuse.h"

/* More than these is not read: an answer has a message of 1023 bytes at most, and the object of 64
 * instances less than 2 MiB. */
#define EL_FUSED_ANSWER_MAX (64 << 10)
#define EL_FUSED_OBJECT_MAX (64 << 20)

/* Return: whether the answer says that the object stands; else @fused has the refusal. An answer
 * that is none is a refusal without a message. */
bool el_fused_answer(const char *text, size_t size, const struct el_placement *placement,
		     struct el_fused *fused);
/* Return: 0; -EBADMSG where the object is not one that libbpf may see; -ENOMEM. Errors are noted.
 */
int el_fused_check(struct el_context *context, char *data, size_t size);

#endif
