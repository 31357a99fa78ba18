/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef SHAPES_BPF_H
#define SHAPES_BPF_H
/*
 * Code that the shapes beside edge-load share, written without the SDK: the parser as a careful
 * author writes it, and ten functions that each count UDP packets by destination port, like
 * functions/udp_ports.bpf.c.
 *
 * The parser accepts and refuses the same packets as the SDK's parser: up to two VLAN tags, IPv4
 * with options, IPv6 with up to six extension headers, no transport header in later fragments,
 * lengths by the IP header. At TC, headers outside the linear part are pulled into it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TAGS_MAX	2
#define EXTENSIONS_MAX	6
#define HEADERS_MAX	0xfff
#define PULL		256    /* bytes that a TC program pulls into the linear part */
#define FRAGMENT_OFFSET 0x1fff /* RFC 791, section 3.1 */

#define TEN(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)

/* The ten functions' maps. */
#define PORTS(n)                                         \
	struct {                                         \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); \
		__uint(max_entries, 64);                 \
		__type(key, __u32);                      \
		__type(value, __u64);                    \
	} ports_##n SEC(".maps");

static __always_inline void count_port(void *ports, const struct udphdr *udp, __u16 number)
{
	__u32 slot = (bpf_ntohs(udp->dest) ^ number) & 63;
	__u64 *packets = bpf_map_lookup_elem(ports, &slot);

	if (packets)
		(*packets)++;
}

struct vlan_tag {
	__be16 tci, ethertype;
};

/* Skip the Ethernet header and the tags. Return: the offset of the next header, or 0. */
static __always_inline __u32 parse_link(void *data, void *end, __be16 *ethertype)
{
	struct ethhdr *eth = data;
	__u32 offset = sizeof(*eth);

	if ((void *)(eth + 1) > end)
		return 0;
	*ethertype = eth->h_proto;
#pragma unroll
	for (int i = 0; i < TAGS_MAX; i++) {
		struct vlan_tag *tag = data + offset;

		if (*ethertype != bpf_htons(ETH_P_8021Q) && *ethertype != bpf_htons(ETH_P_8021AD))
			break;
		if ((void *)(tag + 1) > end)
			return 0;
		*ethertype = tag->ethertype;
		offset += sizeof(*tag);
	}
	return offset;
}

/* Return: the offset of the header after the IPv4 header at @offset, or 0. */
static __always_inline __u32 parse_ip4(void *data, void *end, __u32 offset, __u32 *protocol,
				       __u32 *left)
{
	struct iphdr *ip = data + offset;
	__u32 header, total;

	if ((void *)(ip + 1) > end || ip->version != 4 || ip->ihl < 5)
		return 0;
	header = ip->ihl * 4;
	total = bpf_ntohs(ip->tot_len);
	if (total < header || ip->frag_off & bpf_htons(FRAGMENT_OFFSET))
		return 0;
	*protocol = ip->protocol;
	*left = total - header;
	return offset + header;
}

struct extension {
	__u8 next, length;
	__be16 fragment;
	__be32 identification;
};

static __always_inline bool is_extension(__u32 protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_DSTOPTS || protocol == IPPROTO_FRAGMENT ||
	       protocol == IPPROTO_AH;
}

/* Skip the extension headers (RFC 8200, section 4). Return: the offset of the next header, or 0. */
static __always_inline __u32 parse_extensions(void *data, void *end, __u32 offset, __u32 *protocol,
					      __u32 *left)
{
#pragma clang loop unroll(disable)
	for (int i = 0; i < EXTENSIONS_MAX && is_extension(*protocol); i++) {
		struct extension *extension = data + (offset & HEADERS_MAX);
		__u32 length;

		if ((void *)(extension + 1) > end)
			return 0;
		length = (extension->length + 1) * 8;
		if (*protocol == IPPROTO_AH)
			length = (extension->length + 2) * 4;
		if (*protocol == IPPROTO_FRAGMENT) {
			length = sizeof(*extension);
			if (extension->fragment & bpf_htons(0xfff8))
				return 0;
		}
		if (length > *left)
			return 0;
		*left -= length;
		*protocol = extension->next;
		offset += length;
	}
	return offset;
}

static __always_inline __u32 parse_ip6(void *data, void *end, __u32 offset, __u32 *protocol,
				       __u32 *left)
{
	struct ipv6hdr *ip = data + offset;

	if ((void *)(ip + 1) > end || ip->version != 6)
		return 0;
	*protocol = ip->nexthdr;
	*left = bpf_ntohs(ip->payload_len);
	return parse_extensions(data, end, offset + sizeof(*ip), protocol, left);
}

/* Return: the packet's UDP header, or NULL. */
static __always_inline struct udphdr *parse_udp(void *data, void *end)
{
	__u32 offset, protocol = 0, left = 0;
	__be16 ethertype = 0;
	struct udphdr *udp;

	offset = parse_link(data, end, &ethertype);
	if (!offset)
		return NULL;
	if (ethertype == bpf_htons(ETH_P_IP))
		offset = parse_ip4(data, end, offset, &protocol, &left);
	else if (ethertype == bpf_htons(ETH_P_IPV6))
		offset = parse_ip6(data, end, offset, &protocol, &left);
	else
		return NULL;
	if (!offset || protocol != IPPROTO_UDP || left < sizeof(*udp))
		return NULL;
	udp = data + (offset & HEADERS_MAX);
	return (void *)(udp + 1) > end ? NULL : udp;
}

static __always_inline struct udphdr *parse_xdp(struct xdp_md *ctx)
{
	return parse_udp((void *)(long)ctx->data, (void *)(long)ctx->data_end);
}

static __always_inline struct udphdr *parse_tc(struct __sk_buff *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (data + PULL > end && end - data < ctx->len)
		bpf_skb_pull_data(ctx, ctx->len < PULL ? ctx->len : PULL);
	return parse_udp((void *)(long)ctx->data, (void *)(long)ctx->data_end);
}

#endif
