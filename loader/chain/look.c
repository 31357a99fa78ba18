// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Read a chain from the kernel: from its link, its pins and its metadata. This file changes nothing
 * and takes no lock; a read that overlaps a swap is repeated.
 */
#include <net/if.h>

#include <bpf/bpf.h>

#include "chain/chain.h"
#include "kernel/descriptor.h"
#include "kernel/netns.h"
#include "base/reason.h"
#include "base/rights.h"

/*
 * Find the pinned generation that has the program @running; 0: the generation that is pinned as
 * current. Between a swap and its commit, the running generation is not the current generation.
 * Return: whether there is such a generation.
 */
static bool which_runs(struct el_context *context, const struct el_generation *chain,
		       uint32_t running, struct el_which *which)
{
	static const struct el_which whiches[] = {
		{EL_WHICH_RUNNING, 0}, {EL_WHICH_GONE, 0}, {EL_WHICH_NEW, 0}};
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t count = 0;

	for (size_t i = 0; i < 3; i++) {
		uint32_t id = el_pin_program(context, &chain->at.site, whiches[i]);

		*which = whiches[i];
		if (id && (id == running || (!running && i < 2)))
			return true;
	}
	if (el_pin_generations(context, &chain->at.site, &numbers, &count))
		return false;
	while (count--) {
		*which = EL_GENERATION(numbers[count]);
		if (running && el_pin_program(context, &chain->at.site, *which) == running)
			return true;
	}
	return false;
}

static int attached_to(struct el_context *context, const struct el_generation *chain, int ifindex)
{
	_cleanup_free_ char *hint =
		el_format("'edge-load detach %s --hook %s' detaches the chain",
			  chain->at.site.device, el_hook_name(chain->at.site.hook));
	char name[IF_NAMESIZE] = "";

	if_indextoname((unsigned int)ifindex, name);
	return el_fail(context, EL_CONFLICT, EBUSY, hint,
		       "the link that is pinned for %s %s is attached to %s", chain->at.site.device,
		       el_hook_name(chain->at.site.hook), name);
}

/* Return: 0; -EXDEV the link's device is in another network namespace; -ESTALE a swap happened
 * between the two queries; else an error is noted. */
static int check_here(struct el_context *context, struct el_generation *chain,
		      const struct bpf_link_info *info, uint32_t running)
{
	const struct el_hook_ops *ops = el_hook_ops(chain->at.site.hook);
	struct el_generation there = *chain;
	uint32_t now = 0;
	int here;

	if (chain->at.link_fd < 0)
		return 0;
	there.at.site.ifindex = (int)info->xdp.ifindex;
	here = ops->here(&there.at, running);
	if (here < 0)
		return el_hook_unknown(context, &chain->at, -here);
	if (here)
		return there.at.site.ifindex == chain->at.site.ifindex
			       ? 0
			       : attached_to(context, chain, there.at.site.ifindex);
	ops->query(context, &chain->at, &now);
	if (now != running)
		return -ESTALE;
	chain->at.site.ifindex = there.at.site.ifindex;
	return -EXDEV;
}

/* Return: 0, also if there is no link. */
static int open_link(struct el_context *context, struct el_generation *chain)
{
	int fd = chain->at.link_fd = el_pin_any_link(context, &chain->at.site);

	if (fd == -EACCES || fd == -EPERM)
		return el_fail(context, EL_PRIVILEGE, EPERM, el_rights_hint(),
			       "can't read the chain on %s %s: not enough privilege",
			       chain->at.site.device, el_hook_name(chain->at.site.hook));
	if (fd >= 0 || fd == -ENOENT || fd == -EL_PIN_REPLACED)
		return 0;
	return el_fail(context, EL_FAILED, -fd, "try again", "can't open the link of %s %s: %s",
		       chain->at.site.device, el_hook_name(chain->at.site.hook),
		       el_reason(EL_OP_GET, -fd));
}

/* Whether all links of a chain are attached. */
static bool is_whole(const struct el_generation *chain)
{
	for (size_t i = 1; i < chain->at.programs_count; i++)
		if (chain->at.programs[i].linked &&
		    !el_descriptor_link_lives(chain->at.programs[i].link_fd))
			return false;
	return true;
}

