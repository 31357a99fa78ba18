// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The TC hooks: a TCX link (kernel 6.6) or, on request and on older kernels, a filter of cls_bpf in
 * direct-action mode on clsact (clsact.c). A detach leaves the clsact qdisc, because other programs
 * may use it.
 */
#include <bpf/bpf.h>

#include "hook/clsact.h"
#include "kernel/descriptor.h"
#include "base/reason.h"
#include "hook/tcx.h"

/* ---------------------------------------------------------------- the contract */

/* Ask for TCX at the loopback device, which is number 1 in every network namespace. */
bool el_hook_takes_clsact(const struct el_attachment *chain)
{
	struct el_tcx tcx;

	if (chain->site.hook == EDGE_HOOK_XDP || chain->site.mode == EL_MODE_TCX)
		return false;
	return chain->site.mode == EL_MODE_CLSACT ||
	       el_tcx_query(1, chain->site.hook, &tcx) == -EINVAL;
}

static int no_tcx(struct el_context *context, struct el_attachment *chain)
{
	if (chain->site.mode == EL_MODE_TCX)
		return el_fail(context, EL_UNSUPPORTED, EINVAL, "use --mode clsact",
			       "this kernel has no TCX, which needs Linux 6.6");
	for (size_t i = 1; i < chain->programs_count; i++)
		if (chain->programs[i].linked)
			return el_fail(context, EL_UNSUPPORTED, EINVAL,
				       "give the plain program's source or bitcode, or put the "
				       "program last",
				       "a plain program in the middle of a chain needs TCX, which "
				       "needs Linux 6.6");
	return el_clsact_put(context, chain, false);
}

static int tc_detach(struct el_context *context, const struct el_attachment *chain)
{
	int error = 0;

	if (chain->link_fd < 0)
		return el_clsact_detach(context, chain);
	/* From the end: the links that remain are always a complete beginning of the chain. */
	for (size_t i = chain->programs_count; i-- > 1;)
		if (chain->programs[i].link_fd >= 0 && bpf_link_detach(chain->programs[i].link_fd))
			error = errno;
	if (bpf_link_detach(chain->link_fd))
		error = errno;
	return error ? el_fail(context, EL_FAILED, error, NULL, "can't detach from %s %s: %s",
			       chain->site.device, el_hook_name(chain->site.hook),
			       el_reason(EL_OP_DETACH, error))
		     : 0;
}

static int tc_attach(struct el_context *context, struct el_attachment *chain,
		     const struct el_place *place)
{
	int error;

	if (chain->site.mode == EL_MODE_CLSACT)
		return el_clsact_put(context, chain, false);
	error = el_tcx_attach(context, chain, place);
	if (error == -ENOSYS)
		return no_tcx(context, chain);
	if (!error)
		chain->site.mode = EL_MODE_TCX;
	return error;
}

static int changed_meanwhile(struct el_context *context, const struct el_attachment *chain)
{
	return el_fail(context, EL_CONFLICT, EBUSY, "check 'edge-load status', then try again",
		       "the chain on %s %s was changed by another process at the same time",
		       chain->site.device, el_hook_name(chain->site.hook));
}

static int swap_link(int link_fd, int from, int to)
{
	LIBBPF_OPTS(bpf_link_update_opts, options, .flags = BPF_F_REPLACE,
		    .old_prog_fd = (uint32_t)from);

	return bpf_link_update(link_fd, to, &options) ? -errno : 0;
}

/* Undo the swap of the links behind link @failed, from the end of the chain. */
static void unswap(const struct el_attachment *chain, const struct el_attachment *previous,
		   size_t failed)
{
	size_t mine = chain->programs_count, theirs = previous->programs_count;

	while ((mine = el_program_linked_before(chain, mine)) > failed) {
		theirs = el_program_linked_before(previous, theirs);
		swap_link(previous->programs[theirs].link_fd, chain->programs[mine].fd,
			  previous->programs[theirs].fd);
	}
}

static size_t count_links(const struct el_attachment *chain)
{
	size_t count = 1;

	for (size_t i = 1; i < chain->programs_count; i++)
		count += chain->programs[i].linked;
	return count;
}

/* The change of one link is atomic, the change of several links is not. The first link is swapped
 * last, so that recovery can tell how far the swap came (pin/pin.c). */
