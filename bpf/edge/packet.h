/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_PACKET_H
#define EDGE_PACKET_H
/*
 * The packet view: the parsed headers of a packet, at either hook. It is made once, at a chain's
 * entry, and made anew by every SDK call that moves the packet, so it is never stale.
 *
 * A header's pointer is either NULL or good for the header's fixed part; a header that is missing,
 * truncated, malformed, or out of reach (in a later fragment, behind a third VLAN tag, behind a
 * seventh IPv6 extension header) is NULL. Fields that no function of the chain reads cost nothing:
 * the optimiser removes them.
 *
 * The view is a local variable of the program's entry, and everything here is inlined, so its
 * fields are registers. Never take the address of a field for a helper.
 */
#include <linux/if_ether.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <edge/internal/begun.h>

/* For an author's own functions too: a function that takes the view must be inlined, or the view's
 * fields are no registers any more. */
#define EDGE_INLINE static inline __attribute__((always_inline))

/* Errors that SDK calls return, negative: the kernel's numbers (asm-generic/errno*.h). */
enum {
	EDGE_ENOENT = 2,
	EDGE_ENOMEM = 12,
	EDGE_EINVAL = 22,
	EDGE_EMSGSIZE = 90,
	EDGE_EOPNOTSUPP = 95,
};

enum {
	EDGE_TAGS_MAX = 2,	  /* VLAN tags; behind more, nothing is parsed */
	EDGE_EXTENSIONS_MAX = 6,  /* IPv6 extension headers: one of each, the destination's twice */
	EDGE_HEADERS_MAX = 0xfff, /* the transport header begins before this offset */
};

/* A VLAN tag (IEEE 802.1Q). */
struct edge_tag {
	__be16 proto; /* ETH_P_8021Q or ETH_P_8021AD */
	__u16 tci;    /* 3 bits priority, 1 bit drop eligible, 12 bits VLAN number */
};

/* The parts of a tag's tci. */
enum {
	EDGE_TAG_ID = 0x0fff,
	EDGE_TAG_DEI = 0x1000,
	EDGE_TAG_PRIORITY_SHIFT = 13,
};

/* The tags, whether they are in the packet or, at TC, in the skb's metadata. */
struct edge_vlan {
	__u32 tags; /* number of tags: 0, 1 or 2; more than two tags read as 2, and L3 is NULL */
	struct edge_tag outer, inner;
};

/* ARP for IPv4 over Ethernet (RFC 826). */
struct edge_arp {
	__be16 hardware, protocol;
	__u8 hardware_length, protocol_length;
	__be16 operation;
	__u8 source_mac[ETH_ALEN];
	__be32 source_ip;
	__u8 target_mac[ETH_ALEN];
	__be32 target_ip;
} __attribute__((packed));

/* SCTP's common header (RFC 9260, section 3.1). */
struct edge_sctp {
	__be16 source, dest;
	__be32 tag, checksum;
};

/* pkt->fragment */
enum {
	EDGE_FRAGMENT_MORE = 0x2000,   /* it is not the last */
	EDGE_FRAGMENT_OFFSET = 0x1fff, /* where it belongs, in units of 8 bytes */
};

/*
 * The order of the fields is part of the ABI (EDGE_ABI): the loader fuses objects that were made at
 * different times. Fields marked "SDK" are the SDK's own, and no function reads or writes them.
 */
