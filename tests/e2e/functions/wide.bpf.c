// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * wide: so expensive for the verifier that two instances do not fit into one program. Each round
 * leaves the verifier a branch to return to, and the verifier keeps at most 8192 branches
 * (kernel/bpf/verifier.c, BPF_COMPLEXITY_LIMIT_JMP_SEQ). At run time the function does almost
 * nothing: `rounds` is the value of a map, which the verifier cannot know.
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
