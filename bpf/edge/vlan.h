/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_VLAN_H
#define EDGE_VLAN_H
/*
 * VLAN tags: push, pop, set. At XDP a tag is in the packet; at TC the kernel keeps the outermost in
 * the skb's metadata, and its helpers move tags in and out. The view shows both alike, so the same
 * calls work at both hooks.
 */
#include <edge/internal/finish.h>
#include <edge/internal/vlan.h>

/**
 * edge_vlan_push() - put a tag in front of the frame's other tags
 * @pkt:   the packet
 * @proto: bpf_htons(ETH_P_8021Q) or bpf_htons(ETH_P_8021AD)
 * @tci:   priority and VLAN number, in host order
 *
 * Return: 0; -EINVAL no Ethernet, another @proto, or two tags already; else the kernel's error.
 * Hooks: all. Cost: a helper call, and a view made anew.
 */
EDGE_INLINE long edge_vlan_push(struct edge_pkt *pkt, __be16 proto, __u16 tci)
{
	struct edge_tagged *tagged;
	long error;

	if (!pkt->eth || !edge_is_tag(proto) || pkt->vlan.tags >= EDGE_TAGS_MAX)
		return -EDGE_EINVAL;
	if (pkt->hook != EDGE_HOOK_XDP) {
		error = bpf_skb_vlan_push(pkt->ctx, proto, tci);
		edge_parse(pkt);
		return error;
	}
	error = bpf_xdp_adjust_head(pkt->ctx, -4);
	edge_bounds(pkt);
	/* Always so: a frame has 14 bytes, and 4 more now. */
	if (!error && pkt->data + sizeof(*tagged) <= pkt->end) {
		tagged = pkt->data;
		for (int i = 0; i < 3; i++) /* forwards, as they overlap */
			((edge_word32 *)tagged)[i] = ((edge_word32 *)tagged)[i + 1];
		tagged->proto = proto;
		tagged->tci = bpf_htons(tci);
		edge_csum_moved(pkt, pkt->begun, 4);
	}
	edge_parse(pkt);
	return error;
}

/**
 * edge_vlan_pop() - remove the outermost tag
 * @pkt: the packet
 *
 * Return: 0; -ENOENT the frame has no tag; -EINVAL at TC, the frame ends within the next tag; else
 * the kernel's error. The packet is unchanged on an error.
 * Hooks: all. Cost: a helper call, and a view made anew.
 */
EDGE_INLINE long edge_vlan_pop(struct edge_pkt *pkt)
{
	edge_word32 *words = pkt->data;
	long error;

	if (!pkt->vlan.tags || !pkt->eth)
		return -EDGE_ENOENT;
	if (pkt->hook != EDGE_HOOK_XDP) {
		if (!edge_vlan_is_whole(pkt))
			return -EDGE_EINVAL;
		error = bpf_skb_vlan_pop(pkt->ctx);
	} else {
		/* A tag was parsed, so there are 18 bytes, and the head can move. */
		if ((void *)(words + 4) > pkt->end)
			return -EDGE_EINVAL;
		for (int i = 3; i > 0; i--) /* backwards, as they overlap */
			words[i] = words[i - 1];
		error = bpf_xdp_adjust_head(pkt->ctx, 4);
		if (!error)
			edge_csum_moved(pkt, pkt->begun, -4);
	}
	edge_parse(pkt);
	return error;
}

/**
 * edge_vlan_set() - give the outermost tag another priority and number
 * @pkt: the packet
 * @tci: priority and VLAN number, in host order
 *
 * Return: as edge_vlan_pop().
 * Hooks: all. Cost: no helper call at XDP; at TC one or two, and a view made anew.
 */
EDGE_INLINE long edge_vlan_set(struct edge_pkt *pkt, __u16 tci)
{
	struct edge_tagged *tagged = pkt->data;

	if (!pkt->vlan.tags || !pkt->eth)
		return -EDGE_ENOENT;
	if (pkt->hook != EDGE_HOOK_XDP)
		return edge_vlan_set_tc(pkt, tci);
	if ((void *)(tagged + 1) > pkt->end)
		return -EDGE_EINVAL;
	tagged->tci = bpf_htons(tci);
	pkt->vlan.outer.tci = tci;
	return 0;
}

#endif
