// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The limits of a manifest: the kernel memory for the maps of a chain, and the number of
 * instructions that the verifier processes.
 */
#include "plan/plan.h"

/* The memory of a map. The kernel reports it only in /proc/PID/fdinfo (exact since 6.4, an estimate
 * before). */
static uint64_t memory_of(int fd)
{
	_cleanup_free_ char *path = el_format("/proc/self/fdinfo/%d", fd);
	_cleanup_file_ FILE *file = path ? fopen(path, "re") : NULL;
	unsigned long long bytes = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	return bytes;
}

static uint64_t map_memory(const struct el_generation *chain)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < chain->maps_count; i++) {
		size_t first = 0; /* several instances may share the map */

		while (chain->maps[first].id != chain->maps[i].id)
			first++;
		if (first == i)
			sum += memory_of(chain->maps[i].fd);
	}
	return sum;
}

int el_plan_limits(const struct el_plan *plan, const struct step *step)
{
	const struct el_manifest_chain *wanted = step->wanted;
	uint64_t memory = wanted->map_memory ? map_memory(step->change.next) : 0;
	uint64_t instructions = 0;
	int error;

	for (size_t i = 0; i < step->change.next->at.programs_count; i++)
		instructions += step->change.next->at.programs[i].verified;
	if (memory > wanted->map_memory) {
		error = el_fail(plan->context, EL_FAILED, E2BIG,
				"raise the limit, or make maps smaller",
				"the maps of %s %s need %llu bytes, but the limit is %llu",
				step->device, el_hook_name(step->site.hook),
				(unsigned long long)memory, (unsigned long long)wanted->map_memory);
		return el_manifest_blame(plan->context, plan->manifest, wanted->map_memory_at,
					 error);
	}
	if (wanted->instructions && instructions > wanted->instructions) {
		error = el_fail(
			plan->context, EL_FAILED, E2BIG, "raise the limit, or remove a function",
			"the verifier processes %llu instructions for %s %s, but the limit is %u",
			(unsigned long long)instructions, step->device,
			el_hook_name(step->site.hook), wanted->instructions);
		return el_manifest_blame(plan->context, plan->manifest, wanted->instructions_at,
					 error);
	}
	return 0;
}
