/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_FILTER_H
#define EL_FILTER_H
/*
 * BPF filters (cls_bpf) at the clsact and ingress qdiscs: all tools' filters. They are read, never
 * changed.
 */
#include "base/base.h"

struct el_filter {
	int ifindex;
	enum edge_hook hook;
	uint32_t id; /* of its program */
	uint32_t priority, handle;
	char tag[17];
	char name[64]; /* the name given when it was attached */
};

enum el_qdisc {
	EL_QDISC_NONE,
	EL_QDISC_INGRESS, /* has no egress: a filter meant for egress lands at ingress */
	EL_QDISC_CLSACT,
};

/* Read which of the two qdiscs a device has: it can have only one. */
int el_qdisc_read(struct el_context *context, int ifindex, enum el_qdisc *out);

/* Read the filters of one device, or of all devices if @ifindex is 0, in the kernel's order. */
int el_filters_read(struct el_context *context, int ifindex, struct el_filter **out, size_t *count);

#endif
