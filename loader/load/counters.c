// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Counters: from the counts of the programs (abi.h, COUNTING) to the counts that users ask for. A
 * generation counts from zero; the counts of earlier generations are carried in a second map, which
 * a swap writes.
 */
#include <bpf/bpf.h>

#include "load/load.h"
#include "base/reason.h"

static void add_count(struct edge_count *to, const struct edge_count *from)
{
	to->packets += from->packets;
	to->bytes += from->bytes;
}

static struct edge_count *verdict_of(struct edge_counters *counters, size_t verdict)
{
	return (struct edge_count *)counters + verdict;
}

static void add_counters(struct edge_counters *to, struct edge_counters *from)
{
	for (size_t v = 0; v < EDGE_VERDICTS; v++)
		add_count(verdict_of(to, v), verdict_of(from, v));
	for (size_t r = 0; r < EDGE_REASONS_MAX; r++)
		to->reasons[r] += from->reasons[r];
}

/* Read @count slots of the generation's own map into @slots, summed over the CPUs. */
static int read_slots(struct el_context *context, const struct el_generation *chain,
		      struct edge_counters *slots, size_t count)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct edge_counters *each =
		cpus > 0 ? calloc((size_t)cpus, sizeof(*each)) : NULL;

	if (cpus < 0)
		return el_fail(context, EL_FAILED, -cpus, NULL, "can't count the CPUs: %s",
			       el_reason(EL_OP_SYSTEM, -cpus));
	if (!each)
		return el_fail_memory(context);
	for (uint32_t slot = 0; slot < count; slot++) {
		if (bpf_map_lookup_elem(chain->counters_fd, &slot, each))
			return el_fail(context, EL_FAILED, errno, NULL,
				       "can't read the counters of %s %s: %s",
				       chain->at.site.device, el_hook_name(chain->at.site.hook),
				       el_reason(EL_OP_MAP_READ, errno));
		for (int cpu = 0; cpu < cpus; cpu++)
			add_counters(&slots[slot], &each[cpu]);
	}
	return 0;
}

/*
 * Derive the counts of instances from slots. A packet is counted in the slot in which it ended, so
 * an instance passed on all packets that ended after it. The slots are read in sequence while
 * packets flow, so a sum may be a few packets ahead of another sum.
 */
static void derive_next(struct edge_counters *slots, const struct el_generation *chain)
{
	struct edge_count after = {0};

	for (size_t i = chain->instances_count + 1; i-- > 0;) {
		struct edge_count ended = {0};

		for (size_t v = 0; v < EDGE_VERDICTS; v++)
			add_count(&ended, verdict_of(&slots[i], v));
		if (i < chain->instances_count && el_instance_uncounted(&chain->instances[i]))
			after = (struct edge_count){0}; /* its slot counts all arriving packets */
		else if (i < chain->instances_count)
			add_count(&slots[i].next, &after);
		add_count(&after, &ended);
	}
}

static int read_totals(struct el_context *context, const struct el_generation *chain,
		       struct edge_counters **out)
{
	size_t count = chain->instances_count + 1;
	_cleanup_free_ struct edge_counters *totals = calloc(count, sizeof(*totals));
	int error = totals ? read_slots(context, chain, totals, count) : el_fail_memory(context);

	if (error)
		return error;
	derive_next(totals, chain);
	for (uint32_t slot = 0; slot < count; slot++) {
		struct edge_counters carried;

		if (!bpf_map_lookup_elem(chain->carried_fd, &slot, &carried))
			add_counters(&totals[slot], &carried);
	}
	*out = TAKE_PTR(totals);
	return 0;
}

/* ---------------------------------------------------------------- reasons */

/* A number is a use of edge_drop(). Numbers with the same name are shown as one reason. */
static int add_reason(struct el_instance_counters *counters, const char *name, uint64_t packets)
{
	size_t i = 0;

	while (i < counters->reasons_count && strcmp(counters->reasons[i].name, name))
		i++;
	if (i == EDGE_REASONS_MAX)
		return -E2BIG;
	if (i == counters->reasons_count) {
		counters->reasons[i].name = strdup(name);
		if (!counters->reasons[i].name)
			return -ENOMEM;
		counters->reasons_count++;
	}
	counters->reasons[i].packets += packets;
	return 0;
}

static int name_reasons(const struct el_instance *instance, const struct edge_counters *totals,
			struct el_instance_counters *counters)
{
	char name[EDGE_NAME_MAX];
	unsigned int number;
	int error = 0;

	for (const char *at = instance->reasons; !error && at && *at;) {
		at = el_metadata_reason(at, &number, name);
		if (at)
			error = add_reason(counters, name, totals->reasons[number]);
	}
	if (!error && totals->reasons[0])
		error = add_reason(counters, "unspecified", totals->reasons[0]);
	return error;
}

