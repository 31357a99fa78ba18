// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * wide: so much for the verifier to walk that two do not fit into one program. Each round leaves it
 * a branch to come back to, and it keeps 8192 at most (kernel/bpf/verifier.c,
 * BPF_COMPLEXITY_LIMIT_JMP_SEQ). At run time it does next to nothing: `rounds` is a map's value,
 * which the verifier can't know.
 */
#include <edge/edge.h>

struct tally {
	edge_counter packets;
};

EDGE_ARRAY(tallies, struct tally, 1);
EDGE_ARRAY(rounds, __u32, 1);

EDGE_FUNCTION(wide)
{
	__u32 first = 0, sum = 0;
	struct tally *tally = bpf_map_lookup_elem(&tallies, &first);
	__u32 *limit = bpf_map_lookup_elem(&rounds, &first);

	if (!tally || !limit)
		return EDGE_ABORT;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < 5000; i++) {
		if (i >= *(volatile __u32 *)limit)
			break;
		sum = (sum << 1 | sum >> 31) ^ pkt->entry_length;
	}
	edge_add(&tally->packets, 1);
	return sum == 0xfedcba98 ? EDGE_ABORT : EDGE_NEXT;
}