/* Whether the device of a chain that does not run still exists. */
static bool device_is_there(const struct el_generation *chain)
{
	uint64_t cookie = 0;

	if (el_netns_cookie(&cookie))
		cookie = chain->metadata->netns;
	return (int)chain->metadata->ifindex == chain->at.site.ifindex &&
	       chain->metadata->netns == cookie;
}

/* The program that is pinned as current is missing, or differs from the running program. If no
 * program runs and no generation is current, a detach may be under way. If all pins, and so the
 * link, were removed outside edge-load, no chain is left either. */
static int no_program(struct el_opening *opening, uint32_t running)
{
	struct el_context *context = opening->context;
	const struct el_generation *chain = opening->chain;
	_cleanup_fd_ int fd = el_pin_get(context, &chain->at.site, EL_WHICH(RUNNING), "prog");

	if (!running &&
	    (!el_pin_current(context, &chain->at.site) || !el_pin_any(context, &chain->at.site)))
		return -ENOENT;
	if (chain->at.link_fd < 0 && !el_pin_any(context, &chain->at.site))
		return el_hook_unpinned(context, &chain->at);
	opening->which = EL_WHICH(RUNNING);
	return el_chain_lost(opening, "prog", fd < 0 ? fd : -EL_PIN_REPLACED);
}

/* Whether the program that is pinned as current belongs to the chain, while the link has another
 * program. */
static bool is_replaced(struct el_context *context, const struct el_generation *chain)
{
	_cleanup_fd_ int program = el_pin_get(context, &chain->at.site, EL_WHICH(RUNNING), "prog");
	_cleanup_fd_ int metadata =
		el_pin_get(context, &chain->at.site, EL_WHICH(RUNNING), "metadata");

	return program >= 0 && metadata >= 0 &&
	       el_program_has_map(program, el_descriptor_id(metadata));
}

/* Determine the generation and its state. */
static int choose(struct el_opening *opening, uint32_t running)
{
	struct el_context *context = opening->context;
	struct el_generation *chain = opening->chain;
	bool found = which_runs(context, chain, running, &opening->which);

	chain->state = running ? EL_STATE_RUNS : EL_STATE_DETACHED;
	if (found)
		return 0;
	if (!running || !el_pin_program(context, &chain->at.site, EL_WHICH(RUNNING)))
		return no_program(opening, running);
	if (!is_replaced(context, chain))
		return no_program(opening, running);
	chain->state = EL_STATE_REPLACED;
	opening->which = EL_WHICH(RUNNING);
	return 0;
}

/* The state of a chain whose device is in another network namespace. */
static enum el_state state_elsewhere(const struct el_generation *chain)
{
	uint64_t cookie = 0;

	return !el_netns_cookie(&cookie) && chain->metadata->netns == cookie ? EL_STATE_MOVED
									     : EL_STATE_ELSEWHERE;
}

static int open_running(struct el_opening *opening, bool anywhere)
{
	struct el_context *context = opening->context;
	struct el_generation *chain = opening->chain;
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info), running = 0;
	int error = open_link(context, chain);
	bool elsewhere;

	if (!error)
		error = el_hook_ops(chain->at.site.hook)->query(context, &chain->at, &running);
	if (error)
		return error;
	if (chain->at.link_fd >= 0 && !bpf_obj_get_info_by_fd(chain->at.link_fd, &info, &size))
		chain->at.link_id = info.id;
	chain->at.site.ifindex = (int)if_nametoindex(chain->at.site.device);
	error = running ? check_here(context, chain, &info, running) : 0;
	elsewhere = error == -EXDEV;
	if (error && !(elsewhere && anywhere))
		return error;
	error = choose(opening, running);
	if (error)
		return error;
	if (!running && opening->which.kind == EL_WHICH_GONE) /* a detach is under way */
		return -ENOENT;
	error = el_chain_open_generation(opening);
	if (!error && elsewhere)
		chain->state = state_elsewhere(chain);
	if (!error && chain->state == EL_STATE_RUNS && !is_whole(chain))
		chain->state = EL_STATE_DETACHED;
	if (!error && !running && !device_is_there(chain))
		return -ENOENT;
	return error;
}

