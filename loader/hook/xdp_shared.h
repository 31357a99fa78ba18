/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_HOOK_SHARED_H
#define EL_HOOK_SHARED_H
/*
 * XDP, shared: the hook's contract (chain/chain.h) for a chain that is an entry of libxdp's
 * dispatcher. Such a chain has no link: link_fd is -1, and what would be pinned as one is
 * HOOK:shared, the program array of one element that the entry goes on with.
 */
#include "hook/hook.h"

int el_shared_attach(struct el_context *context, struct el_attachment *chain);
int el_shared_swap(struct el_context *context, struct el_attachment *chain,
		   struct el_attachment *previous);
/* The entry alone goes; theirs stay. */
int el_shared_detach(struct el_context *context, const struct el_attachment *chain);
int el_shared_query(struct el_context *context, const struct el_attachment *chain, uint32_t *id);
/* The number of the dispatcher's entry that is this chain's; 0: there is none. */
uint32_t el_shared_entry(const struct el_context *context, const struct el_attachment *chain);
/* Remove what a killed attach or detach left among libxdp's pins; @ifindex is the device's number
 * in this network namespace, or 0 where it is gone. Nothing to do for a chain that is not shared.
 */
void el_shared_tidy(struct el_context *context, const struct el_site *site, int ifindex);

#endif
