/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef CALLS_H
#define CALLS_H
#include <linux/types.h>

/* The SDK calls that calls.bpf.c makes. */
enum call {
	CALL_SOURCE_IP,
	CALL_DESTINATION_IP,
	CALL_SOURCE_PORT,
	CALL_DESTINATION_PORT,
	CALL_SOURCE,
	CALL_DESTINATION,
	CALL_TTL,
	CALL_DSCP,
	CALL_VLAN_PUSH,
	CALL_VLAN_POP,
	CALL_VLAN_SET,
	CALL_PUSH,
	CALL_POP,
	CALL_TRIM,
	CALL_ENCAP_IP,
	CALL_ENCAP_GUE,
	CALL_ENCAP_VXLAN,
	CALL_DECAP_IP,
	CALL_DECAP_GUE,
	CALL_DECAP_VXLAN,
	CALL_TX,
	CALL_REDIRECT,
	CALL_MAC_SOURCE, /* to 02:00:00:00:00:aa */
	CALL_MAC_DESTINATION,
	CALL_SWAP_MACS,
	CALL_SWAP_IPS,
	CALL_PUSH_IP,	 /* an IP header of the other family in front */
	CALL_POP_IP,	 /* `number` bytes in front of an IP header of the family of `ip` */
	CALL_ENCAP_VLAN, /* into an IP tunnel, and a tag in front */
	CALL_ENCAP_DECAP,
	CALL_PUSH_MANY, /* `number` IP headers, one after the other, until one fails */
};

/* What edge_packets() and edge_bytes() say after the call: calls_after[0]. */
struct calls_wire {
	__u32 packets, bytes;
};

#endif
