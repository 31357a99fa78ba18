/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_ABI_H
#define EDGE_ABI_H
/*
 * The ABI between the two sides of the kernel boundary: functions (bpf/) and the loader (loader/).
 *
 * THE OBJECT. A function compiles to one ELF file for the BPF machine. It holds
 *
 *   xdp, xdp.frags, tc    the two entries NAME_xdp and NAME_tc, so that the object loads without
 *                         edge-load too
 *   .llvmbc               the LLVM bitcode of the same source, from which the loader fuses a chain
 *   .maps, .rodata, …     maps and parameters as libbpf knows them
 *   .edge.function        one struct edge_function_note: the ABI's version, name, flags
 *   .edge.param           a struct edge_param_note for each parameter: the variable's name, limits,
 *                         help
 *   .edge.reason          a struct edge_reason_note for each drop reason: its number, its name
 *   .edge.record          for each ring buffer NAME a variable edge_record_NAME, of its records'
 *                         type, which BTF tells; its bytes mean nothing
 *
 * The notes are never loaded into the kernel. A parameter's type is read from BTF, its default from
 * the variable's initial value. Inside the bitcode the function is edge_fn_NAME(struct edge_pkt *),
 * external and always inlined.
 *
 * RESERVED NAMES. Globals that begin with edge_ belong to the SDK. In every object, and in every
 * program that the loader fuses, these are set by the loader before the load (all are `const
 * volatile` in .rodata). In a fused program they are folded into the code, except for the MAC
 * address, so that one fused object can be loaded for many devices:
 *
 *   edge_first       number, in the chain, of the first instance in this program
 *   edge_length      how many instances this program runs
 *   edge_end         the counter slot of packets that the last instance let go on (NEXT): the
 *                    length of the whole chain, or the number of the plain program that comes next
 *                    by a link of its own
 *   edge_next        slot in the program array of the program that goes on, or EDGE_LAST
 *   edge_hook        the enum edge_hook that the program runs at. Inside a function, pkt->hook is a
 *                    constant that tells XDP from TC (always EDGE_HOOK_TC_INGRESS there); edge_hook
 *                    tells ingress from egress
 *   edge_flags       EDGE_CHAIN_*: properties of the device and the mode
 *   edge_mac_first,  the device's MAC address, 4 and 2 bytes; 0: not known
 *   edge_mac_last
 *
 * and these are maps that the loader provides: edge_counters, edge_tail_xdp, edge_tail_tc.
 * edge_targets belongs to each instance that uses it, and the loader fills it.
 *
 * COUNTING. One per-CPU array, edge_counters, with edge_end + 1 slots of struct edge_counters. A
 * packet is counted ONCE, in the slot of the instance that ended its way through the chain, or in
 * the slot edge_end when none did, under its verdict. How many packets entered instance i is then
 * the sum over the slots i and later, and how many it let go on (NEXT) the sum over the slots after
 * i. So counting costs one look-up and two additions a packet, however long the chain is. Packets
 * and bytes are counted as on the wire (wire.h), when the packet entered the chain (at a cut: when
 * it entered that program).
 *
 * An instance with tail calls of its own is the last of its chain. A packet that it sends away by a
 * tail call is counted in its slot, under NEXT.
 *
 * METADATA. A fused program opens its .rodata with the fields of struct edge_metadata, each a
 * variable of its own called bpf_metadata_edge_FIELD, so that bpftool prints them and the loader
 * can read them back by their place, without the privilege that fetching BTF by its number needs.
 *
 * A program's kind is one letter, a capital where the program is attached by a link of its own,
 * after the first (TCX only), and not reached by a tail call:
 *
 *   f    fused; a digit behind it says in which form (the loader's enum el_form), if that is not 0
 *   o    an edge object, used unmodified
 *   p    a plain program, used unmodified
 *
 * The slot of an instance that does not count itself (a plain program without bitcode, taken as it
 * is) counts, under NEXT, the packets handed to it.
 */
