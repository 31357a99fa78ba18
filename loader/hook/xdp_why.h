/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_XDP_WHY_H
#define EL_XDP_WHY_H
/*
 * Why the kernel refuses an XDP program: what it says of it, and what is on the devices above and
 * below.
 */
#include "hook/hook.h"

/**
 * el_xdp_ask() - have the kernel say why it refuses @chain's first program
 * @words: "" where it says nothing
 *
 * bpf() gives the error's number alone. So the same is asked of rtnetlink, which has words for it
 * (NETLINK_EXT_ACK); a program that is there is never replaced by that. Return: true where the
 * kernel takes the program now, and it was removed again: a second try is worth it. Where it can't
 * be removed, false, and @words says so.
 */
bool el_xdp_ask(const struct el_attachment *chain, char *words, size_t size);

/* A device that is above or below @chain's (a bond and its ports, a bridge's, a VLAN's), and has an
 * XDP program: its name, what it is to the chain's device, and the program's number. */
struct el_xdp_neighbour {
	char name[16];
	const char *is; /* "above", "below" */
	uint32_t id;
};
/* Return: whether there is one. */
bool el_xdp_neighbour(struct el_context *context, const struct el_attachment *chain,
		      struct el_xdp_neighbour *out);

/**
 * el_xdp_foresee() - whether the kernel would refuse any native program on @chain's device
 * @words: what it would say
 *
 * Nothing is attached: the kernel tells since 6.3 which devices have native XDP. Return: 0 it would
 * not, or that is not known; else the errno that it would answer with.
 */
int el_xdp_foresee(struct el_context *context, const struct el_attachment *chain, char *words,
		   size_t size);

#endif
