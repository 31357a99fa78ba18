/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_PAYLOAD_H
#define EDGE_INTERNAL_PAYLOAD_H
/*
 * The checksum of a payload that is being changed.
 *
 * Included by edge/payload.h, behind the types that it uses.
 */
#include <edge/csum.h>
#include <edge/internal/transport_csum.h>

/* The change of the checksum by other bytes at @offset; at an odd offset its bytes are swapped. */
EDGE_INLINE __u64 edge_payload_change(const void *from, const void *to, __u32 size, __u32 offset)
{
	__u32 old[EDGE_PAYLOAD_WRITE_MAX / 4] = {0}, new[EDGE_PAYLOAD_WRITE_MAX / 4] = {0};
	__u32 padded = (size + 3) & ~3u;
	__u16 change;

	__builtin_memcpy(old, from, size);
	__builtin_memcpy(new, to, size);
	change = edge_csum_fold((__u32)bpf_csum_diff(old, padded, new, padded, 0));
	return offset & 1 ? (__u16)(change << 8 | change >> 8) : change;
}

#endif
