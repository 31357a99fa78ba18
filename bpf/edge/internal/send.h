/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_SEND_H
#define EDGE_INTERNAL_SEND_H
/*
 * Packets that leave by a device: which devices take them, and their checksum.
 */
#include <edge/table.h>
#include <edge/internal/finish.h>
#include <edge/internal/hook.h>

/*
 * How devices take packets that are sent at XDP, by the device's number: EDGE_TARGET_*. Bridges,
 * VLAN devices and many drivers take no redirected XDP frames: then the kernel drops the frame
 * after the program has ended, where no program sees it. Devices without an Ethernet header send it
 * on as if it were part of the packet. The loader fills this table. Every object defines it; in a
 * fused chain only the instances that use it have it.
 */
EDGE_MAP(edge_targets, BPF_MAP_TYPE_HASH, __u32, __u32, 4096, BPF_F_NO_PREALLOC);

/*
 * Finish the packet's checksum, unless the device that sends it does. In generic mode the kernel
 * knows that a checksum is partial, and has the device add the packet up: a checksum that is
 * complete already would come out wrong. Devices that send to a wire do that where tx-checksumming
 * is on, and devices on top of others (bridge, VLAN, bond) leave it to these; a veth's other end
 * gets the packet with that note. A native frame has no such note.
 */
EDGE_INLINE long edge_csum_leave(struct edge_pkt *pkt, __u32 ifindex)
{
	__u32 *flags;

	if (pkt->hook == EDGE_HOOK_XDP && edge_flags & EDGE_CHAIN_GENERIC) {
		flags = bpf_map_lookup_elem(&edge_targets, &ifindex);
		if (flags && *flags & EDGE_TARGET_CHECKSUMS)
			return 0;
	}
	return edge_csum_complete(pkt);
}

#endif
