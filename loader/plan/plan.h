/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_PLAN_H
#define EL_PLAN_H
/*
 * A manifest on its way to the machine, as plan*.c share it: plan.c has the steps and their order,
 * map.c and shared.c what the manifest says of maps, limit.c its limits.
 */
#include "chain/change.h"
#include "chain/diff.h"
#include "manifest/manifest.h"
#include "state/shared_map.h"

/* One chain on its way. */
struct step {
	const struct el_manifest_chain *wanted; /* NULL: none of this manifest's */
	struct el_site site;
	char *device; /* site.device, which for a device that is not there is what the manifest says */
	char *why; /* with EL_ACTION_LEAVE: what else than that it was attached by hand; or NULL */
	enum el_action action;
	uint32_t generation;
	struct el_instance_spec *instances;
	size_t instances_count;
	struct el_change change;
	struct el_differences *changes; /* from change.previous to change.next */
};

struct el_plan {
	struct el_context *context;
	const struct el_manifest *manifest;
	struct el_plan_options options;
	struct step *steps;
	size_t count;
	struct el_plan_info info;
	int lock; /* nobody else applies a manifest; or -1 */
	struct el_shared *shared;
};

static inline bool el_step_acts(const struct step *step)
{
	return step->action == EL_ACTION_ATTACH || step->action == EL_ACTION_SWAP;
}

/* ---- map.c */

/* The manifest's instances, with what it says of their maps as an el_chain_spec takes it. */
int el_plan_instances(const struct el_plan *plan, struct step *step);
void el_plan_instances_free(const struct step *step);
/*
 * What it says of maps, held against those that run; what differs goes into step->changes.
 *
 * What is declared goes into a map that nobody sees, as it would into the chain's, and the two are
 * compared. A declared value of zeroes says nothing: packets may have counted there. A map that has
 * in it what it shall is kept.
 */
int el_plan_maps(const struct el_plan *plan, struct step *step);

/* Whether @map, which is shared, has in it what @spec says, and room for as many. */
int el_plan_content(const struct el_plan *plan, struct step *step, const char *instance,
		    const struct el_map_spec *spec, const struct el_shared_map *map, bool *differs);

/* ---- shared.c */

/* Those there are; locked, if they may change. */
int el_plan_shared_open(struct el_plan *plan);
/* What the manifest says of a name's size, anywhere; or 0. */
uint32_t el_plan_shared_size(const struct el_plan *plan, const char *name);
/* What differs, of one map that is to be shared, and of those that are no more. */
int el_plan_shared_map(const struct el_plan *plan, struct step *step, const char *instance,
		       struct el_map_spec *spec);
int el_plan_shared_parted(const struct el_plan *plan, struct step *step);
/* When all steps are compared: who shares a map that is to be another one changes, too. */
int el_plan_shared_mark(const struct el_plan *plan);
/* When all are loaded: nobody goes on with one that others leave; and fill the new ones. */
int el_plan_shared_check(const struct el_plan *plan);

/* ---- limit.c */

/* -E2BIG: what was loaded is beyond a limit. */
int el_plan_limits(const struct el_plan *plan, const struct step *step);

#endif
