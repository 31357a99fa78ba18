/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_DEVICE_H
#define EL_DEVICE_H
#include <net/if.h>

#include "base/base.h"

/* A network device of this network namespace, as rtnetlink tells of it. */
struct el_device {
	int ifindex;
	char name[IF_NAMESIZE];
	char *alias;   /* ip link's, or NULL */
	uint16_t type; /* ARPHRD_* of net/if_arp.h */
	int lower;  /* the one below it (a VLAN's), or its peer (a veth's), in this namespace; or 0
		     */
	int master; /* the bridge or bond that it is a port of, or 0 */
	char mac[18];	/* 02:00:00:00:00:01, or "" */
	char burnt[18]; /* the address that it came with (kernel 5.6), or "" */
	uint32_t xdp_native, xdp_generic, xdp_offload; /* programs' numbers; 0: none */
};

/* All of them, by rising ifindex: /sys may show another namespace's, rtnetlink never does. */
int el_devices_read(struct el_context *context, struct el_device **out, size_t *count);
void el_devices_free(struct el_device *devices, size_t count);

#endif
