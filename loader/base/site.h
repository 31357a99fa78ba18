/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_SITE_H
#define EL_SITE_H
/*
 * The place of a chain: a device, one of its hooks, and the known properties of the device.
 */
#include "base/base.h"

struct el_site {
	const char *device; /* its name; the memory belongs to the owner of the site */
	int ifindex;
	enum edge_hook hook;
	enum el_mode mode;
	uint32_t flags; /* EDGE_CHAIN_*: of the device */
	uint8_t mac[8]; /* of the device: 6 bytes; all zero: unknown */
};

#define EL_SITE(of, at) ((const struct el_site){.device = (of), .hook = (at)})

/* Selects one of a chain's folders of pins (pin/pin.c draws them). */
struct el_which {
	enum el_which_kind {
		EL_WHICH_RUNNING,    /* the generation that runs */
		EL_WHICH_GENERATION, /* the generation with the number @generation */
		EL_WHICH_NEW,	     /* a generation that is being made */
		EL_WHICH_GONE,	     /* the running generation, while it is being detached */
		EL_WHICH_POINT,	     /* the staged link to the next generation (el_pin_aim()) */
		EL_WHICH_LINK,	     /* a generation's link, before it moves into the folder */
		EL_WHICH_OLD,	     /* a generation that is being removed */
		EL_WHICH_SHARED,     /* the program array that calls a chain in mode shared */
		EL_WHICH_LOCK,	     /* the chain's lock */
	} kind;
	uint32_t generation;
};

#define EL_WHICH(of)	      ((struct el_which){EL_WHICH_##of, 0})
#define EL_GENERATION(number) ((struct el_which){EL_WHICH_GENERATION, (number)})

#endif