static int swap_links(struct el_context *context, struct el_attachment *chain,
		      const struct el_attachment *previous)
{
	size_t mine = chain->programs_count, theirs = previous->programs_count;
	int error = 0;

	if (count_links(chain) != count_links(previous))
		return el_fail(context, EL_CONFLICT, EEXIST,
			       "detach the old chain first, then attach the new chain",
			       "the chain on %s %s has %zu TCX links, the new chain needs %zu: a "
			       "swap can't change the number of links",
			       chain->site.device, el_hook_name(chain->site.hook),
			       count_links(previous), count_links(chain));
	do {
		mine = el_program_linked_before(chain, mine);
		theirs = el_program_linked_before(previous, theirs);
		error = swap_link(theirs ? previous->programs[theirs].link_fd : previous->link_fd,
				  previous->programs[theirs].fd, chain->programs[mine].fd);
	} while (!error && mine);
	if (!error)
		return 0;
	unswap(chain, previous, mine);
	return error == -EPERM || error == -ENOENT ? changed_meanwhile(context, chain)
						   : el_hook_refused(context, chain, -error);
}

static void take_links(struct el_attachment *chain, struct el_attachment *previous)
{
	size_t mine = chain->programs_count, theirs = previous->programs_count;

	while ((mine = el_program_linked_before(chain, mine))) {
		theirs = el_program_linked_before(previous, theirs);
		chain->programs[mine].link_fd = TAKE_FD(previous->programs[theirs].link_fd);
	}
	chain->link_fd = TAKE_FD(previous->link_fd);
}

static int tc_swap(struct el_context *context, struct el_attachment *chain,
		   struct el_attachment *previous)
{
	uint32_t running;
	int error;

	if (previous->link_fd < 0) {
		/* Netlink has no compare and swap. The lock excludes other edge-load processes;
		 * this query detects nearly all other changes. */
		error = el_clsact_query(context, chain, &running);
		if (error)
			return error;
		return running == previous->programs[0].id ? el_clsact_put(context, chain, true)
							   : changed_meanwhile(context, chain);
	}
	error = swap_links(context, chain, previous);
	if (!error)
		take_links(chain, previous);
	return error;
}

static int tc_query(struct el_context *context, const struct el_attachment *chain, uint32_t *id)
{
	*id = 0;
	return chain->link_fd < 0 ? el_clsact_query(context, chain, id)
				  : el_hook_query_link(context, chain, id);
}

static int tc_here(const struct el_attachment *chain, uint32_t id)
{
	struct el_tcx tcx;
	int error;

	if (chain->link_fd < 0) /* the query of clsact already used the device's number */
		return 1;
	error = el_tcx_query(chain->site.ifindex, chain->site.hook, &tcx);
	if (error)
		return error == -ENODEV ? 0 : error;
	while (tcx.count--)
		if (tcx.programs[tcx.count] == id)
			return 1;
	return 0;
}

/* Check that each link of the chain has its program, at this hook of this device. */
static int verify_tcx(struct el_context *context, const struct el_attachment *chain)
{
	struct el_tcx tcx;
	int error = el_tcx_query(chain->site.ifindex, chain->site.hook, &tcx);

	if (error)
		return error == -ENODEV ? el_hook_gone(context, chain)
					: el_hook_unknown(context, chain, -error);
	for (size_t i = 0; i < chain->programs_count; i++) {
		uint32_t link = el_descriptor_id(i ? chain->programs[i].link_fd : chain->link_fd);
		uint32_t program = el_descriptor_id(chain->programs[i].fd);
		size_t at = 0;

		if (!program)
			return el_hook_unknown(context, chain, errno);
		if (i && !chain->programs[i].linked)
			continue;
		while (at < tcx.count && tcx.links[at] != link)
			at++;
		if (at == tcx.count || tcx.programs[at] != program)
			return el_hook_misplaced(context, chain);
	}
	return 0;
}

static int tc_verify(struct el_context *context, const struct el_attachment *chain)
{
	uint32_t id = el_descriptor_id(chain->programs[0].fd), runs = 0;
	int error;

	if (!id)
		return el_hook_unknown(context, chain, errno);
	if (chain->link_fd >= 0)
		return verify_tcx(context, chain);
	error = el_clsact_query(context, chain, &runs);
	return error || runs == id ? error : el_hook_misplaced(context, chain);
}

static int tc_blocked(struct el_context *context, const struct el_attachment *chain)
{
	return el_hook_takes_clsact(chain) ? el_clsact_check(context, chain) : 0;
}

const struct el_hook_ops el_hook_tc = {
	.blocked = tc_blocked,
	.attach = tc_attach,
	.swap = tc_swap,
	.detach = tc_detach,
	.query = tc_query,
	.here = tc_here,
	.verify = tc_verify,
};
