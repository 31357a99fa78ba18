/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_FUSED_H
#define EL_FUSED_H
/*
 * Check the answer and the object of edge-load-fuse, as plain bytes; fuse.c calls this after the
 * child has ended.
 */
#include "fuse/fuse.h"

/* Limits of the bytes that are read: an answer has a message of at most 1023 bytes, and the object
 * of 64 instances is below 2 MiB. */
#define EL_FUSED_ANSWER_MAX (64 << 10)
#define EL_FUSED_OBJECT_MAX (64 << 20)

/* Return: whether the answer says that the object is complete; otherwise @fused has the refusal. An
 * answer that is not valid JSON is a refusal without a message. */
bool el_fused_answer(const char *text, size_t size, const struct el_placement *placement,
		     struct el_fused *fused);
/* Return: 0; -EBADMSG if the object fails the checks for libbpf; -ENOMEM. Errors are noted. */
int el_fused_check(struct el_context *context, char *data, size_t size);

#endif
