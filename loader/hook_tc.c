// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The TC hooks: a TCX link (kernel 6.6); else, or when asked for, a filter of cls_bpf in direct
 * action on clsact, with a handle and a priority of our own. A clsact qdisc that others may use is
 * left in place by a detach.
 */
#include <net/if.h>

#include <bpf/bpf.h>

#include "capture.h"
#include "chain.h"

/* linux/bpf.h of kernel 6.6; Debian 12's headers are 6.1's. */
enum {
	TCX_INGRESS = 46,
	TCX_EGRESS = 47,
};

/* Ours among the filters of clsact. */
#define CLSACT_HANDLE	0xed6e
#define CLSACT_PRIORITY 0xed6e

static enum bpf_attach_type tcx_type(const struct el_chain *chain)
{
	return (enum bpf_attach_type)(chain->hook == EDGE_HOOK_TC_EGRESS ? TCX_EGRESS
									 : TCX_INGRESS);
}

static struct bpf_tc_hook clsact_hook(const struct el_chain *chain)
{
	return (struct bpf_tc_hook){
		.sz = sizeof(struct bpf_tc_hook),
		.ifindex = (int)if_nametoindex(chain->device),
		.attach_point = chain->hook == EDGE_HOOK_TC_EGRESS ? BPF_TC_EGRESS : BPF_TC_INGRESS,
	};
}

static int refused(struct el_context *context, const struct el_chain *chain, int error)
{
	if (error == EPERM)
		return el_fail(context, EL_PRIVILEGE, EPERM, "run as root, or with CAP_NET_ADMIN",
			       "the kernel refuses to attach to %s: not enough privilege",
			       chain->device);
	return el_fail(context, EL_FAILED, error, NULL, "can't attach to %s %s: %s", chain->device,
		       el_hook_name(chain->hook), strerror(error));
}

/* ---------------------------------------------------------------- clsact */

static int clsact_put(struct el_context *context, struct el_chain *chain, bool replace)
{
	struct bpf_tc_hook hook = clsact_hook(chain);
	LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = chain->programs[0].fd, .handle = CLSACT_HANDLE,
		    .priority = CLSACT_PRIORITY, .flags = replace ? BPF_TC_F_REPLACE : 0);
	struct el_capture capture;
	int error;

	el_capture_begin(&capture);
	error = bpf_tc_hook_create(&hook);
	if (!error || error == -EEXIST)
		error = bpf_tc_attach(&hook, &options);
	free(el_capture_end(&capture));
	if (error == -EEXIST)
		return el_fail(context, EL_CONFLICT, EBUSY,
			       "see 'tc filter show dev DEVICE ingress'",
			       "%s %s has a filter that is not ours at our handle 0x%x",
			       chain->device, el_hook_name(chain->hook), CLSACT_HANDLE);
	if (error)
		return refused(context, chain, -error);
	chain->mode = EL_MODE_CLSACT;
	return 0;
}

static int clsact_query(const struct el_chain *chain, uint32_t *id)
{
	struct bpf_tc_hook hook = clsact_hook(chain);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = CLSACT_HANDLE, .priority = CLSACT_PRIORITY);
	struct el_capture capture;

	*id = 0;
	if (!hook.ifindex)
		return 0;
	el_capture_begin(&capture);
	if (!bpf_tc_query(&hook, &options))
		*id = options.prog_id;
	free(el_capture_end(&capture));
	return 0;
}

static int clsact_detach(struct el_context *context, const struct el_chain *chain)
{
	struct bpf_tc_hook hook = clsact_hook(chain);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = CLSACT_HANDLE, .priority = CLSACT_PRIORITY);
	struct el_capture capture;
	int error = 0;

	el_capture_begin(&capture);
	if (hook.ifindex)
		error = bpf_tc_detach(&hook, &options);
	free(el_capture_end(&capture));
	if (!error || error == -ENOENT)
		return 0;
	return el_fail(context, EL_FAILED, -error, NULL, "can't detach from %s %s: %s",
		       chain->device, el_hook_name(chain->hook), strerror(-error));
}

/* ---------------------------------------------------------------- the contract */

static int tc_attach(struct el_context *context, struct el_chain *chain)
{
	int fd;

	if (chain->mode == EL_MODE_CLSACT)
		return clsact_put(context, chain, false);
	fd = bpf_link_create(chain->programs[0].fd, chain->ifindex, tcx_type(chain), NULL);
	if (fd < 0 && errno == EINVAL && chain->mode == EL_MODE_DEFAULT)
		return clsact_put(context, chain, false);
	if (fd < 0 && errno == EINVAL)
		return el_fail(context, EL_UNSUPPORTED, EINVAL, "--mode clsact",
			       "this kernel has no TCX (it came with 6.6)");
	if (fd < 0)
		return refused(context, chain, errno);
	chain->link_fd = fd;
	chain->mode = EL_MODE_TCX;
	return 0;
}

static int tc_swap(struct el_context *context, struct el_chain *chain,
		   const struct el_chain *previous)
{
	LIBBPF_OPTS(bpf_link_update_opts, options, .flags = BPF_F_REPLACE,
		    .old_prog_fd = (uint32_t)previous->programs[0].fd);
	uint32_t running;

	if (previous->link_fd < 0) {
		/* Netlink has no compare: the lock keeps other edge-loads out, and this look the
		 * rest, nearly. */
		clsact_query(chain, &running);
		if (running == previous->programs[0].report.id)
			return clsact_put(context, chain, true);
	} else if (!bpf_link_update(previous->link_fd, chain->programs[0].fd, &options)) {
		return 0;
	} else if (errno != EPERM && errno != ENOENT) {
		return refused(context, chain, errno);
	}
	return el_fail(context, EL_CONFLICT, EBUSY, "look at 'edge-load status', try again",
		       "the chain on %s %s was changed by somebody else meanwhile", chain->device,
		       el_hook_name(chain->hook));
}

static int tc_detach(struct el_context *context, const struct el_chain *chain)
{
	if (chain->link_fd < 0)
		return clsact_detach(context, chain);
	if (!bpf_link_detach(chain->link_fd))
		return 0;
	return el_fail(context, EL_FAILED, errno, NULL, "can't detach from %s %s: %s",
		       chain->device, el_hook_name(chain->hook), strerror(errno));
}

static int tc_query(struct el_context *context, const struct el_chain *chain, uint32_t *id)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);

	(void)context;
	if (chain->link_fd < 0)
		return clsact_query(chain, id);
	*id = 0;
	/* info.tcx.ifindex of kernel 6.6 stands where xdp.ifindex does. */
	if (!bpf_obj_get_info_by_fd(chain->link_fd, &info, &size) && info.xdp.ifindex)
		*id = info.prog_id;
	return 0;
}

const struct el_hook_ops el_hook_tc = {
	.attach = tc_attach,
	.swap = tc_swap,
	.detach = tc_detach,
	.query = tc_query,
};
