// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* view: stores the SDK's view of a packet, for test_view.c. */
#include <edge/edge.h>
#include "view.h"

EDGE_ARRAY(seen, struct view, 1);
EDGE_PARAM(__u8, push, 0, "push this many tags first: at TC the outermost is then metadata");

EDGE_INLINE __s32 view_offset(const struct edge_pkt *pkt, const void *header)
{
	return header ? (__s32)edge_offset(pkt, header) : -1;
}

EDGE_INLINE void view_note(const struct edge_pkt *pkt, struct view *view)
{
	view->eth = view_offset(pkt, pkt->eth);
	view->arp = view_offset(pkt, pkt->arp);
	view->ip4 = view_offset(pkt, pkt->ip4);
	view->ip6 = view_offset(pkt, pkt->ip6);
	view->tcp = view_offset(pkt, pkt->tcp);
	view->udp = view_offset(pkt, pkt->udp);
	view->icmp = view_offset(pkt, pkt->icmp);
	view->icmp6 = view_offset(pkt, pkt->icmp6);
	view->sctp = view_offset(pkt, pkt->sctp);
	view->l4 = view_offset(pkt, pkt->l4);
	view->payload = view_offset(pkt, pkt->payload);
	view->l4_length = pkt->l4_length;
	view->payload_length = pkt->payload_length;
	view->length = pkt->length;
	view->tags = pkt->vlan.tags;
	view->outer_proto = pkt->vlan.outer.proto;
	view->outer_tci = pkt->vlan.outer.tci;
	view->inner_proto = pkt->vlan.inner.proto;
	view->inner_tci = pkt->vlan.inner.tci;
	view->ethertype = pkt->ethertype;
	view->fragment = pkt->fragment;
	view->protocol = pkt->protocol;
}

EDGE_FUNCTION_FRAGS(view)
{
	struct view *view;
	__u32 first = 0;

	if (push > 0)
		edge_vlan_push(pkt, bpf_htons(ETH_P_8021Q), 100);
	if (push > 1)
		edge_vlan_push(pkt, bpf_htons(ETH_P_8021AD), 0x6000 | 200);
	view = edge_table_lookup(&seen, &first);
	if (view)
		view_note(pkt, view);
	return EDGE_NEXT;
}
