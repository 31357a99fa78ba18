// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * List the programs at the hooks, foreign programs included: XDP programs, programs that libxdp's
 * dispatcher calls, TCX programs and clsact filters, in the order in which packets pass them.
 * Foreign programs are read and never changed. A program belongs to a chain if the chain has its
 * link, or its program id if it has no link. Links are compared first, since a swap between the two
 * reads changes the program but not the link.
 */
#include <bpf/bpf.h>

#include "chain/chain.h"
#include "kernel/device.h"
#include "hook/dispatcher.h"
#include "kernel/filter.h"
#include "hook/xdp_shared.h"
#include "base/rights.h"
#include "hook/tcx.h"

struct listing {
	struct el_context *context;
	const struct el_chains *chains;
	struct el_filter *filters; /* of all devices */
	size_t filters_count;
	struct el_attached_programs out;
};

/* ---------------------------------------------------------------- programs of chains */

static const struct el_chain *chain_at(const struct listing *listing,
				       const struct el_attached *attached)
{
	for (size_t i = 0; i < listing->chains->count; i++) {
		const struct el_generation *chain = listing->chains->list[i]->generation;

		if (chain->at.site.hook == attached->hook &&
		    !strcmp(chain->at.site.device, attached->device) &&
		    (chain->state == EL_STATE_RUNS || chain->state == EL_STATE_UNREADABLE))
			return listing->chains->list[i];
	}
	return NULL;
}

static uint32_t program_of_link(int fd)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.prog_id;
}

static bool is_of(const struct listing *listing, const struct el_generation *chain,
		  const struct el_attached *attached)
{
	uint32_t links[EL_TCX_MAX];
	size_t count = attached->link_id ? el_tcx_links(&chain->at, links) : 0;

	if (attached->mode == EL_MODE_SHARED)
		return chain->at.site.mode == EL_MODE_SHARED &&
		       el_shared_entry(listing->context, &chain->at) == attached->id;
	for (size_t i = 0; i < count; i++)
		if (links[i] == attached->link_id)
			return true;
	for (size_t i = 0; !attached->link_id && i < chain->at.programs_count; i++)
		if (chain->at.programs[i].id == attached->id)
			return true;
	if (chain->state == EL_STATE_UNREADABLE && !attached->link_id &&
	    (chain->running == attached->id ||
	     el_pin_program(listing->context, &chain->at.site, EL_WHICH(RUNNING)) == attached->id))
		return true;
	return attached->hook == EDGE_HOOK_XDP &&
	       program_of_link(chain->at.link_fd) == attached->id;
}

/* ---------------------------------------------------------------- one program */

/* Fill in the name and the tag, which need CAP_SYS_ADMIN. */
static void describe(struct el_attached *attached)
{
	_cleanup_fd_ int fd = el_rights_program(attached->id);
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return;
	if (*info.name)
		snprintf(attached->name, sizeof(attached->name), "%s", info.name);
	el_hex(attached->tag, info.tag, sizeof(info.tag));
}

static int add(struct listing *listing, struct el_attached attached)
{
	struct el_attached_programs *out = &listing->out;
	struct el_attached *list = reallocarray(out->list, out->count + 1, sizeof(*list));

	if (!list)
		return el_fail_memory(listing->context);
	out->list = list;
	attached.chain = chain_at(listing, &attached);
	if (attached.chain && !is_of(listing, attached.chain->generation, &attached))
		attached.chain = NULL;
	attached.place = 1;
	for (size_t i = 0; i < out->count; i++)
		attached.place +=
			list[i].ifindex == attached.ifindex && list[i].hook == attached.hook;
	describe(&attached);
	list[out->count++] = attached;
	return 0;
}

/* ---------------------------------------------------------------- the hooks */

static struct el_attached at(const struct el_device *device, enum edge_hook hook, enum el_mode mode)
{
	struct el_attached attached = {.ifindex = device->ifindex, .hook = hook, .mode = mode};

