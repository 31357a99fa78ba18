/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_HOOK_SHARED_H
#define EL_HOOK_SHARED_H
/*
 * XDP, shared: the hook's contract (hook/hook.h) for a chain that is an entry of libxdp's
 * dispatcher. Such a chain has no link: link_fd is -1, and instead of a link, HOOK:shared is
 * pinned: the program array of one element through which the entry calls the chain.
 */
#include "hook/hook.h"

int el_shared_attach(struct el_context *context, struct el_attachment *chain);
int el_shared_swap(struct el_context *context, struct el_attachment *chain,
		   struct el_attachment *previous);
/* Remove the chain's entry from the dispatcher; the other entries stay. */
int el_shared_detach(struct el_context *context, const struct el_attachment *chain);
int el_shared_query(struct el_context *context, const struct el_attachment *chain, uint32_t *id);
/* The number of this chain's entry in the dispatcher, or 0. */
uint32_t el_shared_entry(const struct el_context *context, const struct el_attachment *chain);
/* Remove the remains of a killed attach or detach from libxdp's pins. @ifindex is the device's
 * number in this network namespace, or 0 if the device is gone. Does nothing for a chain that is
 * not shared. */
void el_shared_tidy(struct el_context *context, const struct el_site *site, int ifindex);

#endif
