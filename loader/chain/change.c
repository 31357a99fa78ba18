// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A chain's change: the order in which everything else is called, so that a failure at any step
 * leaves what ran running and nothing behind. All under the chain's lock:
 *
 *   open and fuse and load the new generation -> pin it beside the old one -> attach or swap ->
 *   put the pins in place -> merge the maps, carry the counters
 *
 * The steps are functions of their own (chain.h), for who makes several changes at a time.
 */
#include "kernel/descriptor.h"
#include "state/inherit.h"
#include "chain/redirect.h"
#include "hook/tcx.h"

static int check_mode(struct el_context *context, const struct el_chain_spec *spec)
{
	bool xdp = spec->hook == EDGE_HOOK_XDP;

	if (spec->mode == EL_MODE_DEFAULT ||
	    xdp == (spec->mode == EL_MODE_NATIVE || spec->mode == EL_MODE_GENERIC ||
		    spec->mode == EL_MODE_SHARED))
		return 0;
	return el_fail(context, EL_USAGE, EINVAL,
		       xdp ? "native, generic or shared" : "tcx or clsact, or leave it out",
		       "the hook %s has no mode %s", el_hook_name(spec->hook),
		       el_mode_name(spec->mode));
}

static int check_order(struct el_context *context, const struct el_chain_spec *spec)
{
	const char *order = el_order_name(spec->order);

	if (spec->order == EL_ORDER_ANY)
		return 0;
	if (spec->hook == EDGE_HOOK_XDP)
		return el_fail(
			context, EL_USAGE, EINVAL,
			"there is one XDP program on a device; --mode shared puts several into "
			"it, in libxdp's order",
			"%s is for tc-ingress and tc-egress, and not for xdp", order);
	if (spec->mode == EL_MODE_CLSACT)
		return el_fail(context, EL_USAGE, EINVAL, "--mode tcx, or leave it out",
			       "the mode clsact knows no %s", order);
	if (spec->beside && *spec->beside)
		return 0;
	return el_fail(context, EL_USAGE, EINVAL, "a program's number or name, or all", "%s whom?",
		       order);
}

/* A chain from @spec, opened and checked as far as it goes without the kernel. */
static int chain_of_spec(struct el_context *context, const struct el_chain_spec *spec,
			 struct el_chain **out)
{
	_cleanup_chain_ struct el_chain *chain = NULL;
	int error = check_mode(context, spec);

	if (!error)
		error = check_order(context, spec);
	if (!error)
		error = el_chain_new(context, &chain);
	if (error)
		return error;
	chain->at.site.hook = spec->hook;
	chain->at.site.mode = spec->mode;
	chain->start_empty = spec->start_empty;
	chain->at.order = spec->order;
	chain->at.beside = spec->beside;
	if (chain->at.site.hook == EDGE_HOOK_XDP && chain->at.site.mode == EL_MODE_DEFAULT)
		chain->at.site.mode = EL_MODE_NATIVE;
	if (spec->device) {
		chain->at.site.device = strdup(spec->device);
		error = chain->at.site.device ? el_hook_device(context, &chain->at)
					      : el_fail_memory(context);
	}
	if (!error)
		error = el_instances_make(context, spec, &chain->instances,
					  &chain->instances_count);
	if (!error)
		*out = TAKE_PTR(chain);
	return error;
}

static int keep_mode(struct el_context *context, const struct el_chain_spec *spec,
		     struct el_chain *chain, const struct el_chain *previous)
{
	if (spec->mode == EL_MODE_DEFAULT || spec->mode == previous->at.site.mode) {
		chain->at.site.mode = previous->at.site.mode;
		return 0;
	}
	return el_fail(context, EL_CONFLICT, EEXIST, "detach it first, or leave --mode out",
		       "the chain on %s %s runs in mode %s, which a swap can't change",
		       chain->at.site.device, el_hook_name(chain->at.site.hook),
		       el_mode_name(previous->at.site.mode));
}

enum { KEEP_DEFAULT = 5 };

static bool runs(const struct el_chain *previous)
{
	return previous && previous->state == EL_STATE_RUNS;
}

/* The new one takes over the old one's links. Else it gets links of its own, and the old one's, if
 * it runs, go when all is done: until then a packet passes both. */
static bool swaps(const struct el_chain *chain, const struct el_chain *previous)
{
	return runs(previous) && !chain->at.leaves;
}