#include <linux/types.h>

#define EDGE_ABI	   1
#define EDGE_NAME_MAX	   32 /* bytes of a name (function, parameter, reason), with the NUL */
#define EDGE_HELP_MAX	   128
#define EDGE_INSTANCES_MAX 64
#define EDGE_REASONS_MAX   16 /* drop reasons of one function; number 0 is "no reason given" */
#define EDGE_LAST	   0xffffffffu

enum edge_hook {
	EDGE_HOOK_XDP,
	EDGE_HOOK_TC_INGRESS,
	EDGE_HOOK_TC_EGRESS,
};

enum edge_verdict {
	EDGE_NEXT,     /* go on with the next instance; after the last, accept */
	EDGE_PASS,     /* accept, end the chain */
	EDGE_DROP,     /* drop, end the chain */
	EDGE_TX,       /* send out of the device it came from */
	EDGE_REDIRECT, /* send out of the device that edge_redirect() or edge_route() chose */
	EDGE_ABORT,    /* an error in the function: drop, and let XDP's exception tracepoint tell */
	EDGE_VERDICTS,
};

/* edge_flags: properties of the device and the mode, which the loader finds out. */
enum {
	/* Transport checksums may be partial on this device and in this mode: see
	   internal/transport_csum.h. */
	EDGE_CHAIN_PARTIAL_CSUM = 1u << 0,
	/* The next program does not count: count for it, in its slot, under NEXT. */
	EDGE_CHAIN_NEXT_PLAIN = 1u << 1,
	/* The program is loaded for XDP frames whose tail is in fragments (kernel 5.18). */
	EDGE_CHAIN_FRAGS = 1u << 2,
	/* The verifier refused the chain as the compiler likes it best: see edge_parse_settle(). */
	EDGE_CHAIN_SETTLE = 1u << 3,
	/* The chain is a filter of cls_bpf on a clsact qdisc, and not a TCX link. */
	EDGE_CHAIN_CLSACT = 1u << 4,
	/* Generic XDP: packets are the kernel's, which knows whose checksum is partial. */
	EDGE_CHAIN_GENERIC = 1u << 5,
	/* Native XDP: edge_targets has the devices that take redirected frames. */
	EDGE_CHAIN_TARGETS = 1u << 8,
};

/* The table of a function that sends packets at XDP, which the loader fills: by a device's number,
 * how the device takes them. */
#define EDGE_TARGETS "edge_targets"

enum {
	EDGE_TARGET_FRAMES = 1u << 0,	 /* it takes other devices' XDP frames */
	EDGE_TARGET_FRAGMENTS = 1u << 1, /* also frames whose tail is in fragments */
	/* It finishes partial checksums of the kernel's packets, or hands them to a device or a
	   stack that does. */
	EDGE_TARGET_CHECKSUMS = 1u << 2,
	EDGE_TARGET_ETHERNET = 1u << 3, /* its frames begin with an Ethernet header */
};

/*
 * A count: a number that programs only add to. When two generations of a chain count the same
 * packets' traffic during a conversion or a rollback, the loader adds up both additions; of every
 * other field it keeps the newer generation's value. In a per-CPU map, the counts of all CPUs are
 * shown as their sum. The type alone says that a field is a count: the name of the field does not
 * matter. A program without this SDK declares a type of that name: typedef __u64 edge_counter (or
 * __u32).
 */
typedef __u64 edge_counter;
typedef __u32 edge_counter32;

struct edge_count {
	edge_counter packets;
	edge_counter bytes;
};

/* One slot of edge_counters. The counts stand in the order of enum edge_verdict. */
struct edge_counters {
	struct edge_count next, pass, drop, tx, redirect, abort;
	edge_counter
		reasons[EDGE_REASONS_MAX]; /* packets dropped, by the function's reason number */
};

