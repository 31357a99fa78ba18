/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_EVENT_H
#define EDGE_EVENT_H
/*
 * What a function tells user space of single packets: records in a ring buffer.
 */
#include <edge/packet.h>

/**
 * EDGE_EVENTS() - a ring buffer of records (kernel 5.8)
 * @name:   the map's name
 * @record: the type of every record in it
 * @bytes:  its size: a power of two, and a multiple of the page's size
 *
 * The kernel takes no type for a ring buffer's records, so the type travels in a variable that is
 * never loaded: edge_record_NAME, in the section .edge.record.
 */
#define EDGE_EVENTS(name, record, bytes)               \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_RINGBUF);    \
		__uint(max_entries, bytes);            \
	} name SEC(".maps");                           \
	static const typeof(record) edge_record_##name \
		__attribute__((section(".edge.record"), used)) = {0}

/**
 * edge_event() - hand a record to user space
 * @events: &name, of an EDGE_EVENTS()
 * @record: a pointer to the record, which is on the stack, its padding zero
 *
 * `edge-load map dump` of that map follows it.
 *
 * Return: 0; -EAGAIN the buffer is full, and the record lost.
 * Cost: 90 to 140 ns.
 */
#define edge_event(events, record) bpf_ringbuf_output(events, record, sizeof(*(record)), 0)

#endif
