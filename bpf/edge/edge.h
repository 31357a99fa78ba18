/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_EDGE_H
#define EDGE_EDGE_H
/*
 * The one include of a function's author. Each header below owns one noun, and holds the calls that
 * a function may make; bpf/README.md is the index. The headers in edge/internal/ are how these
 * calls work: their names and arguments may change with any version, and no function may use them.
 *
 * In the comments "Hooks" says where a call works (xdp, tc-ingress, tc-egress) and since which
 * kernel, if not since all kernels that edge-load supports. "Cost" is for one call in a fused
 * chain, as measured on the machine of the README's figures. Unless its text says "made anew", a
 * call leaves all pointers into the packet valid.
 */
#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include <edge/abi.h>
#include <edge/packet.h>
#include <edge/wire.h>
#include <edge/parse.h>
#include <edge/address.h>
#include <edge/table.h>
#include <edge/flow.h>
#include <edge/time.h>
#include <edge/limit.h>
#include <edge/event.h>
#include <edge/csum.h>
#include <edge/payload.h>
#include <edge/receive.h>
#include <edge/endpoint.h>
#include <edge/rewrite.h>
#include <edge/room.h>
#include <edge/vlan.h>
#include <edge/encap.h>
#include <edge/send.h>
#include <edge/route.h>
#include <edge/answer.h>
#include <edge/function.h>

#endif
