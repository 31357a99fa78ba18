/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_FILTER_H
#define EL_FILTER_H
/*
 * BPF filters (cls_bpf) at the clsact and ingress qdiscs: everybody's, read, never changed.
 */
#include "base/base.h"

struct el_filter {
	int ifindex;
	enum edge_hook hook;
	uint32_t id; /* of its program */
	uint32_t priority, handle;
	char tag[17];
	char name[64]; /* as who attached it called it */
};

enum el_qdisc {
	EL_QDISC_NONE,
	EL_QDISC_INGRESS, /* has no egress: a filter that is meant for it lands at ingress */
	EL_QDISC_CLSACT,
};

/* Which of the two qdiscs a device has: there is room for one. */
int el_qdisc_read(struct el_context *context, int ifindex, enum el_qdisc *out);

/* Those of one device, or of all where @ifindex is 0, in the kernel's order. */
int el_filters_read(struct el_context *context, int ifindex, struct el_filter **out, size_t *count);

#endif
