/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_REASON_H
#define EDGE_INTERNAL_REASON_H
/*
 * A drop reason: its number in this object, and its note for the loader.
 */
#include <edge/packet.h>

/* __COUNTER__ before the first edge_drop(). */
enum { EDGE_REASON_BASE = __COUNTER__ };

/* edge_drop() with the reason's number. */
#define edge_drop_numbered(pkt, reason_, number_)                                               \
	({                                                                                      \
		enum { edge_reason_number_ = number_ };                                         \
		static const struct edge_reason_note edge_reason_note_                          \
			__attribute__((section(".edge.reason"), used)) = {                      \
				.number = edge_reason_number_, .name = reason_};                \
		_Static_assert(edge_reason_number_ < EDGE_REASONS_MAX,                          \
			       "edge_drop: at most 15 uses in one function");                   \
		_Static_assert(sizeof(reason_) <= EDGE_NAME_MAX, "edge_drop: reason too long"); \
		(pkt)->reason = edge_reason_number_;                                            \
		EDGE_DROP;                                                                      \
	})

#endif