/* ---------------------------------------------------------------- the contract */

static int fill_instance(struct el_context *context, const struct el_instance *instance,
			 struct edge_counters *totals, struct el_instance_counters *counters)
{
	counters->verdicts_known = !el_instance_uncounted(instance);
	for (size_t v = 0; v < EDGE_VERDICTS; v++) {
		add_count(&counters->entered, verdict_of(totals, v));
		counters->verdicts[v] = *verdict_of(totals, v);
	}
	return name_reasons(instance, totals, counters) ? el_fail_memory(context) : 0;
}

int el_counters_of(struct el_context *context, const struct el_generation *chain,
		   struct el_counters **out)
{
	_cleanup_free_ struct edge_counters *totals = NULL;
	_cleanup_counters_ struct el_counters *counters = calloc(1, sizeof(*counters));
	int error = counters ? read_totals(context, chain, &totals) : el_fail_memory(context);

	if (!error) {
		counters->count = chain->instances_count;
		counters->instances = calloc(counters->count, sizeof(*counters->instances));
		if (!counters->instances)
			error = el_fail_memory(context);
	}
	for (size_t i = 0; !error && i < counters->count; i++)
		error = fill_instance(context, &chain->instances[i], &totals[i],
				      &counters->instances[i]);
	if (!error)
		*out = TAKE_PTR(counters);
	return error;
}

void el_counters_free(struct el_counters *counters)
{
	if (!counters)
		return;
	for (size_t i = 0; counters->instances && i < counters->count; i++)
		for (size_t r = 0; r < counters->instances[i].reasons_count; r++)
			free(counters->instances[i].reasons[r].name);
	free(counters->instances);
	free(counters);
}

/* ---------------------------------------------------------------- across a swap */

/* Carry the old instance's reasons to the new instance's reasons of the same name; a name that is
 * gone goes to number 0. */
static void carry_reasons(const struct el_instance *from, const struct edge_counters *old,
			  const struct el_instance *to, struct edge_counters *carried)
{
	char name[EDGE_NAME_MAX], candidate[EDGE_NAME_MAX];
	unsigned int number, other;

	carried->reasons[0] = old->reasons[0];
	for (const char *at = from->reasons; (at = el_metadata_reason(at, &number, name));) {
		unsigned int place = 0;

		for (const char *there = to->reasons;
		     !place && (there = el_metadata_reason(there, &other, candidate));)
			if (!strcmp(name, candidate))
				place = other;
		carried->reasons[place] += old->reasons[number];
		if (!*at)
			break;
	}
}

static void carry_instance(const struct el_generation *previous, const struct edge_counters *totals,
			   const struct el_instance *instance, struct edge_counters *carried)
{
	for (size_t i = 0; i < previous->instances_count; i++) {
		if (strcmp(previous->instances[i].name, instance->name))
			continue;
		*carried = totals[i];
		memset(carried->reasons, 0, sizeof(carried->reasons));
		carry_reasons(&previous->instances[i], &totals[i], instance, carried);
		return;
	}
}

int el_counters_carry(struct el_context *context, const struct el_generation *chain,
		      const struct el_generation *previous)
{
	_cleanup_free_ struct edge_counters *totals = NULL;
	int error = read_totals(context, previous, &totals);

	for (uint32_t i = 0; !error && i < chain->instances_count; i++) {
		struct edge_counters carried = {0};

		carry_instance(previous, totals, &chain->instances[i], &carried);
		if (bpf_map_update_elem(chain->carried_fd, &i, &carried, 0))
			return el_fail(context, EL_FAILED, errno, NULL,
				       "can't carry the counters over: %s",
				       el_reason(EL_OP_MAP_UPDATE, errno));
	}
	return error;
}

int el_counters_reset(struct el_context *context, const struct el_generation *chain)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct edge_counters *zero =
		cpus > 0 ? calloc((size_t)cpus, sizeof(*zero)) : NULL;

	if (cpus < 0)
		return el_fail(context, EL_FAILED, -cpus, NULL, "can't count the CPUs: %s",
			       el_reason(EL_OP_SYSTEM, -cpus));
	if (!zero)
		return el_fail_memory(context);
	for (uint32_t slot = 0; slot <= chain->instances_count; slot++)
		if (bpf_map_update_elem(chain->counters_fd, &slot, zero, 0))
			return el_fail(context, EL_FAILED, errno, NULL,
				       "can't reset the counters of %s %s: %s",
				       chain->at.site.device, el_hook_name(chain->at.site.hook),
				       el_reason(EL_OP_MAP_UPDATE, errno));
	return 0;
}