/* The facts by which the loader recognises a chain that it finds in the kernel. */
struct edge_metadata {
	__u64 time;	  /* when it was fused, seconds since 1970 */
	__u32 abi;	  /* EDGE_ABI */
	__u32 generation; /* of the chain */
	__u32 program; /* the number of its first instance: which of the chain's programs this is */
	__u32 mode;    /* how it was attached: enum el_mode of the loader */
	__u32 ifindex; /* of the device it was made for */
	__u32 keep;    /* how many generations stay loaded */
	__u64 netns;   /* the device's network namespace: SO_NETNS_COOKIE */
	__u32 declared; /* 1: by a manifest */
	__u32 unused;
	char user[64];	     /* the user who had it fused */
	char version[16];    /* of edge-load */
	char cut[512];	     /* the reason for several programs, or "" */
	char programs[1024]; /* of each program: FIRST+COUNT and its kind, see above */
	char digests[2048];  /* of each instance's object: SHA-256, its first 16 hexadecimal digits
			      */
	char chain[8192];    /* the instances, as `edge-load attach` takes them */
	char reasons[8192];  /* of each instance: NUMBER:REASON,… or - */
};

/* Notes of an object: see above. All names end with a NUL. */
enum {
	EDGE_FUNCTION_FRAGS_OK = 1u << 0, /* accepts XDP frames whose tail is in fragments */
};

struct edge_function_note {
	__u32 abi;
	__u32 flags;
	char name[EDGE_NAME_MAX];
	char help[EDGE_HELP_MAX];
};

struct edge_param_note {
	char name[EDGE_NAME_MAX];
	char help[EDGE_HELP_MAX];
	__s64 min, max; /* both 0: the limits of the type */
};

struct edge_reason_note {
	__u32 number; /* 1 … EDGE_REASONS_MAX - 1 */
	char name[EDGE_NAME_MAX];
};

/*
 * Types whose values have a text form of their own, in parameters, map keys and map values. They
 * are known by their BTF name.
 */
typedef __be32 edge_ip4;  /* 192.0.2.1 */
typedef __be16 edge_port; /* 443: a number as people write it, network order in memory */

/* An address of either family: IPv4 is held as ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2). */
struct edge_ip {
	__be32 word[4];
};

/* A prefix of either family: a parameter, or an exact key. 192.0.2.0/24 has the length 96 + 24. */
struct edge_prefix {
	__u32 length;
	struct edge_ip ip;
};

/*
 * The key of a prefix table. The family comes first, and the kernel's trie compares it like the
 * bits of the address, so no prefix of one family holds an address of the other: ::/0 and 0.0.0.0/0
 * are two entries, and ::ffff:0:0/96 is about IPv6 packets that carry such an address. 192.0.2.0/24
 * has the length 32 + 24, and its address in ip.word[0]; 2001:db8::/32 has the length 32 + 32.
 */
struct edge_prefix_key {
	__u32 length; /* in bits, from family on */
	__u8 family;  /* EDGE_PREFIX_IP4 or EDGE_PREFIX_IP6 */
	__u8 unused[3];
	struct edge_ip ip;
};

enum {
	EDGE_PREFIX_IP4 = 4,
	EDGE_PREFIX_IP6 = 6,
	EDGE_PREFIX_FAMILY_BITS = 32, /* of edge_prefix_key, in front of the address */
};

struct edge_mac {
	__u8 byte[6];
};

_Static_assert(sizeof(struct edge_counters) == 6 * 16 + 16 * 8, "ABI");
_Static_assert(sizeof(struct edge_metadata) == 48 + 64 + 16 + 512 + 1024 + 2048 + 2 * 8192, "ABI");
_Static_assert(sizeof(struct edge_function_note) == 168, "ABI");
_Static_assert(sizeof(struct edge_param_note) == 176, "ABI");
_Static_assert(sizeof(struct edge_reason_note) == 36, "ABI");
_Static_assert(sizeof(struct edge_prefix) == 20, "ABI");
_Static_assert(sizeof(struct edge_prefix_key) == 24, "ABI");

#endif
