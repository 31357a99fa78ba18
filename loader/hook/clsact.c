// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * clsact, for kernels without TCX and on request. libbpf's calls name a direction, but the kernel
 * heeds it only at a clsact qdisc. An ingress qdisc, which may exist in clsact's place, attaches,
 * queries and deletes at ingress even if the call names egress. So the qdisc is checked before each
 * of these calls, and the filter after it was attached.
 */
#include <net/if.h>

#include <bpf/libbpf.h>

#include "base/capture.h"
#include "hook/clsact.h"
#include "kernel/descriptor.h"
#include "kernel/filter.h"
#include "base/reason.h"

/* The handle and the priority of edge-load's filters. */
#define CLSACT_HANDLE	0xed6e
#define CLSACT_PRIORITY 0xed6e

/* Prefer the number: a device that was recreated under the same name is another device. The number
 * is 0 if the chain's device has not been looked up yet; then use the name. */
static int ifindex_of(const struct el_attachment *chain)
{
	return chain->site.ifindex ? chain->site.ifindex : (int)if_nametoindex(chain->site.device);
}

static const char *way_of(const struct el_attachment *chain)
{
	return chain->site.hook == EDGE_HOOK_TC_EGRESS ? "egress" : "ingress";
}

/* libbpf also checks the padding: it must be zero, which an initialiser does not guarantee. */
static void hook_init(const struct el_attachment *chain, struct bpf_tc_hook *hook)
{
	memset(hook, 0, sizeof(*hook));
	hook->sz = sizeof(*hook);
	hook->ifindex = ifindex_of(chain);
	hook->attach_point =
		chain->site.hook == EDGE_HOOK_TC_EGRESS ? BPF_TC_EGRESS : BPF_TC_INGRESS;
}

/* ---------------------------------------------------------------- refusals */

int el_hook_unpinned(struct el_context *context, const struct el_attachment *chain)
{
	_cleanup_free_ char *hint = el_format("'tc filter show dev %s %s' shows the filter; "
					      "'edge-load detach %s --hook %s' removes it",
					      chain->site.device, way_of(chain), chain->site.device,
					      el_hook_name(chain->site.hook));

	return el_fail(context, EL_CONFLICT, EBUSY, hint,
		       "%s %s has a filter at the handle of edge-load, 0x%x, that no chain has "
		       "pinned",
		       chain->site.device, el_hook_name(chain->site.hook), CLSACT_HANDLE);
}

static int no_egress(struct el_context *context, const struct el_attachment *chain)
{
	_cleanup_free_ char *hint = el_format(
		"replace the ingress qdisc by clsact: 'tc qdisc del dev %s ingress', 'tc qdisc add "
		"dev %s clsact' (this removes all filters at ingress); or use --mode tcx",
		chain->site.device, chain->site.device);

	return el_fail(context, EL_CONFLICT, EEXIST, hint,
		       "%s has an ingress qdisc, which has no egress and prevents a clsact qdisc",
		       chain->site.device);
}

int el_clsact_check(struct el_context *context, const struct el_attachment *chain)
{
	enum el_qdisc qdisc = EL_QDISC_NONE;
	int error = el_qdisc_read(context, ifindex_of(chain), &qdisc);

	if (error || chain->site.hook != EDGE_HOOK_TC_EGRESS || qdisc != EL_QDISC_INGRESS)
		return error;
	return no_egress(context, chain);
}

/* ---------------------------------------------------------------- the filter */

int el_clsact_query(struct el_context *context, const struct el_attachment *chain, uint32_t *id)
{
	_cleanup_free_ struct el_filter *filters = NULL;
	int ifindex = ifindex_of(chain), error;
	size_t count = 0;

	*id = 0;
	if (!ifindex)
		return 0;
	error = el_filters_read(context, ifindex, &filters, &count);
	for (size_t i = 0; i < count; i++)
		if (filters[i].hook == chain->site.hook && filters[i].handle == CLSACT_HANDLE &&
		    filters[i].priority == CLSACT_PRIORITY)
			*id = filters[i].id;
	return error;
}

static int take_off(const struct el_attachment *chain)
{
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = CLSACT_HANDLE, .priority = CLSACT_PRIORITY);
	struct el_capture capture;
	struct bpf_tc_hook hook;
	int error;

	hook_init(chain, &hook);
	el_capture_begin(&capture);
	error = bpf_tc_detach(&hook, &options);
	free(el_capture_end(&capture));
	return error;
}

/* Check that the filter is at the hook: the qdisc may have been replaced since the last check. */
static int check_place(struct el_context *context, const struct el_attachment *chain)
{
	uint32_t id = 0;
	int error;

	/* If only the query fails, the filter stays: the hook's verify() queries again, and undoes
	 * the whole attach on failure. */
	if (el_clsact_query(context, chain, &id) || id == el_descriptor_id(chain->programs[0].fd))
		return 0;
	take_off(chain); /* the kernel finds the filter by the same arguments */
	error = el_clsact_check(context, chain);
	return error ? error
		     : el_fail(context, EL_CONFLICT, EBUSY, "try again",
			       "the filter on %s %s is gone: the filter or its qdisc was removed "
			       "outside edge-load",
			       chain->site.device, el_hook_name(chain->site.hook));
}

int el_clsact_put(struct el_context *context, struct el_attachment *chain, bool replace)
{
	LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = chain->programs[0].fd, .handle = CLSACT_HANDLE,
		    .priority = CLSACT_PRIORITY, .flags = replace ? BPF_TC_F_REPLACE : 0);
	_cleanup_free_ char *words = NULL;
	struct el_capture capture;
	struct bpf_tc_hook hook;
	int error = el_clsact_check(context, chain);

	if (error)
		return error;
	hook_init(chain, &hook);
	el_capture_begin(&capture);
	error = bpf_tc_hook_create(&hook);
	words = el_capture_end(&capture);
	if (!error || error == -EEXIST) {
		free(words); /* libbpf complains about an existing qdisc */
		el_capture_begin(&capture);
		error = bpf_tc_attach(&hook, &options);
		words = el_capture_end(&capture);
	}
	if (error == -EEXIST)
		return el_hook_unpinned(context, chain);
	if (error) {
		error = el_hook_refused(context, chain, -error);
		el_error_detail(context, TAKE_PTR(words));
		return error;
	}
	chain->site.mode = EL_MODE_CLSACT;
	return check_place(context, chain);
}

int el_clsact_detach(struct el_context *context, const struct el_attachment *chain)
{
	uint32_t id = 0;
	int error = el_clsact_query(context, chain, &id);

	if (error || !id)
		return error;
	error = take_off(chain);
	if (!error || error == -ENOENT)
		return 0;
	return el_fail(context, EL_FAILED, -error, NULL, "can't detach from %s %s: %s",
		       chain->site.device, el_hook_name(chain->site.hook),
		       el_reason(EL_OP_DETACH, -error));
}
