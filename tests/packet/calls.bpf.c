// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* calls: makes one SDK call on the packet, and lets the packet go on if the call succeeds. */
#include <edge/edge.h>
#include "calls.h"

EDGE_PARAM(__u32, call, 0, "which: enum call");
EDGE_PARAM(struct edge_ip, ip, EDGE_INIT({0}), "an address");
EDGE_PARAM(struct edge_ip, ip2, EDGE_INIT({0}), "another: a tunnel's local end");
EDGE_PARAM(edge_port, port, 0, "a port");
EDGE_PARAM(__u32, number, 0, "a number: DSCP, tag, length, …");
EDGE_PARAM(bool, send_back, false, "send it back where the call succeeds");

EDGE_ARRAY(calls_after, struct calls_wire, 1);

EDGE_INLINE long calls_encap(struct edge_pkt *pkt, enum edge_tunnel_kind kind)
{
	struct edge_tunnel tunnel = {.remote = edge_ip_param(&ip),
				     .local = edge_ip_param(&ip2),
				     .source_port = bpf_htons(50000),
				     .vni = number};

	return edge_encap(pkt, &tunnel, kind);
}

EDGE_INLINE long calls_rewrite(struct edge_pkt *pkt)
{
	struct edge_mac calls_mac = {{2, 0, 0, 0, 0, 0xaa}};
	struct edge_ip address = edge_ip_param(&ip);

	switch (call) {
	case CALL_SOURCE_IP:
		return edge_set_source_ip(pkt, &address);
	case CALL_DESTINATION_IP:
		return edge_set_destination_ip(pkt, &address);
	case CALL_SOURCE_PORT:
		return edge_set_source_port(pkt, port);
	case CALL_DESTINATION_PORT:
		return edge_set_destination_port(pkt, port);
	case CALL_SOURCE:
		return edge_set_source(pkt, &address, port);
	case CALL_DESTINATION:
		return edge_set_destination(pkt, &address, port);
	case CALL_TTL:
		return edge_decrement_ttl(pkt) > 0 ? 0 : -EDGE_EINVAL;
	case CALL_DSCP:
		return edge_set_dscp(pkt, number);
	case CALL_MAC_SOURCE:
		return edge_set_mac_source(pkt, &calls_mac);
	case CALL_MAC_DESTINATION:
		return edge_set_mac_destination(pkt, &calls_mac);
	case CALL_SWAP_MACS:
		return edge_swap_macs(pkt);
	case CALL_SWAP_IPS:
		return edge_swap_ips(pkt);
	default:
		return -EDGE_EINVAL;
	}
}

/* Push a copy of the IP header in front of itself, as often as the headroom allows. */
EDGE_INLINE long calls_push_many(struct edge_pkt *pkt)
{
	struct iphdr header;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < 16 && i < number; i++) {
		if (!pkt->ip4)
			return -EDGE_EINVAL;
		header = *pkt->ip4;
		if (edge_push(pkt, &header, sizeof(header), bpf_htons(ETH_P_IP)))
			return 0;
	}
	return 0;
}

/* At TC the kernel's protocol of the packet must agree with the link header. */
EDGE_INLINE long calls_agreed(const struct edge_pkt *pkt, long error)
{
	const struct __sk_buff *skb = pkt->ctx;

	if (error || pkt->hook == EDGE_HOOK_XDP)
		return error;
	return skb->protocol == pkt->ethertype ? 0 : -EDGE_EINVAL;
}

EDGE_INLINE long calls_push_ip(struct edge_pkt *pkt)
{
	struct ipv6hdr header6 = {.version = 6, .hop_limit = 64};
	struct iphdr header4 = {.version = 4, .ihl = 5, .ttl = 64};

	if (pkt->ip4) {
		header6.payload_len = pkt->ip4->tot_len;
		header6.nexthdr = IPPROTO_IPIP;
		return edge_push(pkt, &header6, sizeof(header6), bpf_htons(ETH_P_IPV6));
	}
	if (!pkt->ip6)
		return -EDGE_EINVAL;
	header4.tot_len = bpf_htons(bpf_ntohs(pkt->ip6->payload_len) + 60);
	header4.protocol = IPPROTO_IPV6;
	return edge_push(pkt, &header4, sizeof(header4), bpf_htons(ETH_P_IP));
}

EDGE_INLINE long calls_pop_ip(struct edge_pkt *pkt)
{
	struct edge_ip address = edge_ip_param(&ip);
	bool ip4 = edge_ip_is_ip4(&address);

	return edge_pop(pkt, number, bpf_htons(ip4 ? ETH_P_IP : ETH_P_IPV6));
}

EDGE_INLINE long calls_move(struct edge_pkt *pkt)
{
	__u8 header[8] = {1, 2, 3, 4, 5, 6, 7, 8};

	switch (call) {
	case CALL_VLAN_PUSH:
		return edge_vlan_push(pkt, bpf_htons(ETH_P_8021Q), number);
	case CALL_VLAN_POP:
		return edge_vlan_pop(pkt);
	case CALL_VLAN_SET:
		return edge_vlan_set(pkt, number);
	case CALL_PUSH:
		return edge_push(pkt, header, sizeof(header), bpf_htons(0x88b5));
	case CALL_POP:
		return edge_pop(pkt, 20, bpf_htons(ETH_P_IP));
	case CALL_PUSH_MANY:
		return calls_push_many(pkt);
	case CALL_PUSH_IP:
		return calls_agreed(pkt, calls_push_ip(pkt));
	case CALL_POP_IP:
		return calls_agreed(pkt, calls_pop_ip(pkt));
	case CALL_TRIM:
		return edge_trim(pkt, number);
	default:
		return calls_rewrite(pkt);
	}
}

EDGE_FUNCTION(calls)
{
	struct calls_wire *wire;
	__u32 zero = 0;
	long error;

	switch (call) {
	case CALL_TX:
		return edge_tx(pkt);
	case CALL_REDIRECT:
		return edge_redirect(pkt, number);
	case CALL_ENCAP_IP:
		error = calls_encap(pkt, EDGE_TUNNEL_IP);
		break;
	case CALL_ENCAP_GUE:
		error = calls_encap(pkt, EDGE_TUNNEL_GUE);
		break;
	case CALL_ENCAP_VXLAN:
		error = calls_encap(pkt, EDGE_TUNNEL_VXLAN);
		break;
	case CALL_ENCAP_VLAN:
		error = calls_encap(pkt, EDGE_TUNNEL_IP);
		if (!error)
			error = edge_vlan_push(pkt, bpf_htons(ETH_P_8021Q), number);
		break;
	case CALL_ENCAP_DECAP:
		error = calls_encap(pkt, EDGE_TUNNEL_IP);
		if (!error)
			error = edge_decap(pkt, EDGE_TUNNEL_IP);
		break;
	case CALL_DECAP_IP:
		error = edge_decap(pkt, EDGE_TUNNEL_IP);
		break;
	case CALL_DECAP_GUE:
		error = edge_decap(pkt, EDGE_TUNNEL_GUE);
		break;
	case CALL_DECAP_VXLAN:
		error = edge_decap(pkt, EDGE_TUNNEL_VXLAN);
		break;
	default:
		error = calls_move(pkt);
	}
	wire = bpf_map_lookup_elem(&calls_after, &zero);
	if (wire)
		*wire = (struct calls_wire){edge_packets(pkt), edge_bytes(pkt)};
	if (send_back && !error)
		return edge_tx(pkt);
	return error ? EDGE_DROP : EDGE_NEXT;
}
