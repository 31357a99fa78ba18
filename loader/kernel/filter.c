// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Filters of cls_bpf, as rtnetlink reports them: the devices with a clsact or an ingress qdisc, and
 * the filters of these qdiscs. Filters of other kinds (flower, u32, …) are skipped. So are filters
 * of other qdiscs, which choose a class and see no packet before the stack does.
 */
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "kernel/filter.h"
#include "kernel/netlink.h"
#include "base/reason.h"

enum { DUMP_TRIES = 10 };

struct qdisc {
	int ifindex;
	bool clsact; /* false: an ingress qdisc, which has no egress */
};

struct dump {
	struct qdisc *qdiscs;
	size_t qdiscs_count;
	struct el_filter *filters;
	size_t count;
	const struct qdisc *qdisc; /* the qdisc whose filters are being read */
	enum edge_hook hook;
};

static void forget(struct dump *dump)
{
	free(dump->qdiscs);
	free(dump->filters);
	*dump = (struct dump){0};
}

/* ---------------------------------------------------------------- qdiscs */

static int find_kind(const struct nlattr *attribute, void *data)
{
	if (mnl_attr_get_type(attribute) == TCA_KIND)
		*(const char **)data = el_netlink_text(attribute);
	return MNL_CB_OK;
}

static int note_qdisc(const struct nlmsghdr *header, void *data)
{
	const struct tcmsg *message = mnl_nlmsg_get_payload(header);
	struct dump *dump = data;
	struct qdisc *qdiscs;
	const char *kind = "";

	mnl_attr_parse(header, sizeof(*message), find_kind, &kind);
	if (strcmp(kind, "clsact") && strcmp(kind, "ingress"))
		return MNL_CB_OK;
	qdiscs = reallocarray(dump->qdiscs, dump->qdiscs_count + 1, sizeof(*qdiscs));
	if (!qdiscs)
		return MNL_CB_ERROR;
	dump->qdiscs = qdiscs;
	qdiscs[dump->qdiscs_count++] =
		(struct qdisc){message->tcm_ifindex, !strcmp(kind, "clsact")};
	return MNL_CB_OK;
}

/* Ask for the qdiscs or the filters of the device and the parent that @of names. */
static int ask(struct dump *dump, uint16_t type, const struct tcmsg *of, mnl_cb_t note)
{
	char buffer[128];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

	header->nlmsg_type = type;
	memcpy(mnl_nlmsg_put_extra_header(header, sizeof(*of)), of, sizeof(*of));
	return el_netlink_dump(header, note, dump);
}

/* ---------------------------------------------------------------- filters */

static void read_option(const struct nlattr *attribute, struct el_filter *filter)
{
	const uint8_t *tag = mnl_attr_get_payload(attribute);

	switch (mnl_attr_get_type(attribute)) {
	case TCA_BPF_ID:
		filter->id = el_netlink_u32(attribute);
		break;
	case TCA_BPF_NAME:
		snprintf(filter->name, sizeof(filter->name), "%s", el_netlink_text(attribute));
		break;
	case TCA_BPF_TAG:
		if (mnl_attr_get_payload_len(attribute) == 8)
			el_hex(filter->tag, tag, 8);
		break;
	default:
		break;
	}
}

struct filter_attributes {
	const char *kind;
	const struct nlattr *options;
};

static int find_options(const struct nlattr *attribute, void *data)
{
	struct filter_attributes *attributes = data;

	if (mnl_attr_get_type(attribute) == TCA_KIND)
		attributes->kind = el_netlink_text(attribute);
	else if (mnl_attr_get_type(attribute) == TCA_OPTIONS)
		attributes->options = attribute;
	return MNL_CB_OK;
}

