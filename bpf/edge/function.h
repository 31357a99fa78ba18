/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_FUNCTION_H
#define EDGE_FUNCTION_H
/*
 * A function's head: its name, parameters and drop reasons.
 */
#include <edge/internal/entry.h>
#include <edge/internal/param.h>
#include <edge/internal/reason.h>

/* The text that `edge-load inspect` prints of the function; define it before including edge.h. */
#ifndef EDGE_HELP
#define EDGE_HELP ""
#endif

/* The licence that the kernel is told; define it before including edge.h if it is another. */
#ifndef EDGE_LICENSE
#define EDGE_LICENSE "Dual BSD/GPL"
#endif

/**
 * EDGE_FUNCTION() - define the function of this object
 * @id: its name, a C identifier of up to 24 characters
 *
 * The body that follows gets `struct edge_pkt *pkt`, parsed, and returns an enum edge_verdict. An
 * object has one function. EDGE_FUNCTION_FRAGS() defines a function that accepts XDP
 * frames whose tail is in fragments (kernel 5.18): it reads bytes beyond the headers only through
 * edge_load_bytes() and edge_payload_read().
 */
#define EDGE_FUNCTION(id)	EDGE_FUNCTION_SECTION(id, "xdp", 0)
#define EDGE_FUNCTION_FRAGS(id) EDGE_FUNCTION_SECTION(id, "xdp.frags", EDGE_FUNCTION_FRAGS_OK)

/**
 * EDGE_PARAM() - define a parameter: read-only data, set per instance when the chain is fused
 * @type:    an integer type, bool, edge_ip4, edge_port, struct edge_ip, struct edge_prefix or
 *           struct edge_mac
 * @id:      its name, which is also the variable that the function reads
 * @initial: the value if none is given; braces around a struct's need EDGE_INIT(…). An
 *           edge_port's is the number as people write it, 443; bpf_htons(443) means the same,
 *           as does __bpf_constant_htons(443), but not through a macro of another name
 * @help_:   a line for `edge-load inspect`
 *
 * The optimiser and the verifier remove the branches that a parameter decides. A number is read by
 * its name, a struct with edge_ip_param(&name), edge_prefix_param(&name) or edge_mac_param(&name).
 *
 * Hooks: all. Cost: none.
 */
#define EDGE_PARAM(type, id, initial, help_)     \
	EDGE_PARAM_DEFINE(type, id, 0, 0, help_, \
			  EDGE_INITIAL(EDGE_IS_PORT(EDGE_TYPE_##type), #initial, initial))

/**
 * EDGE_PARAM_RANGE() - define a parameter with limits
 * @type, @id, @initial, @help_: as for EDGE_PARAM()
 * @min_, @max_:                 the least and the greatest value that the loader accepts
 */
#define EDGE_PARAM_RANGE(type, id, initial, min_, max_, help_) \
	EDGE_PARAM_DEFINE(type, id, min_, max_, help_,         \
			  EDGE_INITIAL(EDGE_IS_PORT(EDGE_TYPE_##type), #initial, initial))

/* The initial value of a parameter that is a struct, with its braces: EDGE_INIT(1, 2). */
#define EDGE_INIT(...)      \
	{                   \
		__VA_ARGS__ \
	}

/**
 * edge_drop() - drop the packet, for a reason that is counted by itself
 * @pkt:    the packet
 * @reason: a string literal of up to 31 characters; `edge-load stats` shows it. Several places may
 *          use the same reason; a function has room for 15 uses
 *
 * Return: the verdict to return, EDGE_DROP.
 * Hooks: all. Cost: an addition, for dropped packets only.
 */
#define edge_drop(pkt, reason) edge_drop_numbered(pkt, reason, __COUNTER__ - EDGE_REASON_BASE)

#endif
