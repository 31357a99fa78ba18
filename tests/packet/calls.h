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
	CALL_PUSH_IP,	 /* push an IP header of the other family */
	CALL_POP_IP,	 /* pop `number` bytes; an IP header of `ip`'s family is next */
	CALL_ENCAP_VLAN, /* encapsulate in an IP tunnel, then push a tag */
	CALL_ENCAP_DECAP,
	CALL_PUSH_MANY, /* push `number` IP headers in sequence, until a push fails */
};

/* The results of edge_packets() and edge_bytes() after the call: calls_after[0]. */
struct calls_wire {
	__u32 packets, bytes;
};

#endif
