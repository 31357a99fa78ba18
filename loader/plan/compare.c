// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The differences between a chain of the manifest and the running chain, which make step->changes:
 * functions, instances, parameters, properties of the whole chain, and maps (map.c).
 */
#include "plan/plan.h"

static int add_change(const struct el_plan *plan, struct step *step,
		      struct el_difference_words words)
{
	return el_differences_add(plan->context, step->changes, words);
}

/* Add a difference in the place among foreign programs. */
static int add_place(const struct el_plan *plan, struct step *step)
{
	_cleanup_free_ char *to =
		el_format("%s %s", el_order_name(step->spec.order), step->spec.beside);

	return to ? add_change(
			    plan, step,
			    (struct el_difference_words){EL_DIFFERENCE_PLACE, "", "elsewhere", to})
		  : el_fail_memory(plan->context);
}

/* Compare the properties of the whole chain. */
static int compare_rest(const struct el_plan *plan, struct step *step)
{
	const struct el_generation *old = step->change.previous, *new = step->change.next;
	_cleanup_free_ char *from = el_format("%u", old->keep), *to = el_format("%u", new->keep);
	int error = 0;

	if (!from || !to)
		return el_fail_memory(plan->context);
	if (old->state != EL_STATE_RUNS)
		error = add_change(plan, step,
				   (struct el_difference_words){EL_DIFFERENCE_DRIFT, "",
								el_state_name(old->state),
								el_state_name(EL_STATE_RUNS)});
	if (!error && old->keep != new->keep)
		error = add_change(plan, step,
				   (struct el_difference_words){EL_DIFFERENCE_KEEP, "", from, to});
	if (!error && !old->declared)
		error = add_change(plan, step,
				   (struct el_difference_words){EL_DIFFERENCE_DRIFT, "",
								"attached by hand",
								"of the manifest"});
	return error || !step->change.place.leaves ? error : add_place(plan, step);
}

/* Compare the functions, instances and parameters of both chains. */
static int compare_reports(const struct el_plan *plan, struct step *step)
{
	const struct el_change *change = &step->change;
	struct el_chain_report from = {0}, to = {0};
	int error = change->previous ? el_report_make(plan->context, change->previous, &from) : 0;

	if (!error)
		error = el_report_make(plan->context, change->next, &to);
	if (!error)
		error = el_chain_diff(plan->context, change->previous ? &from : NULL, &to,
				      &step->changes);
	el_report_free(&from);
	el_report_free(&to);
	return error;
}

int el_plan_compare(const struct el_plan *plan, struct step *step)
{
	int error = el_plan_instances(plan, step);

	step->spec = (struct el_chain_spec){
		.device = step->device,
		.hook = step->site.hook,
		.mode = step->wanted->mode,
		.instances = step->instances,
		.instances_count = step->wanted->instances_count,
		.keep = step->wanted->keep,
		.declared = true,
		.order = step->wanted->order,
		.beside = step->wanted->beside,
	};
	if (!error)
		error = el_change_make(&step->change, &step->spec);
	if (!error)
		error = compare_reports(plan, step);
	if (!error && step->change.previous)
		error = compare_rest(plan, step);
	if (!error)
		error = el_plan_maps(plan, step);
	return error;
}
