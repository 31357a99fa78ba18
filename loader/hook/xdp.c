// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The XDP hook: a bpf_link (kernel 5.9), in native mode unless generic mode is requested. A foreign
 * program on the device is never replaced: the kernel refuses a link beside it, and the error here
 * names the program.
 */
#include <linux/if_link.h>
#include <net/if.h>

#include <bpf/bpf.h>

#include "hook/hook.h"
#include "kernel/descriptor.h"
#include "kernel/device.h"
#include "hook/xdp_shared.h"
#include "base/reason.h"
#include "base/rights.h"
#include "hook/xdp_why.h"

void el_hook_xdp_type(const struct el_attachment *chain, enum bpf_attach_type *type,
		      uint32_t *flags)
{
	/* A shared chain's programs must match the entry as libxdp loads it (xdp_shared.c). */
	bool shared = chain->site.mode == EL_MODE_SHARED;

	*type = shared ? 0 : BPF_XDP;
	*flags = chain->frags && !shared ? BPF_F_XDP_HAS_FRAGS : 0;
}

/* The program on the device, or 0. */
static uint32_t program_on(const struct el_attachment *chain)
{
	struct el_device device;

	if (el_device_xdp(chain->site.ifindex, &device))
		return 0;
	return device.xdp_native ?: device.xdp_generic ?: device.xdp_offload;
}

static int occupied(struct el_context *context, const struct el_attachment *chain, uint32_t id)
{
	_cleanup_fd_ int fd = el_rights_program(id);
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	if (fd >= 0)
		bpf_obj_get_info_by_fd(fd, &info, &size);
	return el_fail(context, EL_CONFLICT, EBUSY,
		       "'bpftool net show' shows the program; its owner must detach it first ('ip "
		       "link set dev DEVICE xdp off' if it has no link)",
		       "%s has an XDP program that is not edge-load's: number %u, %s",
		       chain->site.device, id, *info.name ? info.name : "without a name");
}

/* The kernel allows an XDP program either on a bond or on its ports, and likewise for other pairs
 * of devices that pass packets to each other. */
static int neighbour_has_one(struct el_context *context, const struct el_attachment *chain,
			     const struct el_xdp_neighbour *neighbour, const char *words)
{
	_cleanup_free_ char *hint = el_format(
		"attach to one of the two devices: detach the other program first ('edge-load "
		"detach %s', or 'ip link set dev %s xdp off' if it has no link)",
		neighbour->name, neighbour->name);

	return el_fail(context, EL_CONFLICT, EBUSY, hint,
		       "%s, the device %s %s, already has XDP program %u; the kernel allows a "
		       "program on only one of the two devices%s%s",
		       neighbour->name, neighbour->is, chain->site.device, neighbour->id,
		       *words ? "; it says: " : "", words);
}

/* Whether the kernel's message says that the driver has no native XDP, or there is no message. */
static bool is_for_want_of_native(const char *words)
{
	return !*words || strstr(words, "does not support XDP in native mode");
}

static int no_native(struct el_context *context, const struct el_attachment *chain,
		     const char *words)
{
	if (!is_for_want_of_native(words))
		return el_fail(
			context, EL_UNSUPPORTED, EOPNOTSUPP,
			"change the device as the kernel's message says, or try --mode generic",
			"the kernel refuses a native XDP program on %s: %s", chain->site.device,
			words);
	return el_fail(context, EL_UNSUPPORTED, EOPNOTSUPP, "try --mode generic",
		       *words ? "the driver of %s has no native XDP"
			      : "%s refuses a native XDP program, and the kernel gives no reason",
		       chain->site.device);
}

static int refused(struct el_context *context, const struct el_attachment *chain, int error,
		   const char *words)
{
	bool taken = error == EBUSY || error == EEXIST;
	struct el_xdp_neighbour neighbour;
	uint32_t id = taken ? program_on(chain) : 0;

	if (id)
		return occupied(context, chain, id);
	if ((taken || (error == EOPNOTSUPP && !strstr(words, "does not support XDP"))) &&
	    el_xdp_neighbour(context, chain, &neighbour))
		return neighbour_has_one(context, chain, &neighbour, words);
	switch (error) {
	case EOPNOTSUPP:
		return no_native(context, chain, words);
	case ERANGE:
	case EINVAL:
		return el_fail(context, EL_UNSUPPORTED, error,
			       "use a smaller MTU, functions that accept frames in fragments "
			       "(EDGE_FUNCTION_FRAGS), or --mode generic",
			       "the driver of %s refuses the program: %s", chain->site.device,
			       *words ? words : el_reason(EL_OP_ATTACH, error));
	default:
		return el_hook_refused_for(context, chain, error, words);
	}
}

static int create(const struct el_attachment *chain)
{
	LIBBPF_OPTS(bpf_link_create_opts, options,
		    .flags = chain->site.mode == EL_MODE_GENERIC ? XDP_FLAGS_SKB_MODE
								 : XDP_FLAGS_DRV_MODE);
	int fd = bpf_link_create(chain->programs[0].fd, chain->site.ifindex, BPF_XDP, &options);

	return fd < 0 ? -errno : fd;
}