static void refresh_link(struct el_chain *chain)
{
	if (chain->at.link_fd >= 0)
		chain->at.link_id = el_descriptor_id(chain->at.link_fd);
}

int el_chain_stage(struct el_context *context, struct el_chain *chain,
		   const struct el_chain *previous)
{
	int error = el_pin_stage(context, chain, swaps(chain, previous) ? previous : NULL);

	if (!error && chain->entries_locks[0] >= 0)
		error = el_pin_lock_entries(context, chain->at.site.device, chain->at.site.hook,
					    EL_PIN_NEW, &chain->entries_locks[1]);
	return error || !previous ? error : el_counters_carry(context, chain, previous);
}

/* The pins as they were before el_chain_stage(). */
static void unpin(struct el_context *context, const struct el_chain *chain,
		  const struct el_chain *previous)
{
	if (previous)
		el_pin_point(context, chain->at.site.device, chain->at.site.hook,
			     previous->metadata->generation);
	el_pin_drop(context, chain->at.site.device, chain->at.site.hook,
		    chain->metadata->generation);
	el_pin_unstage(context, chain->at.site.device, chain->at.site.hook);
}

void el_chain_back(struct el_context *context, struct el_chain *chain, struct el_chain *previous)
{
	const struct el_hook_ops *ops = el_hook_ops(chain->at.site.hook);
	struct el_error error = context->error;

	/* What goes wrong now is not what the caller is to hear. */
	context->error.detail = NULL;
	if (swaps(chain, previous)) {
		/* Before the links change: from here on it can be seen that the work is not done.
		 */
		el_pin_aim(context, chain->at.site.device, chain->at.site.hook,
			   previous->metadata->generation);
		ops->swap(context, &previous->at, &chain->at);
		el_hook_settle();
		el_inherit_undo(context, chain);
	} else {
		ops->detach(context, &chain->at);
	}
	unpin(context, chain, previous);
	free(context->error.detail);
	context->error = error;
}

int el_chain_over(struct el_context *context, struct el_chain *chain, struct el_chain *previous)
{
	const struct el_hook_ops *ops = el_hook_ops(chain->at.site.hook);
	double start = el_now_ms();
	int error = swaps(chain, previous) ? ops->swap(context, &chain->at, &previous->at)
					   : ops->attach(context, &chain->at);

	if (error)
		return error;
	error = ops->verify(context, &chain->at);
	if (!error)
		error = el_hook_check_name(context, &chain->at);
	if (!error && !swaps(chain, previous))
		error = el_pin_link(context, chain);
	if (!error)
		error = el_pin_commit(context, chain->at.site.device, chain->at.site.hook,
				      chain->metadata->generation);
	if (error)
		el_chain_back(context, chain, previous);
	chain->attach_ms = el_now_ms() - start;
	return error;
}

/* Of a chain that is new: a swap says nothing that the first attachment has not said. */
static void note_tags(struct el_context *context, const struct el_chain *chain,
		      const struct el_chain *previous)
{
	char how[160];

	if (!previous && chain->at.site.ifindex && chain->at.site.hook == EDGE_HOOK_XDP &&
	    el_hook_hides_tags(context, chain->at.site.device, el_hook_is_generic(&chain->at), how,
			       sizeof(how)))
		el_note(context,
			"%s takes VLAN tags out of the frames before XDP sees them, so functions "
			"take tagged packets for untagged ones; if tagged packets can arrive, %s",
			chain->at.site.device, how);
}

void el_chain_settle(struct el_context *context, struct el_chain *chain,
		     const struct el_chain *previous)
{
	if (chain->at.leaves && el_hook_ops(chain->at.site.hook)->detach(context, chain->at.leaves))
		el_warn(context, "%s; the next command tries again", context->error.what);
	chain->at.leaves = NULL;
	/* Nobody works in the old generation any more: now the sums and the maps are final. */
	if (previous)
		el_hook_settle();
	el_inherit_merge(context, chain);
	el_pin_prune(context, chain->at.site.device, chain->at.site.hook, chain->keep);
	if (previous)
		el_counters_carry(context, chain, previous);
	refresh_link(chain);
	el_redirect_refresh(context);
	note_tags(context, chain, previous);
	chain->state = EL_STATE_RUNS;
}

