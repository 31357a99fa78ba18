/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef VIEW_H
#define VIEW_H
/* The packet view in the format of view.bpf.c: offsets from the frame's start, -1 for NULL. */
#include <linux/types.h>

struct view {
	__s32 eth, arp, ip4, ip6, tcp, udp, icmp, icmp6, sctp, l4, payload;
	__u32 l4_length, payload_length, length, tags;
	__u16 outer_proto, outer_tci, inner_proto, inner_tci, ethertype, fragment;
	__u8 protocol, unused[3];
};

#endif