/* Whether the kernel may have a message for the error. For EBUSY, a program on the device is a
 * sufficient reason, and is found without an attempt to attach. */
static bool is_worth_asking(const struct el_attachment *chain, int error)
{
	if (error == EBUSY || error == EEXIST)
		return !program_on(chain);
	return error == EOPNOTSUPP || error == EINVAL || error == ERANGE || error == ENOSPC;
}

static int xdp_check(struct el_context *context, const struct el_attachment *chain)
{
	char words[256] = "";
	int error = chain->site.mode == EL_MODE_NATIVE
			    ? el_xdp_foresee(context, chain, words, sizeof(words))
			    : 0;

	if (!error)
		return 0;
	return refused(context, chain, program_on(chain) ? EBUSY : error, words);
}

static int xdp_blocked(struct el_context *context, const struct el_attachment *chain)
{
	uint32_t id = chain->site.mode == EL_MODE_SHARED ? 0 : program_on(chain);

	return id ? occupied(context, chain, id) : 0;
}

static int xdp_attach(struct el_context *context, struct el_attachment *chain,
		      const struct el_place *place)
{
	char words[256] = "", name[IF_NAMESIZE];
	int fd;

	(void)place;
	if (chain->site.mode == EL_MODE_SHARED)
		return el_shared_attach(context, chain);
	fd = create(chain);
	if (fd < 0 && is_worth_asking(chain, -fd) && el_xdp_ask(chain, words, sizeof(words)))
		fd = create(chain);
	/* EINVAL may also mean a missing device (net/core/dev.c, bpf_xdp_link_attach()). */
	if (fd < 0 && !if_indextoname((unsigned int)chain->site.ifindex, name))
		return el_hook_gone(context, chain);
	if (fd < 0)
		return refused(context, chain, -fd, words);
	chain->link_fd = fd;
	return 0;
}

static int xdp_swap(struct el_context *context, struct el_attachment *chain,
		    struct el_attachment *previous)
{
	LIBBPF_OPTS(bpf_link_update_opts, options, .flags = BPF_F_REPLACE,
		    .old_prog_fd = (uint32_t)previous->programs[0].fd);

	if (previous->site.mode == EL_MODE_SHARED)
		return el_shared_swap(context, chain, previous);
	if (!bpf_link_update(previous->link_fd, chain->programs[0].fd, &options)) {
		chain->link_fd = TAKE_FD(previous->link_fd);
		return 0;
	}
	if (errno == EPERM || errno == ENOENT)
		return el_fail(
			context, EL_CONFLICT, EBUSY, "check 'edge-load status', then try again",
			"the chain on %s xdp was changed by another process at the same time",
			chain->site.device);
	return refused(context, chain, errno, "");
}

static int xdp_detach(struct el_context *context, const struct el_attachment *chain)
{
	if (chain->link_fd < 0)
		return el_shared_detach(context, chain);
	if (!bpf_link_detach(chain->link_fd))
		return 0;
	return el_fail(context, EL_FAILED, errno, NULL, "can't detach from %s xdp: %s",
		       chain->site.device, el_reason(EL_OP_DETACH, errno));
}

static int xdp_query(struct el_context *context, const struct el_attachment *chain, uint32_t *id)
{
	return chain->link_fd < 0 ? el_shared_query(context, chain, id)
				  : el_hook_query_link(context, chain, id);
}

static int xdp_here(const struct el_attachment *chain, uint32_t id)
{
	struct el_device device;
	int error;

	/* The query of a shared chain already used the device's number. */
	if (chain->link_fd < 0)
		return 1;
	error = el_device_xdp(chain->site.ifindex, &device);
	if (error)
		return error == -ENODEV ? 0 : error;
	return device.xdp_native == id || device.xdp_generic == id || device.xdp_offload == id;
}

static int verify_shared(struct el_context *context, const struct el_attachment *chain, uint32_t id)
{
	uint32_t runs = 0;
	int error = el_shared_query(context, chain, &runs);

	return error || runs == id ? error : el_hook_misplaced(context, chain);
}

static int xdp_verify(struct el_context *context, const struct el_attachment *chain)
{
	struct el_device device;
	uint32_t id = el_descriptor_id(chain->programs[0].fd), runs;
	int error;

	if (!id)
		return el_hook_unknown(context, chain, errno);
	if (chain->site.mode == EL_MODE_SHARED)
		return verify_shared(context, chain, id);
	error = el_device_xdp(chain->site.ifindex, &device);
	if (error == -ENODEV)
		return el_hook_gone(context, chain);
	if (error)
		return el_hook_unknown(context, chain, -error);
	runs = chain->site.mode == EL_MODE_GENERIC ? device.xdp_generic : device.xdp_native;
	return runs == id ? 0 : el_hook_misplaced(context, chain);
}

const struct el_hook_ops el_hook_xdp = {
	.attach = xdp_attach,
	.check = xdp_check,
	.blocked = xdp_blocked,
	.swap = xdp_swap,
	.detach = xdp_detach,
	.query = xdp_query,
	.here = xdp_here,
	.verify = xdp_verify,
};
