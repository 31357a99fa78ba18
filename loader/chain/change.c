// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The steps of a change (change.h), in order. After a failure at any step, the running chain keeps
 * running and nothing of the new chain remains.
 */
#include "chain/change.h"
#include "chain/redirect.h"
#include "hook/tcx.h"
#include "kernel/descriptor.h"
#include "state/inherit.h"
#include "state/stale.h"

static int check_mode(struct el_context *context, const struct el_chain_spec *spec)
{
	bool xdp = spec->hook == EDGE_HOOK_XDP;

	if (spec->mode == EL_MODE_DEFAULT ||
	    xdp == (spec->mode == EL_MODE_NATIVE || spec->mode == EL_MODE_GENERIC ||
		    spec->mode == EL_MODE_SHARED))
		return 0;
	return el_fail(context, EL_USAGE, EINVAL,
		       xdp ? "use native, generic or shared" : "use tcx or clsact, or omit --mode",
		       "the hook %s does not support the mode %s", el_hook_name(spec->hook),
		       el_mode_name(spec->mode));
}

static int check_order(struct el_context *context, const struct el_chain_spec *spec)
{
	const char *order = el_order_name(spec->order);

	if (spec->order == EL_ORDER_ANY)
		return 0;
	if (spec->hook == EDGE_HOOK_XDP)
		return el_fail(context, EL_USAGE, EINVAL,
			       "a device has one XDP program; with --mode shared, libxdp orders "
			       "several programs in its dispatcher",
			       "%s works at tc-ingress and tc-egress, not at xdp", order);
	if (spec->mode == EL_MODE_CLSACT)
		return el_fail(context, EL_USAGE, EINVAL, "use --mode tcx, or omit --mode",
			       "the mode clsact does not support %s", order);
	if (spec->beside && *spec->beside)
		return 0;
	return el_fail(context, EL_USAGE, EINVAL, "give the program's number or name, or \"all\"",
		       "%s needs a program", order);
}

/* Make a chain from @spec: open its objects, and make all checks that do not need the kernel. */
static int chain_of_spec(struct el_context *context, const struct el_chain_spec *spec,
			 struct el_generation **out)
{
	_cleanup_generation_ struct el_generation *chain = NULL;
	int error = check_mode(context, spec);

	if (!error)
		error = check_order(context, spec);
	if (!error)
		error = el_generation_new_at(context, &EL_SITE(spec->device, spec->hook), &chain);
	if (error)
		return error;
	chain->at.site.mode = spec->mode;
	if (chain->at.site.hook == EDGE_HOOK_XDP && chain->at.site.mode == EL_MODE_DEFAULT)
		chain->at.site.mode = EL_MODE_NATIVE;
	if (spec->device)
		error = el_hook_device(context, &chain->at);
	if (!error)
		error = el_instances_make(context, spec, &chain->instances,
					  &chain->instances_count);
	if (!error)
		*out = TAKE_PTR(chain);
	return error;
}

static int keep_mode(struct el_context *context, const struct el_chain_spec *spec,
		     struct el_generation *chain, const struct el_generation *previous)
{
	if (spec->mode == EL_MODE_DEFAULT || spec->mode == previous->at.site.mode) {
		chain->at.site.mode = previous->at.site.mode;
		return 0;
	}
	return el_fail(context, EL_CONFLICT, EEXIST, "detach the chain first, or omit --mode",
		       "the chain on %s %s runs in mode %s, which a swap can't change",
		       chain->at.site.device, el_hook_name(chain->at.site.hook),
		       el_mode_name(previous->at.site.mode));
}

enum { KEEP_DEFAULT = 5 };

static bool runs(const struct el_generation *previous)
{
	return previous && previous->state == EL_STATE_RUNS;
}

/* Whether the new chain takes over the links of the old chain. Otherwise it gets links of its own,
 * and the links of a running old chain are detached last: until then packets pass both chains. */
static bool swaps(const struct el_change *change)
{
	return runs(change->previous) && !change->place.leaves;
}

static void refresh_link(struct el_generation *chain)
{
	if (chain->at.link_fd >= 0)
		chain->at.link_id = el_descriptor_id(chain->at.link_fd);
}

int el_change_stage(struct el_change *change)
{
	struct el_context *context = change->context;
	struct el_generation *next = change->next;
	int error;

	error = el_check_memory(context);
	if (error || change->returns)
		return error ? error : el_change_stage_kept(change);
	error = el_pin_stage(context, next, swaps(change) ? change->previous : NULL);
	if (!error && change->entries_locks[0] >= 0)
		error = el_pin_lock_entries(context, &next->at.site, EL_WHICH(NEW),
					    &change->entries_locks[1]);
	return error || !change->previous ? error
					  : el_counters_carry(context, next, change->previous);
}

