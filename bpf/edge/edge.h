/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_EDGE_H
#define EDGE_EDGE_H
/*
 * The one include of a function's author. Each header below owns one noun; bpf/README.md is the
 * index.
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
#include <edge/table.h>
#include <edge/flow.h>
#include <edge/time.h>
#include <edge/limit.h>
#include <edge/event.h>
#include <edge/csum.h>
#include <edge/payload.h>
#include <edge/receive.h>
#include <edge/rewrite.h>
#include <edge/room.h>
#include <edge/vlan.h>
#include <edge/encap.h>
#include <edge/route.h>
#include <edge/answer.h>
#include <edge/function.h>

#endif
