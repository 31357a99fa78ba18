/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_EVENT_H
#define EDGE_EVENT_H
/*
 * Reports to user space on single packets: records in a ring buffer, and lines in the kernel's
 * trace log.
 */
#include <edge/limit.h>

/**
 * EDGE_EVENTS() - define a ring buffer of records
 * @name:   the map's name
 * @record: the type of every record in it
 * @bytes:  its size: a power of two, and a multiple of the page's size
 *
 * The kernel takes no type for a ring buffer's records, so the type travels in a variable that is
 * never loaded: edge_record_NAME, in the section .edge.record.
 *
 * Hooks: all; kernel 5.8.
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
 * Return: 0; -EAGAIN the buffer is full, and the record lost.
 * Hooks: all; kernel 5.8.
 * Cost: 90 to 140 ns.
 */
#define edge_event(events, record) bpf_ringbuf_output(events, record, sizeof(*(record)), 0)

enum { EDGE_LOG_RATE = 10 }; /* lines a second */

/**
 * edge_log() - write a line to the kernel's trace log, for debugging
 * @pkt:    the packet
 * @format: a string literal; of printf's conversions the kernel takes %d %i %u %x %ld %lu %lx %lld
 *          %llu %llx %p %s, and %pI4 and %pI6 for pointers to addresses
 * @...:    up to 12 values
 *
 * `bpftool prog tracelog` shows the lines, as does /sys/kernel/tracing/trace_pipe. Each place in
 * the source writes at most EDGE_LOG_RATE lines a second; further lines are not written. The kernel
 * keeps 1,024 bytes of a line, and about 500 bytes of the strings in it.
 *
 * Hooks: all; kernel 5.12, with more than three values 5.16.
 * Cost: more than a microsecond for a line; 20 ns for a line that is not written.
 */
#define edge_log(pkt, format, ...)                                                              \
	do {                                                                                    \
		static struct edge_bucket edge_log_bucket_;                                     \
                                                                                                \
		if (edge_bucket_take(&edge_log_bucket_, edge_now_coarse_ns(pkt), EDGE_LOG_RATE, \
				     EDGE_LOG_RATE, 1))                                         \
			bpf_printk("edge: " format, ##__VA_ARGS__);                             \
	} while (0)

#endif
