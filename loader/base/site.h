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

#endif
