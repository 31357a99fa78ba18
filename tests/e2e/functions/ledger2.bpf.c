// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* ledger2: ledger1 with wider counts in another order, an added field, and larger tables. */
#include <edge/edge.h>

struct page {
	__be32 first_be;
	__u32 spare;
	edge_counter packets;
	__u64 first;
};

EDGE_HASH(pages, __u32, struct page, 1 << 17);
EDGE_PERCPU_HASH(lanes, __u32, edge_counter, 1 << 15);
EDGE_PERCPU_ARRAY(totals, edge_counter, 8);
edge_counter seen;

EDGE_FUNCTION(ledger2)
{
	__u64 *number = edge_payload(pkt, sizeof(*number)), none = 0, *total;
	struct page fresh = {0}, *page;
	__u32 key, lane, zero = 0;

	if (!pkt->udp || !number)
		return EDGE_NEXT;
	key = *number / 64;
	lane = *number / 256;
	fresh.first = *number;
	fresh.first_be = bpf_htonl(*number);
	page = bpf_map_lookup_elem(&pages, &key);
	if (!page) {
		bpf_map_update_elem(&pages, &key, &fresh, BPF_NOEXIST);
		page = bpf_map_lookup_elem(&pages, &key);
	}
	if (page)
		edge_add(&page->packets, 1);
	total = bpf_map_lookup_elem(&lanes, &lane);
	if (!total) {
		bpf_map_update_elem(&lanes, &lane, &none, BPF_NOEXIST);
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