struct edge_pkt {
	void *ctx;	     /* struct xdp_md * at XDP, struct __sk_buff * at TC */
	enum edge_hook hook; /* a constant: EDGE_HOOK_XDP or EDGE_HOOK_TC_INGRESS; see edge_hook */
	void *data, *end;    /* the linear part, which pointers can reach */
	__u32 length;	     /* the frame's bytes, with those beyond the linear part */
	__u32 entry_length;  /* SDK: the frame's bytes, as it came */
	__be32 entry_source; /* SDK: its IPv4 source, as it came; 0 */
	__u32 entry_bytes;   /* SDK: its bytes on the wire, as it came: edge_bytes() */
	__u32 entry_packets; /* SDK: packets on the wire, as it came: edge_packets() */
	__u32 packets;	     /* SDK: on the wire: edge_packets() */
	__u32 shared;	     /* SDK: the payload's bytes, which these packets have only once */
	__u32 reason;	     /* SDK: set by edge_drop() */
	int tc_drop;	     /* SDK: the TC verdict that EDGE_DROP becomes: EDGE_TC_DROP, STOLEN or
				TRAP */
	struct ethhdr *eth;
	struct edge_vlan vlan;
	struct edge_arp *arp;
	struct iphdr *ip4; /* all its options can be read too */
	struct ipv6hdr *ip6;
	struct tcphdr *tcp;
	struct udphdr *udp;
	struct icmphdr *icmp;
	struct icmp6hdr *icmp6;
	struct edge_sctp *sctp;
	void *l4;	 /* the bytes behind the IP header and its extensions, of any protocol; NULL
			    in a later fragment */
	__u32 l4_length; /* how many there are by the IP header: padding does not count */
	void *payload;	 /* the bytes behind tcp, udp, icmp, icmp6 or sctp; see payload.h */
	__u32 payload_length; /* by the IP header; the linear part may have fewer */
	__be16 ethertype;     /* of the header behind the tags */
	__u8 protocol;	      /* IPPROTO_*: of the header behind the IP header and its extensions */
	__u16 fragment;	      /* EDGE_FRAGMENT_*, of either family; 0: the packet is whole */
	__u32 tunnel;	   /* SDK: edge_encap()'s kind + 1, if it put the packet into a tunnel; 0 */
	__u32 tunnel_size; /* SDK: the bytes that it added */
	__u32 route_mtu; /* set by edge_route() if the packet is too big: the route's MTU, bytes */
	struct edge_begun begun;		  /* SDK */
	__u64 now_ns, now_coarse_ns, now_jiffies; /* SDK: time.h; 0: not read yet */
};

/**
 * edge_is_ip() - whether the packet is IPv4 or IPv6
 * @pkt: the packet
 *
 * The code behind it must still test the pointer that it uses: the verifier never takes a packet
 * pointer for known to be non-NULL (reg_not_null(), kernel 6.18), so after `if (!edge_is_ip(pkt))
 * return …` neither `else` nor the compiler's reasoning makes pkt->ip6 usable; `else if (pkt->ip6)`
 * does.
 *
 * Return: whether it is.
 * Hooks: all. Cost: no helper call.
 */
EDGE_INLINE bool edge_is_ip(const struct edge_pkt *pkt)
{
	__u64 ip4 = pkt->ip4 != NULL, ip6 = pkt->ip6 != NULL;

	/* Else the compiler makes a bitwise or of the two pointers. */
	asm("" : "+r"(ip4), "+r"(ip6));
	return ip4 | ip6;
}

/**
 * edge_later_fragment() - whether the packet is the second or a later fragment
 * @pkt: the packet
 *
 * Return: whether it is; then it has no transport header.
 * Hooks: all. Cost: no helper call.
 */
EDGE_INLINE bool edge_later_fragment(const struct edge_pkt *pkt)
{
	return pkt->fragment & EDGE_FRAGMENT_OFFSET;
}

/**
 * edge_offset() - where a header begins
 * @pkt:    the packet
 * @header: a pointer of the view, which must not be NULL
 *
 * Return: the offset from the frame's start, in bytes.
 * Hooks: all. Cost: no helper call.
 */
EDGE_INLINE __u32 edge_offset(const struct edge_pkt *pkt, const void *header)
{
	long offset = (long)header - (long)pkt->data;

	/* The compiler must not replace this by the difference of two headers, of which either
	   may be NULL. */
	asm("" : "+r"(offset));
	return (__u32)offset;
}

#endif
