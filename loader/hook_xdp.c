// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The XDP hook: a bpf_link (kernel 5.9), in native mode unless generic is asked for. A program of
 * somebody else's on the device is never replaced: the kernel refuses a link beside it, and here it
 * is given its name.
 */
#include <linux/if_link.h>

#include <bpf/bpf.h>

#include "chain.h"
#include "hook_shared.h"
#include "reason.h"
#include "rights.h"

static int occupied(struct el_context *context, const struct el_chain *chain)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info), id = 0;
	_cleanup_fd_ int fd = -1;

	if (!bpf_xdp_query(chain->ifindex, 0, &query))
		id = query.prog_id ?: query.drv_prog_id ?: query.skb_prog_id ?: query.hw_prog_id;
	fd = id ? el_rights_program(id) : -1;
	if (fd >= 0)
		bpf_obj_get_info_by_fd(fd, &info, &size);
	return el_fail(context, EL_CONFLICT, EBUSY,
		       "see 'bpftool net show'; whoever attached it must detach it first "
		       "('ip link set dev DEVICE xdp off' for one without a link)",
		       "%s has an XDP program that is not ours: number %u, %s", chain->device, id,
		       *info.name ? info.name : "without a name");
}

static int refused(struct el_context *context, const struct el_chain *chain, int error)
{
	switch (error) {
	case EBUSY:
	case EEXIST:
		return occupied(context, chain);
	case EOPNOTSUPP:
		return el_fail(context, EL_UNSUPPORTED, EOPNOTSUPP, "try --mode generic",
			       "the driver of %s has no native XDP", chain->device);
	case ERANGE:
	case EINVAL:
		return el_fail(context, EL_UNSUPPORTED, error,
			       "a smaller MTU, or functions that take frames in fragments "
			       "(EDGE_FUNCTION_FRAGS), or --mode generic",
			       "the driver of %s refuses the program: %s", chain->device,
			       el_reason(EL_OP_ATTACH, error));
	default:
		return el_hook_refused(context, chain, error);
	}
}

static int xdp_attach(struct el_context *context, struct el_chain *chain)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
	int fd;

	if (chain->mode == EL_MODE_SHARED)
		return el_shared_attach(context, chain);
	if (chain->mode == EL_MODE_GENERIC)
		options.flags = XDP_FLAGS_SKB_MODE;
	fd = bpf_link_create(chain->programs[0].fd, chain->ifindex, BPF_XDP, &options);
	if (fd < 0)
		return refused(context, chain, errno);
	chain->link_fd = fd;
	return 0;
}

static int xdp_swap(struct el_context *context, struct el_chain *chain, struct el_chain *previous)
{
	LIBBPF_OPTS(bpf_link_update_opts, options, .flags = BPF_F_REPLACE,
		    .old_prog_fd = (uint32_t)previous->programs[0].fd);

	if (previous->mode == EL_MODE_SHARED)
		return el_shared_swap(context, chain, previous);
	if (!bpf_link_update(previous->link_fd, chain->programs[0].fd, &options)) {
		chain->link_fd = TAKE_FD(previous->link_fd);
		return 0;
	}
	if (errno == EPERM || errno == ENOENT)
		return el_fail(context, EL_CONFLICT, EBUSY, "look at 'edge-load status', try again",
			       "the chain on %s xdp was changed by somebody else meanwhile",
			       chain->device);
	return refused(context, chain, errno);
}

static int xdp_detach(struct el_context *context, const struct el_chain *chain)
{
	if (chain->link_fd < 0)
		return el_shared_detach(context, chain);
	if (!bpf_link_detach(chain->link_fd))
		return 0;
	return el_fail(context, EL_FAILED, errno, NULL, "can't detach from %s xdp: %s",
		       chain->device, el_reason(EL_OP_DETACH, errno));
}

static int xdp_query(struct el_context *context, const struct el_chain *chain, uint32_t *id)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);

	if (chain->link_fd < 0)
		return el_shared_query(context, chain, id);
	*id = 0;
	if (bpf_obj_get_info_by_fd(chain->link_fd, &info, &size))
		return el_hook_unknown(context, chain, errno);
	if (info.xdp.ifindex)
		*id = info.prog_id;
	return 0;
}

static bool xdp_here(const struct el_chain *chain, uint32_t id)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (chain->link_fd <
	    0) /* a shared one was asked by the device's number in the first place */
		return true;
	return !bpf_xdp_query(chain->ifindex, 0, &query) &&
	       (query.drv_prog_id == id || query.skb_prog_id == id || query.hw_prog_id == id);
}

const struct el_hook_ops el_hook_xdp = {
	.attach = xdp_attach,
	.swap = xdp_swap,
	.detach = xdp_detach,
	.query = xdp_query,
	.here = xdp_here,
};
