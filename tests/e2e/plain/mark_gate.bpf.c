// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * SEC("tcx/ingress"), libbpf 1.3 and later: drops packets that an earlier program marked with the
 * value in this program's read-only data; counts in zeroed data.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum { NEXT = -1, DROP = 2 }; /* TCX_NEXT and TCX_DROP, in the kernel's headers since 6.6 */

const volatile __u32 dropped_mark = 13;

typedef __u64 edge_counter;

struct totals {
	edge_counter passed, dropped;
};
struct totals totals;

SEC("tcx/ingress")
int mark_gate(struct __sk_buff *skb)
{
	if (skb->mark == dropped_mark) {
		__sync_fetch_and_add(&totals.dropped, 1);
		return DROP;
	}
	__sync_fetch_and_add(&totals.passed, 1);
	return NEXT;
}

char LICENSE[] SEC("license") = "GPL";
