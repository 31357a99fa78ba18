/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_XDP_WHY_H
#define EL_XDP_WHY_H
/*
 * Why the kernel refuses an XDP program: the kernel's message, and programs on the devices above
 * and below.
 */
#include "hook/hook.h"

/**
 * el_xdp_ask() - get the kernel's reason for refusing @chain's first program
 * @words: the kernel's message, or ""
 *
 * bpf() returns only the number of the error. So the same attach is tried through rtnetlink, which
 * returns a message (NETLINK_EXT_ACK); the attempt never replaces an existing program. Return: true
 * if the kernel accepted the program this time, and it was removed again: a second attach may
 * succeed. If it cannot be removed, the result is false, and @words says so.
 */
bool el_xdp_ask(const struct el_attachment *chain, char *words, size_t size);

/* A device above or below @chain's device (a bond and its ports, a bridge's, a
 * VLAN's) that has an XDP program. */
struct el_xdp_neighbour {
	char name[16];
	const char *is; /* "above" or "below" the chain's device */
	uint32_t id;
};
/* Return: whether there is such a device. */
bool el_xdp_neighbour(struct el_context *context, const struct el_attachment *chain,
		      struct el_xdp_neighbour *out);

/**
 * el_xdp_foresee() - whether the kernel would refuse any native program on @chain's device
 * @words: the message that the kernel would return
 *
 * Nothing is attached: since 6.3, the kernel reports the devices with native XDP. Return: 0 the
 * kernel would not refuse, or that is not known; else the errno that it would return.
 */
int el_xdp_foresee(struct el_context *context, const struct el_attachment *chain, char *words,
		   size_t size);

#endif