/* Restore the pins as they were before el_change_stage(). */
static void unpin(const struct el_change *change)
{
	const struct el_site *site = &change->next->at.site;

	if (change->over && change->previous)
		el_pin_point(change->context, site, change->previous->metadata->generation);
	if (change->returns) {
		el_pin_clear_half(change->context, site);
		return;
	}
	if (change->over)
		el_pin_drop(change->context, site, change->next->metadata->generation);
	el_pin_unstage(change->context, site);
}

/* Make the kernel run the previous chain again. */
static void unswap(const struct el_change *change)
{
	const struct el_site *site = &change->next->at.site;
	const struct el_hook_ops *ops = el_hook_ops(site->hook);

	if (!swaps(change)) {
		ops->detach(change->context, &change->next->at);
		return;
	}
	/* First the pins, then the links: if this process is killed in between, recovery sees an
	 * unfinished change. */
	el_pin_aim(change->context, site, change->previous->metadata->generation);
	ops->swap(change->context, &change->previous->at, &change->next->at);
	el_hook_settle();
	el_inherit_undo(change->context, change->next);
}

void el_change_back(struct el_change *change)
{
	struct el_context *context = change->context;
	struct el_error error = context->error;

	/* Keep the caller's error: undoing may note errors of its own. */
	context->error.detail = NULL;
	if (change->over)
		unswap(change);
	if (change->next)
		unpin(change);
	change->over = false;
	free(context->error.detail);
	context->error = error;
}

int el_change_over(struct el_change *change)
{
	struct el_context *context = change->context;
	struct el_generation *next = change->next;
	const struct el_site *site = &next->at.site;
	const struct el_hook_ops *ops = el_hook_ops(site->hook);
	double start = el_now_ms();
	int error = el_check_memory(context);

	if (!error && change->returns)
		error = el_pin_aim(context, site, next->metadata->generation);
	if (!error)
		error = swaps(change) ? ops->swap(context, &next->at, &change->previous->at)
				      : ops->attach(context, &next->at, &change->place);
	change->over = !error;
	if (!error)
		error = ops->verify(context, &next->at);
	if (!error)
		error = el_hook_check_name(context, &next->at);
	if (!error && !swaps(change))
		error = el_pin_link(context, next);
	if (!error)
		error = change->returns ? el_pin_point(context, site, next->metadata->generation)
					: el_pin_commit(context, site, next->metadata->generation);
	change->times.attach_ms = el_now_ms() - start;
	return error;
}

/* Only for a new chain: a swap would repeat the notes of the first attachment. */
static void note_tags(struct el_context *context, const struct el_generation *chain,
		      const struct el_generation *previous)
{
	char how[EL_HOOK_HOW];

	if (!previous && chain->at.site.ifindex && chain->at.site.hook == EDGE_HOOK_XDP &&
	    el_hook_hides_tags(context, chain->at.site.device, el_hook_is_generic(&chain->at), how))
		el_note(context,
			"%s removes VLAN tags from frames before XDP sees them, so functions see "
			"tagged packets as untagged; if tagged packets can arrive, %s",
			chain->at.site.device, how);
}

bool el_change_leave(struct el_change *change)
{
	struct el_context *context = change->context;
	const struct el_site *site = &change->next->at.site;

	if (change->place.leaves && el_hook_ops(site->hook)->detach(context, change->place.leaves))
		el_warn(context, "%s; the next command tries again", context->error.what);
	change->place.leaves = NULL;
	return change->previous;
}

void el_change_settle(struct el_change *change)
{
	struct el_context *context = change->context;
	struct el_generation *next = change->next, *previous = change->previous;
	const struct el_site *site = &next->at.site;
	const struct el_making making = el_change_making(change);

	el_inherit_merge(context, next);
	if (!change->returns)
		el_pin_prune(context, site, next->keep);
	if (previous)
		el_counters_carry(context, next, previous);
	refresh_link(next);
	note_tags(context, next, previous);
	next->state = EL_STATE_RUNS;
	if (change->returns)
		el_stale_check(&making);
}

static int check_replaced(struct el_context *context, const struct el_generation *previous)
{
	if (previous->state != EL_STATE_REPLACED)
		return 0;
	return el_fail(context, EL_CONFLICT, EBUSY,
		       "'bpftool net show' shows the program; 'edge-load detach' detaches it with "
		       "the chain",
		       "the link of the chain on %s %s was given another program outside edge-load",
		       previous->at.site.device, el_hook_name(previous->at.site.hook));
}