	snprintf(attached.device, sizeof(attached.device), "%s", device->name);
	return attached;
}

static int list_dispatched(struct listing *listing, const struct el_device *device)
{
	uint32_t ids[EL_DISPATCHER_SLOTS];
	size_t count = el_dispatcher_entries(device->ifindex, ids);
	int error = 0;

	for (size_t i = 0; !error && i < count; i++) {
		struct el_attached attached = at(device, EDGE_HOOK_XDP, EL_MODE_SHARED);

		attached.id = ids[i];
		error = add(listing, attached);
	}
	return error;
}

static int list_xdp(struct listing *listing, const struct el_device *device)
{
	const struct {
		enum el_mode mode;
		uint32_t id;
	} xdp[] = {{EL_MODE_OFFLOAD, device->xdp_offload},
		   {EL_MODE_NATIVE, device->xdp_native},
		   {EL_MODE_GENERIC, device->xdp_generic}};
	int error = 0;

	for (size_t i = 0; !error && i < sizeof(xdp) / sizeof(*xdp); i++) {
		struct el_attached attached = at(device, EDGE_HOOK_XDP, xdp[i].mode);

		attached.id = xdp[i].id;
		if (attached.id)
			error = add(listing, attached);
	}
	if (!error && (device->xdp_native || device->xdp_generic))
		error = list_dispatched(listing, device);
	return error;
}

static int list_tcx(struct listing *listing, const struct el_device *device, enum edge_hook hook)
{
	struct el_tcx tcx;
	int error = el_tcx_query(device->ifindex, hook, &tcx);

	/* Skipped if the kernel has no TCX, or if the device was deleted since. */
	for (size_t i = 0; !error && i < tcx.count; i++) {
		struct el_attached attached = at(device, hook, EL_MODE_TCX);

		attached.id = tcx.programs[i];
		attached.link_id = tcx.links[i];
		if (add(listing, attached))
			return -ENOMEM;
	}
	return 0;
}

static int list_filters(struct listing *listing, const struct el_device *device,
			enum edge_hook hook)
{
	int error = 0;

	for (size_t i = 0; !error && i < listing->filters_count; i++) {
		const struct el_filter *filter = &listing->filters[i];
		struct el_attached attached = at(device, hook, EL_MODE_CLSACT);

		if (filter->ifindex != device->ifindex || filter->hook != hook)
			continue;
		attached.id = filter->id;
		attached.priority = filter->priority;
		attached.handle = filter->handle;
		memcpy(attached.tag, filter->tag, sizeof(attached.tag));
		snprintf(attached.name, sizeof(attached.name), "%s", filter->name);
		error = add(listing, attached);
	}
	return error;
}

static int list_device(struct listing *listing, const struct el_device *device)
{
	int error = list_xdp(listing, device);

	/* Packets pass TCX before clsact. */
	for (enum edge_hook hook = EDGE_HOOK_TC_INGRESS; !error && hook <= EDGE_HOOK_TC_EGRESS;
	     hook++) {
		error = list_tcx(listing, device, hook);
		if (!error)
			error = list_filters(listing, device, hook);
	}
	return error;
}

int el_attached_list(struct el_context *context, const char *device, const struct el_chains *chains,
		     struct el_attached_programs *out)
{
	struct listing listing = {.context = context, .chains = chains};
	struct el_device *devices;
	size_t count;
	int error = el_devices_read(context, &devices, &count);

	if (error)
		return error;
	error = el_filters_read(context, device ? (int)if_nametoindex(device) : 0, &listing.filters,
				&listing.filters_count);
	for (size_t i = 0; !error && i < count; i++)
		if (!device || !strcmp(device, devices[i].name))
			error = list_device(&listing, &devices[i]);
	el_devices_free(devices, count);
	free(listing.filters);
	if (error)
		el_attached_free(&listing.out);
	else
		*out = listing.out;
	return error;
}

void el_attached_free(struct el_attached_programs *programs)
{
	free(programs->list);
	*programs = (struct el_attached_programs){0};
}
