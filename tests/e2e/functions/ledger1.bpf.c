// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* ledger1: the numbers of udp.c's datagrams, one table entry for each 64 numbers; an entry counts
 * the datagrams with these numbers. ledger2 is the next version. */
#include <edge/edge.h>

struct page {
	edge_counter32 packets;
	__u32 first;
};

EDGE_HASH(pages, __u32, struct page, 1 << 16);
EDGE_PERCPU_HASH(lanes, __u32, edge_counter32, 1 << 14);
EDGE_PERCPU_ARRAY(totals, edge_counter32, 4);
edge_counter32 seen;

EDGE_FUNCTION(ledger1)
{
	__u64 *number = edge_payload(pkt, sizeof(*number));
	__u32 key, lane, zero = 0, *total;
	struct page fresh = {0}, *page;

	if (!pkt->udp || !number)
		return EDGE_NEXT;
	key = *number / 64;
	lane = *number / 256;
	fresh.first = *number;
	page = bpf_map_lookup_elem(&pages, &key);
	if (!page) {
		bpf_map_update_elem(&pages, &key, &fresh, BPF_NOEXIST);
		page = bpf_map_lookup_elem(&pages, &key);
	}
	if (page)
		edge_add(&page->packets, 1);
	total = bpf_map_lookup_elem(&lanes, &lane);
	if (!total) {
		bpf_map_update_elem(&lanes, &lane, &zero, BPF_NOEXIST);
		total = bpf_map_lookup_elem(&lanes, &lane);
	}
	if (total)
		*total += 1;
	total = bpf_map_lookup_elem(&totals, &zero);
	if (total)
		*total += 1;
	edge_add(&seen, 1);
	return EDGE_NEXT;
}