static int fail_lost(struct el_context *context, const struct el_site *site, const char *why,
		     enum el_kind problem)
{
	_cleanup_free_ char *hint = el_format(
		"%s'edge-load detach %s --hook %s' detaches the chain",
		problem == EL_FAILED ? "try again; " : "", site->device, el_hook_name(site->hook));

	if (why)
		return el_fail(context, problem, EBUSY, hint,
			       "the chain on %s %s can't be read: %s", site->device,
			       el_hook_name(site->hook), why);
	return el_fail(context, EL_CONFLICT, EBUSY, "try again",
		       "the pins of %s %s do not belong to the program that runs", site->device,
		       el_hook_name(site->hook));
}

static int fail_elsewhere(struct el_context *context, const struct el_site *site)
{
	_cleanup_free_ char *hint =
		el_format("'edge-load detach %s --hook %s' detaches the chain; the chain can be "
			  "read here again when the device comes back",
			  site->device, el_hook_name(site->hook));

	if (!el_chain_is_of_another_netns(context, site))
		return el_fail(context, EL_CONFLICT, EEXIST, hint,
			       "the pins of %s %s belong to a device that was moved into another "
			       "network namespace",
			       site->device, el_hook_name(site->hook));
	return el_fail(
		context, EL_CONFLICT, EEXIST,
		"use --netns NAME, which gives the namespace pins of its own, or use --bpffs",
		"the pins of %s %s belong to a device of that name in another network namespace",
		site->device, el_hook_name(site->hook));
}

static int look(struct el_context *context, const struct el_site *site, bool anywhere,
		struct el_generation **out)
{
	struct el_opening opening = {.context = context, .problem = EL_CONFLICT};
	int error = 0;

	/* A swap may rename the pins during the read: then read again. */
	for (int tries = 0; tries < 20; tries++) {
		_cleanup_generation_ struct el_generation *chain = NULL;

		free(TAKE_PTR(opening.lost));
		error = el_generation_new_at(context, site, &chain);
		opening.chain = chain;
		if (!error)
			error = open_running(&opening, anywhere);
		if (!error)
			*out = TAKE_PTR(chain);
		if (error != -ESTALE)
			break;
		usleep(1000);
	}
	if (error == -ESTALE)
		error = fail_lost(context, site, opening.lost, opening.problem);
	else if (error == -EXDEV)
		error = fail_elsewhere(context, site);
	free(opening.lost);
	return error;
}

int el_chain_look(struct el_context *context, const struct el_site *site,
		  struct el_generation **out)
{
	return look(context, site, false, out);
}

int el_chain_look_anywhere(struct el_context *context, const struct el_site *site,
			   struct el_generation **out)
{
	return look(context, site, true, out);
}

/* The error for a generation that exists but is incomplete. */
static int fail_lost_at(const struct el_opening *opening)
{
	const struct el_site *site = &opening->chain->at.site;
	_cleanup_free_ char *hint =
		el_format("'edge-load history %s --hook %s' lists the other generations",
			  site->device, el_hook_name(site->hook));

	return el_fail(opening->context, opening->problem, EBUSY, hint,
		       "generation %u of %s %s can't be read: %s", opening->which.generation,
		       site->device, el_hook_name(site->hook),
		       opening->lost ? opening->lost : "it is incomplete");
}

int el_chain_look_at(struct el_context *context, const struct el_site *site, uint32_t number,
		     struct el_generation **out)
{
	struct el_opening opening = {
		.context = context, .which = EL_GENERATION(number), .problem = EL_CONFLICT};
	_cleanup_free_ char *path = el_pin_path(context, site, opening.which, NULL);
	_cleanup_generation_ struct el_generation *chain = NULL;
	int error = path ? el_generation_new_at(context, site, &chain) : el_fail_memory(context);

	if (error)
		return error;
	opening.chain = chain;
	chain->state = EL_STATE_KEPT;
	chain->at.site.ifindex = (int)if_nametoindex(site->device);
	chain->at.link_fd = el_pin_get(context, site, opening.which, "link");
	error = el_chain_open_generation(&opening);
	if (error == -ESTALE)
		error = el_is_absent(path) ? -ENOENT : fail_lost_at(&opening);
	else if (!error)
		*out = TAKE_PTR(chain);
	free(opening.lost);
	return error;
}