/* The highest number of all kept generations plus 1, whichever of them runs. */
static int next_generation(struct el_context *context, const struct el_generation *chain,
			   uint32_t *generation)
{
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t count = 0;
	int error = el_pin_generations(context, &chain->at.site, &numbers, &count);

	*generation = count ? numbers[count - 1] + 1 : 1;
	return error;
}

int el_change_make(struct el_change *change, const struct el_chain_spec *spec)
{
	struct el_context *context = change->context;
	const struct el_generation *previous = change->previous;
	_cleanup_generation_ struct el_generation *chain = NULL;
	struct el_making making;
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
	change->place = (struct el_place){.order = spec->order, .beside = spec->beside};
	if (!error && spec->order != EL_ORDER_ANY)
		error = el_tcx_check(context, &chain->at, runs(previous) ? &previous->at : NULL,
				     &change->place);
	if (!error && spec->device)
		error = next_generation(context, chain, &generation);
	if (error)
		return error;
	change->asked.spec = spec;
	making = el_change_making(change);
	making.chain = chain;
	error = el_inherit_sizes(&making);
	if (error)
		return error;
	chain->keep = spec->keep ? spec->keep : previous ? previous->keep : KEEP_DEFAULT;
	chain->declared = spec->declared || (previous && previous->declared);
	error = el_metadata_make(context, chain, generation);
	if (!error)
		change->next = TAKE_PTR(chain);
	return error;
}

/* For a dry change: report the refusals and the notes of an attach. */
static int check_attach(const struct el_change *change)
{
	const struct el_attachment *at = &change->next->at;
	const struct el_hook_ops *ops = el_hook_ops(at->site.hook);
	int error = 0;

	if (at->site.device && !runs(change->previous) && ops->check)
		error = ops->check(change->context, at);
	if (!error)
		note_tags(change->context, change->next, change->previous);
	return error;
}

int el_change_load(struct el_change *change)
{
	struct el_context *context = change->context;
	struct el_generation *next = change->next;
	const struct el_making making = el_change_making(change);
	int error;

	if (change->returns)
		return el_change_load_kept(change);
	if (next->at.site.hook == EDGE_HOOK_XDP && next->at.site.mode != EL_MODE_GENERIC)
		next->at.site.flags |= EDGE_CHAIN_TARGETS;
	error = el_generation_make(&making);
	if (!error)
		error = el_redirect_fill(context, next);
	if (!error && el_inherit_converts(next))
		error = el_change_lock_entries(change);
	if (!error)
		error = el_inherit_fill(&making);
	return error || !change->dry ? error : check_attach(change);
}

int el_change_run(struct el_change *change)
{
	int error = el_change_load(change);

	if (!error)
		error = el_change_stage(change);
	if (!error)
		error = el_change_over(change);
	if (error) {
		el_change_back(change);
		return error;
	}
	if (el_change_leave(change))
		el_hook_settle();
	el_change_settle(change);
	el_redirect_refresh(change->context);
	el_change_unlock_entries(change);
	return 0;
}

/* ---------------------------------------------------------------- the report */

int el_change_report(struct el_change *change, struct el_chain_report *out)
{
	const struct el_making making = el_change_making(change);
	int error = el_report_make(change->context, change->next, out);

	return error ? error : el_report_change(out, &making);
}

int el_change_tell(struct el_change *change, struct el_chain **out)
{
	const struct el_making making = el_change_making(change);
	_cleanup_chain_ struct el_chain *chain = NULL;
	int error;

	if (!out)
		return 0;
	error = el_chain_tell(change->context, &change->next, &chain);
	if (!error)
		error = el_report_change(&chain->report, &making);
	if (!error)
		*out = TAKE_PTR(chain);
	return error;
}

/* ---------------------------------------------------------------- locks */

int el_change_lock_entries(struct el_change *change)
{
	const struct el_site *site = &change->next->at.site;

	if (change->dry || change->entries_locks[0] >= 0)
		return 0;
	return el_pin_lock_entries(change->context, site, EL_WHICH(RUNNING),
				   &change->entries_locks[0]);
}

void el_change_unlock_entries(struct el_change *change)
{
	for (size_t i = 0; i < 2; i++) {
		el_cleanup_fd(&change->entries_locks[i]);
		change->entries_locks[i] = -1;
	}
}

void el_change_close(struct el_change *change)
{
	el_change_unlock_entries(change);
	el_generation_free(change->next);
	el_generation_free(change->previous);
	el_cleanup_fd(&change->lock);
	*change = EL_CHANGE_OF(change->context);
}
