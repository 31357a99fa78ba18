/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_PACKET_H
#define EDGE_PACKET_H
/*
 * The packet view: what a function sees of a packet at either hook. It is made once, at a chain's
 * entry (parse.h), and made anew by every SDK call that moves the packet, so it is never stale.
 *
 * A header's pointer is either NULL or good for the header's fixed part; a header that is missing,
 * truncated, malformed, or out of reach (in a later fragment, behind a third VLAN tag, behind a
 * seventh IPv6 extension header) is NULL. What no function of the chain reads costs nothing: the
 * optimiser removes it.
 *
 * It is a local variable of the program's entry, and everything here is inlined, so its fields are
 * registers. Never take the address of a field for a helper.
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

/*
 * A function that stays a function of its own: the verifier goes through it once, whatever calls it
 * and however often. Its arguments are the hook's context and numbers. Its name begins with
 * edge_sub_: all instances of a chain then share the first one's. It may not read or write what the
 * loader sets for each instance.
 */
#define EDGE_SUBPROGRAM __attribute__((noinline, weak))

/* A branch that the processor is not told about, but the compiler is: see edge_forget(). */
#define EDGE_LIKELY(x)	 __builtin_expect(!!(x), 1)
#define EDGE_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* TC's verdicts, as linux/pkt_cls.h has them (TC_ACT_*), and as TCX calls them since kernel 6.6. */
enum {
	EDGE_TC_NEXT = -1,
	EDGE_TC_PASS = 0,
	EDGE_TC_DROP = 2,
	EDGE_TC_STOLEN = 4, /* cls_bpf only: dropped, and the sender is told of a success */
	EDGE_TC_REDIRECT = 7,
	EDGE_TC_TRAP = 8, /* cls_bpf only: as EDGE_TC_STOLEN */
};

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

enum {
	EDGE_TAG_ID = 0x0fff,
	EDGE_TAG_DEI = 0x1000,
	EDGE_TAG_PRIORITY_SHIFT = 13,
};

/* The tags, the same whether they are in the packet or, at TC, in the skb's metadata. */
struct edge_vlan {
	__u32 tags; /* how many: 0, 1 or 2; more than that read as 2, and L3 is NULL */
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

/* A transport checksum that is only begun, behind headers that the SDK has put in front of it: see
   csum.h. Offsets are from the frame's start. */
struct edge_begun {
	__u32 l4;     /* where what it covers begins; 0: there is none */
	__u32 field;  /* where it is */
	__u32 length; /* how many bytes it covers; EDGE_BEGUN_UNKNOWN: it can't be finished */
};

enum { EDGE_BEGUN_UNKNOWN = 0xffff };

struct edge_pkt {
	void *ctx;	     /* struct xdp_md * at XDP, struct __sk_buff * at TC */
	enum edge_hook hook; /* a constant: EDGE_HOOK_XDP or EDGE_HOOK_TC_INGRESS; see edge_hook */
	void *data, *end;    /* what can be touched directly: the linear part */
	__u32 length;	     /* the frame's bytes, with what is beyond the linear part */
	__u32 entry_length;  /* the same, as the frame came */
	__be32 entry_source; /* its IPv4 source, as it came; 0 */
	__u32 entry_bytes;   /* its bytes on the wire, as it came: edge_bytes() */
	__u32 entry_packets; /* packets on the wire, as it came: edge_packets() */
	__u32 packets;	     /* on the wire: edge_packets() */
	__u32 shared;	     /* bytes that these packets have but once between them: the payload */
	__u32 reason;	     /* set by edge_drop() */
	int tc_drop; /* the TC verdict that EDGE_DROP becomes: EDGE_TC_DROP, STOLEN or TRAP */
	struct ethhdr *eth;
	struct edge_vlan vlan;
	struct edge_arp *arp;
	struct iphdr *ip4; /* its options are all there too */
	struct ipv6hdr *ip6;
	struct tcphdr *tcp;
	struct udphdr *udp;
	struct icmphdr *icmp;
	struct icmp6hdr *icmp6;
	struct edge_sctp *sctp;
	void *l4;	 /* what follows the IP header and its extensions, whatever it is; NULL in
			    a later fragment */
	__u32 l4_length; /* how long that is by the IP header: padding does not count */
	void *payload;	 /* what follows tcp, udp, icmp, icmp6 or sctp; see payload.h */
	__u32 payload_length; /* by the IP header; it may be more than the linear part has */
	__be16 ethertype;     /* of what follows the tags */
	__u8 protocol;	      /* IPPROTO_*: of what follows the IP header and its extensions */
	__u16 fragment;	      /* EDGE_FRAGMENT_*, of either family; 0: whole */
	__u32 tunnel;	   /* edge_encap()'s kind + 1, of a packet that it put into a tunnel; 0 */
	__u32 tunnel_size; /* the bytes that it added */
	__u32 route_mtu;   /* set by edge_route(): of the way, where the packet is too big */
	struct edge_begun begun;
	__u64 now_ns, now_coarse_ns, now_jiffies; /* time.h: 0 is "not read yet" */
};

/* Where a header of the view begins, in bytes from the frame's start. It must not be NULL. */
EDGE_INLINE __u32 edge_offset(const struct edge_pkt *pkt, const void *header)
{
	long offset = (long)header - (long)pkt->data;

	/* The compiler must not take the difference of two headers from it: that is a number, but
	   what it would make of a NULL is not. */
	asm("" : "+r"(offset));
	return (__u32)offset;
}

/* Is it the second or a later fragment, which has no transport header? */
EDGE_INLINE bool edge_later_fragment(const struct edge_pkt *pkt)
{
	return pkt->fragment & EDGE_FRAGMENT_OFFSET;
}

#endif
