/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_BEGUN_H
#define EDGE_INTERNAL_BEGUN_H
/*
 * A partial transport checksum ("begun"): where it is. See internal/transport_csum.h.
 */
#include <linux/types.h>

/*
 * A partial transport checksum behind headers that the SDK has put in front of it, where the view
 * does not show it. Offsets are from the frame's start, in bytes.
 */
struct edge_begun {
	__u32 l4;     /* the first byte that it covers; 0: there is no partial checksum */
	__u32 field;  /* the checksum's field */
	__u32 length; /* number of bytes that it covers; EDGE_BEGUN_UNKNOWN: it can't be finished */
};

enum { EDGE_BEGUN_UNKNOWN = 0xffff };

#endif