static int check_replaced(struct el_context *context, const struct el_chain *previous)
{
	if (previous->state != EL_STATE_REPLACED)
		return 0;
	return el_fail(context, EL_CONFLICT, EBUSY,
		       "look at it with 'bpftool net show'; 'edge-load detach' takes it off, with "
		       "the chain",
		       "somebody put another program in the place of the chain on %s %s",
		       previous->at.site.device, el_hook_name(previous->at.site.hook));
}

/* One more than the highest that is kept, whichever runs. */
static int next_generation(struct el_context *context, const struct el_chain *chain,
			   uint32_t *generation)
{
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t count = 0;
	int error = el_pin_generations(context, chain->at.site.device, chain->at.site.hook,
				       &numbers, &count);

	*generation = count ? numbers[count - 1] + 1 : 1;
	return error;
}

int el_chain_make(struct el_context *context, const struct el_chain_spec *spec,
		  const struct el_chain *previous, struct el_chain **out)
{
	_cleanup_chain_ struct el_chain *chain = NULL;
	uint32_t generation = 0;
	int error = previous ? check_replaced(context, previous) : 0;

	if (!error)
		error = chain_of_spec(context, spec, &chain);
	if (!error && runs(previous))
		error = keep_mode(context, spec, chain, previous);
	if (!error && spec->device && el_hook_partial_checksums(&chain->at))
		chain->at.site.flags |= EDGE_CHAIN_PARTIAL_CSUM;
	if (!error && spec->device && el_hook_is_generic(&chain->at))
		chain->at.site.flags |= EDGE_CHAIN_GENERIC;
	if (!error && chain->at.order != EL_ORDER_ANY)
		error = el_tcx_check(context, &chain->at, runs(previous) ? &previous->at : NULL);
	if (!error && spec->device)
		error = next_generation(context, chain, &generation);
	if (!error)
		error = el_inherit_sizes(context, chain, previous);
	if (error)
		return error;
	chain->keep = spec->keep ? spec->keep : previous ? previous->keep : KEEP_DEFAULT;
	chain->declared = spec->declared || (previous && previous->declared);
	error = el_metadata_make(context, chain, generation);
	if (!error)
		error = el_chain_report_make(context, chain);
	if (!error)
		*out = TAKE_PTR(chain);
	return error;
}

/* Of a chain that is only tried: what an attach would be refused for, and what it would note. */
static int check_attach(struct el_context *context, const struct el_chain *chain,
			const struct el_chain *previous)
{
	const struct el_hook_ops *ops = el_hook_ops(chain->at.site.hook);
	int error = 0;

	if (chain->at.site.device && !runs(previous) && ops->check)
		error = ops->check(context, &chain->at);
	if (!error)
		note_tags(context, chain, previous);
	return error;
}

int el_chain_load(struct el_context *context, struct el_chain *chain,
		  const struct el_chain *previous)
{
	int error;

	if (chain->at.site.hook == EDGE_HOOK_XDP && chain->at.site.mode != EL_MODE_GENERIC)
		chain->at.site.flags |= EDGE_CHAIN_TARGETS;
	error = el_generation_make(context, chain, previous);
	if (!error)
		error = el_redirect_fill(context, chain);
	if (!error && el_inherit_converts(chain))
		error = el_chain_lock_entries(context, chain);
	if (!error)
		error = el_inherit_fill(context, chain, previous);
	if (!error)
		error = el_inherit_report(context, chain, previous);
	if (!error && chain->dry)
		error = check_attach(context, chain, previous);
	return error ? error : el_chain_report_make(context, chain);
}

int el_chain_change(struct el_context *context, const struct el_chain_spec *spec,
		    struct el_chain *previous, struct el_chain **out)
{
	_cleanup_chain_ struct el_chain *chain = NULL;
	int error = el_chain_make(context, spec, previous, &chain);

	if (!error)
		error = el_chain_load(context, chain, previous);
	if (!error)
		error = el_chain_stage(context, chain, previous);
	if (!error)
		error = el_chain_over(context, chain, previous);
	if (error)
		return error;
	el_chain_settle(context, chain, previous);
	el_chain_unlock_entries(chain);
	error = el_inherit_report(context, chain, previous);
	if (!error)
		error = el_chain_report_make(context, chain);
	if (!error && out)
		*out = TAKE_PTR(chain);
	return error;
}