/* rtnetlink also sends one message for each priority, without options. */
static int note_filter(const struct nlmsghdr *header, void *data)
{
	const struct tcmsg *message = mnl_nlmsg_get_payload(header);
	struct filter_attributes attributes = {.kind = ""};
	const struct nlattr *option;
	struct dump *dump = data;
	struct el_filter filter = {
		.ifindex = dump->qdisc->ifindex, /* messages of a shared block have no ifindex */
		.hook = dump->hook,
		.priority = message->tcm_info >> 16,
		.handle = message->tcm_handle,
	};
	struct el_filter *filters;

	mnl_attr_parse(header, sizeof(*message), find_options, &attributes);
	if (strcmp(attributes.kind, "bpf") || !attributes.options)
		return MNL_CB_OK;
	mnl_attr_for_each_nested(option, attributes.options) read_option(option, &filter);
	if (!filter.id) /* classic BPF, or not a filter */
		return MNL_CB_OK;
	filters = reallocarray(dump->filters, dump->count + 1, sizeof(*filters));
	if (!filters)
		return MNL_CB_ERROR;
	dump->filters = filters;
	filters[dump->count++] = filter;
	return MNL_CB_OK;
}

/* Ask for the qdiscs of a device; 0: of all devices. */
static int ask_qdiscs(struct dump *dump, int ifindex)
{
	const struct tcmsg of = {.tcm_family = AF_UNSPEC, .tcm_ifindex = ifindex};

	return ask(dump, RTM_GETQDISC, &of, note_qdisc);
}

static int read_hook(struct dump *dump, const struct qdisc *qdisc, enum edge_hook hook)
{
	uint32_t minor = hook == EDGE_HOOK_TC_EGRESS ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS;
	const struct tcmsg of = {.tcm_family = AF_UNSPEC,
				 .tcm_ifindex = qdisc->ifindex,
				 .tcm_parent = TC_H_MAKE(TC_H_CLSACT, minor)};
	int error;

	dump->qdisc = qdisc;
	dump->hook = hook;
	error = ask(dump, RTM_GETTFILTER, &of, note_filter);
	/* The qdisc or its device was removed during the dump, and its filters with it. */
	return error == -EINVAL || error == -ENODEV || error == -ENOENT ? 0 : error;
}

static int read_once(struct dump *dump, int ifindex)
{
	int error = ask_qdiscs(dump, ifindex);

	for (size_t i = 0; !error && i < dump->qdiscs_count; i++) {
		const struct qdisc *qdisc = &dump->qdiscs[i];

		if (ifindex && qdisc->ifindex != ifindex)
			continue;
		error = read_hook(dump, qdisc, EDGE_HOOK_TC_INGRESS);
		if (!error && qdisc->clsact)
			error = read_hook(dump, qdisc, EDGE_HOOK_TC_EGRESS);
	}
	return error;
}

static int cannot_list(struct el_context *context, const char *what, int error)
{
	return el_fail(context, EL_FAILED, -error, NULL, "can't list the %s of tc: %s", what,
		       el_reason(EL_OP_SYSTEM, -error));
}

int el_qdisc_read(struct el_context *context, int ifindex, enum el_qdisc *out)
{
	struct dump dump = {0};
	int error = -EINTR;

	for (int tries = 0; error == -EINTR && tries < DUMP_TRIES; tries++) {
		forget(&dump);
		error = ask_qdiscs(&dump, ifindex);
	}
	*out = EL_QDISC_NONE;
	for (size_t i = 0; i < dump.qdiscs_count; i++)
		if (dump.qdiscs[i].ifindex == ifindex)
			*out = dump.qdiscs[i].clsact ? EL_QDISC_CLSACT : EL_QDISC_INGRESS;
	forget(&dump);
	return error ? cannot_list(context, "qdiscs", error) : 0;
}

int el_filters_read(struct el_context *context, int ifindex, struct el_filter **out, size_t *count)
{
	struct dump dump = {0};
	int error = -EINTR;

	for (int tries = 0; error == -EINTR && tries < DUMP_TRIES; tries++) {
		forget(&dump);
		error = read_once(&dump, ifindex);
	}
	if (error) {
		forget(&dump);
		return cannot_list(context, "filters", error);
	}
	*out = TAKE_PTR(dump.filters);
	*count = dump.count;
	forget(&dump);
	return 0;
}
