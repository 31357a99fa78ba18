/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_PLAN_H
#define EL_PLAN_H
/*
 * A plan compares a manifest with the machine and applies the differences. plan.c has the steps and
 * their order, compare.c finds the differences of a chain, apply.c puts the changes in place, map.c
 * and shared.c handle the maps of the manifest, limit.c its limits.
 */
#include "chain/change.h"
#include "chain/diff.h"
#include "manifest/manifest.h"
#include "state/shared_map.h"

/* The plan for one chain. */
struct step {
	const struct el_manifest_chain *wanted; /* NULL: not in this manifest */
	struct el_site site;
	char *device; /* the name for site.device; for a missing device, the manifest's selector */
	char *why; /* with EL_ACTION_LEAVE: the reason, unless it was attached by hand; or NULL */
	enum el_action action;
	uint32_t generation;
	struct el_instance_spec *instances;
	size_t instances_count;
	struct el_map_spec *maps;      /* of all instances, in their order */
	struct el_assignment *entries; /* of all maps, in their order */
	struct el_chain_spec spec;     /* of wanted, with these instances */
	struct el_change change;
	struct el_chain_report report;	/* of a changed chain */
	struct el_differences *changes; /* from change.previous to change.next */
};

struct el_plan {
	struct el_context *context;
	const struct el_manifest *manifest;
	struct el_plan_options options;
	struct step *steps;
	size_t count;
	struct el_plan_info info;
	int lock; /* against other edge-loads that apply a manifest; or -1 */
	struct el_shared *shared;
};

static inline bool el_step_acts(const struct step *step)
{
	return step->action == EL_ACTION_ATTACH || step->action == EL_ACTION_SWAP;
}

/* ---- apply.c */

/* Attach or swap the loaded chains of all steps. If a change fails, all changes are undone. */
int el_plan_apply(struct el_plan *plan);
/* Undo the pins and attachments of the steps. */
void el_plan_take_back(const struct el_plan *plan);

/* ---- compare.c */

/* Make step->change.next from the manifest, and find its differences to the running chain. */
int el_plan_compare(const struct el_plan *plan, struct step *step);

/* ---- map.c */

/* The manifest's instances and their maps, in the form of an el_chain_spec. The step owns all three
 * arrays. */
int el_plan_instances(const struct el_plan *plan, struct step *step);
/*
 * Compare the declared maps with the running maps, and add the differences to step->changes.
 *
 * The declared content is written to a temporary map, as it would be written to a map of the chain,
 * and the two maps are compared. A declared value of zeroes equals any value, since packets may
 * have counted there. A map that already has the declared content is kept.
 */
int el_plan_maps(const struct el_plan *plan, struct step *step);

/* A map of an instance, in the step that compares it. */
struct el_plan_map {
	const struct el_plan *plan;
	struct step *step;
	const char *instance, *name;
	struct el_map_spec *spec; /* as declared; NULL: it is not declared */
	/* The map of the running chain that it continues; or NULL. */
	const struct el_chain_map *running;
};
/* Set @differs: whether the content or the size of the shared map @shared differs from the
 * declaration. */
int el_plan_content(const struct el_plan_map *map, const struct el_shared_map *shared,
		    bool *differs);

/* ---- shared.c */

/* Open the existing shared maps, and lock them if the plan may change them. */
int el_plan_shared_open(struct el_plan *plan);
/* The size that the manifest gives to a shared map, at any place; or 0. */
uint32_t el_plan_shared_size(const struct el_plan *plan, const char *name);
/* Add the differences of one map that the manifest shares, and of maps that it no longer shares. */
int el_plan_shared_map(const struct el_plan_map *map);
int el_plan_shared_parted(const struct el_plan *plan, struct step *step);
/* After all steps are compared: if a shared map is replaced, change all chains that share it. */
int el_plan_shared_mark(const struct el_plan *plan);
/* After all chains are loaded: check that no chain keeps a shared map that other chains replace,
 * and fill the new shared maps. */
int el_plan_shared_check(const struct el_plan *plan);

/* ---- limit.c */

/* -E2BIG: the loaded chain exceeds a limit. */
int el_plan_limits(const struct el_plan *plan, const struct step *step);

#endif
