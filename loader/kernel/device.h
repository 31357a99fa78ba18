/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_DEVICE_H
#define EL_DEVICE_H
#include <net/if.h>

#include "base/base.h"

/* A network device of this network namespace, as rtnetlink reports it. */
struct el_device {
	int ifindex;
	char name[IF_NAMESIZE];
	char *alias;   /* set by ip link, or NULL */
	uint16_t type; /* ARPHRD_* of net/if_arp.h */
	int lower;     /* the device below a VLAN, or the peer of a veth, in this namespace; or 0 */
	int master;    /* the bridge or bond of which it is a port, or 0 */
	char mac[18];  /* 02:00:00:00:00:01, or "" */
	char burnt[18]; /* the permanent address (kernel 5.6), or "" */
	uint32_t xdp_native, xdp_generic, xdp_offload; /* programs' numbers; 0: none */
};

/* All devices, by rising ifindex. /sys may show the devices of another namespace, rtnetlink never
 * does. */
int el_devices_read(struct el_context *context, struct el_device **out, size_t *count);
/* The programs of one device, without the time that a list of all devices takes. The other fields
 * are filled in, except the alias. Return: 0, or -errno without noting an error; -ENODEV. */
int el_device_xdp(int ifindex, struct el_device *out);
void el_devices_free(struct el_device *devices, size_t count);

#endif
