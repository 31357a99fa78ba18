// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A plan's changes, put in place: all of them or none. Every chain is pinned before the first link
 * changes. When a link refuses, the links before it are changed back. Chains that the manifest no
 * longer has are detached last.
 */
#include "chain/redirect.h"
#include "plan/plan.h"

void el_plan_take_back(const struct el_plan *plan)
{
	for (size_t i = plan->count; i--;) {
		struct step *step = &plan->steps[i];

		if (step->change.lock >= 0 && step->change.next)
			el_change_back(&step->change);
		else if (step->change.lock >= 0)
			el_pin_unstage(plan->context, &step->site);
	}
	if (plan->shared)
		el_shared_back(plan->context, plan->shared);
}

static int switch_all(struct el_plan *plan)
{
	int error = 0;

	for (size_t i = 0; !error && i < plan->count; i++)
		if (el_step_acts(&plan->steps[i]))
			error = el_change_stage(&plan->steps[i].change);
	if (!error)
		error = el_shared_over(plan->context, plan->shared);
	/* Moved chains last: packets pass their old chain, too, until they are settled. */
	for (size_t i = 0; !error && i < 2 * plan->count; i++) {
		struct step *step = &plan->steps[i % plan->count];

		if (!el_step_acts(step) || !step->change.place.leaves != (i < plan->count))
			continue;
		error = el_change_over(&step->change);
	}
	return error;
}

/* Chains that are gone already do not stop the detach of the others. */
static int detach_others(const struct el_plan *plan)
{
	int error = 0;

	for (size_t i = 0; !error && i < plan->count; i++) {
		const struct step *step = &plan->steps[i];

		if (step->action != EL_ACTION_DETACH)
			continue;
		if (!step->change.previous) {
			el_pin_unstage(plan->context, &step->site);
			continue;
		}
		error = el_chain_detach_locked(plan->context, step->change.previous);
		/* The declared chains run already: a short lack of memory must not leave this chain
		 * attached, so try once more. */
		if (error == -ENOMEM)
			error = el_chain_detach_locked(plan->context, step->change.previous);
	}
	return error;
}

static void settle_all(struct el_plan *plan)
{
	bool waits = false;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].change.over)
			waits |= el_change_leave(&plan->steps[i].change);
	if (waits)
		el_hook_settle();
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].change.over)
			el_change_settle(&plan->steps[i].change);
	el_shared_settle(plan->context, plan->shared);
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].change.next)
			el_change_unlock_entries(&plan->steps[i].change);
}

static bool changes_devices(const struct el_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (el_step_acts(&plan->steps[i]) || plan->steps[i].action == EL_ACTION_DETACH)
			return true;
	return false;
}

int el_plan_apply(struct el_plan *plan)
{
	int error = switch_all(plan);

	if (error) {
		el_plan_take_back(plan);
		return error;
	}
	settle_all(plan);
	error = detach_others(plan);
	if (changes_devices(plan))
		el_redirect_refresh(plan->context);
	plan->info.applied = !error;
	return error;
}
