/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_PACKET_H
#define EDGE_PACKET_H
/*
 * The packet view: what a function sees of a packet at either hook, parsed once a chain.
 */
#include <linux/if_ether.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#define EDGE_INLINE static inline __attribute__((always_inline))

/* TC's verdicts, as linux/pkt_cls.h has them (TC_ACT_*), and as TCX calls them since kernel 6.6. */
enum {
	EDGE_TC_NEXT = -1,
	EDGE_TC_PASS = 0,
	EDGE_TC_DROP = 2,
	EDGE_TC_REDIRECT = 7,
};

struct edge_pkt {
	void *ctx; /* struct xdp_md * at XDP, struct __sk_buff * at TC */
	enum edge_hook hook;
	void *data, *end;
	__u32 entry_length; /* the frame's bytes as it came, fragments included */
	__u32 reason;	    /* set by edge_drop() */
	struct ethhdr *eth;
	struct iphdr *ip4;
	struct ipv6hdr *ip6;
	struct tcphdr *tcp;
	struct udphdr *udp;
	struct icmphdr *icmp;
	struct icmp6hdr *icmp6;
	__be16 ethertype;
	__u8 protocol;
};

EDGE_INLINE void edge_bounds(struct edge_pkt *pkt)
{
	if (pkt->hook == EDGE_HOOK_XDP) {
		struct xdp_md *xdp = pkt->ctx;

		pkt->data = (void *)(long)xdp->data;
		pkt->end = (void *)(long)xdp->data_end;
	} else {
		struct __sk_buff *skb = pkt->ctx;

		pkt->data = (void *)(long)skb->data;
		pkt->end = (void *)(long)skb->data_end;
	}
}

EDGE_INLINE void edge_parse(struct edge_pkt *pkt)
{
	void *at;

	pkt->eth = NULL;
	pkt->ip4 = NULL;
	pkt->ip6 = NULL;
	pkt->tcp = NULL;
	pkt->udp = NULL;
	pkt->icmp = NULL;
	pkt->icmp6 = NULL;
	pkt->ethertype = 0;
	pkt->protocol = 0;
	edge_bounds(pkt);
	if (pkt->data + sizeof(struct ethhdr) > pkt->end)
		return;
	pkt->eth = pkt->data;
	pkt->ethertype = pkt->eth->h_proto;
	at = pkt->data + sizeof(struct ethhdr);
	if (pkt->ethertype == bpf_htons(ETH_P_IP)) {
		if (at + sizeof(struct iphdr) > pkt->end)
			return;
		pkt->ip4 = at;
		pkt->protocol = pkt->ip4->protocol;
		at += sizeof(struct iphdr);
	}
	if (pkt->protocol == IPPROTO_UDP && at + sizeof(struct udphdr) <= pkt->end)
		pkt->udp = at;
}

EDGE_INLINE void edge_enter(struct edge_pkt *pkt, void *ctx, enum edge_hook hook)
{
	pkt->ctx = ctx;
	pkt->hook = hook;
	pkt->reason = 0;
	edge_parse(pkt);
	pkt->entry_length = pkt->end - pkt->data;
}

#endif
