/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_SITE_H
#define EL_SITE_H
/*
 * Where a chain is attached: a device and a hook of it, and what is known of the device.
 */
#include "base/base.h"

struct el_site {
	const char *device; /* its name; the memory belongs to the owner of the site */
	int ifindex;
	enum edge_hook hook;
	enum el_mode mode;
	uint32_t flags; /* EDGE_CHAIN_*: of the device */
	uint8_t mac[8]; /* of the device: 6 bytes; all zero: not known */
};

#define EL_SITE(of, at) ((const struct el_site){.device = (of), .hook = (at)})

/* Which of a chain's folders of pins (pin/pin.c draws them). */
struct el_which {
	enum el_which_kind {
		EL_WHICH_RUNNING,    /* the generation that runs */
		EL_WHICH_GENERATION, /* the one of this number */
		EL_WHICH_NEW,	     /* a generation that is being made */
		EL_WHICH_GONE,	     /* the one that runs, while it is being detached */
		EL_WHICH_POINT, /* a link to the generation that is to run, until it has its name */
		EL_WHICH_LINK,	/* a link of a generation, until it is in there */
		EL_WHICH_OLD,	/* a generation, while it is being removed */
		EL_WHICH_SHARED, /* the map that a chain in mode shared goes on with */
		EL_WHICH_LOCK,	 /* the chain's lock */
	} kind;
	uint32_t generation;
};

#define EL_WHICH(of)	      ((struct el_which){EL_WHICH_##of, 0})
#define EL_GENERATION(number) ((struct el_which){EL_WHICH_GENERATION, (number)})

#endif
