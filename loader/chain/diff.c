// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Differences between two chains: instances that were added, removed or moved, and other parameters
 * or other code. Works on reports alone; the kernel is not asked.
 */
#include "chain/chain.h"
#include "chain/diff.h"

static const char *const kind_names[] = {
	[EL_DIFFERENCE_ADDED] = "added",       [EL_DIFFERENCE_REMOVED] = "removed",
	[EL_DIFFERENCE_MOVED] = "moved",       [EL_DIFFERENCE_PARAMS] = "parameters",
	[EL_DIFFERENCE_FUNCTION] = "function", [EL_DIFFERENCE_CODE] = "code",
	[EL_DIFFERENCE_MODE] = "mode",	       [EL_DIFFERENCE_KEEP] = "keep",
	[EL_DIFFERENCE_MAP] = "map",	       [EL_DIFFERENCE_DRIFT] = "drift",
	[EL_DIFFERENCE_PLACE] = "place",       [EL_DIFFERENCE_CFLAGS] = "cflags",
};

const char *el_difference_name(enum el_difference_kind kind)
{
	return kind_names[kind];
}

static void difference_free(struct el_difference *change)
{
	free(change->instance);
	free(change->from);
	free(change->to);
}

int el_differences_add(struct el_context *context, struct el_differences *changes,
		       struct el_difference_words words)
{
	struct el_difference *list =
		reallocarray(changes->list, changes->count + 1, sizeof(*changes->list));
	struct el_difference change = {
		.kind = words.kind,
		.instance = strdup(words.instance ? words.instance : ""),
		.from = strdup(words.from ? words.from : ""),
		.to = strdup(words.to ? words.to : ""),
	};

	if (list)
		changes->list = list;
	if (!list || !change.instance || !change.from || !change.to) {
		difference_free(&change);
		return el_fail_memory(context);
	}
	list[changes->count++] = change;
	return 0;
}

void el_differences_free(struct el_differences *changes)
{
	if (!changes)
		return;
	for (size_t i = 0; i < changes->count; i++)
		difference_free(&changes->list[i]);
	free(changes->list);
	free(changes);
}

/* A comparison of two chains. */
struct comparison {
	struct el_context *context;
	const struct el_chain_report *from, *to; /* NULL: no chain */
	struct el_differences *changes;
};

static int add(const struct comparison *comparison, struct el_difference_words words)
{
	return el_differences_add(comparison->context, comparison->changes, words);
}

static ptrdiff_t find(const struct el_chain_report *report, const char *name)
{
	for (size_t i = 0; report && i < report->instances_count; i++)
		if (!strcmp(report->instances[i].name, name))
			return (ptrdiff_t)i;
	return -1;
}

/* FUNCTION:PARAMS, as attach takes it. */
static char *words_of(const struct el_instance_report *instance)
{
	return el_format("%s%s%s", instance->function, *instance->params ? ":" : "",
			 instance->params);
}

static int add_whole(const struct comparison *comparison, enum el_difference_kind kind,
		     const struct el_instance_report *instance)
{
	_cleanup_free_ char *text = words_of(instance);
	struct el_difference_words words = {.kind = kind, .instance = instance->name};

	if (!text)
		return el_fail_memory(comparison->context);
	*(kind == EL_DIFFERENCE_ADDED ? &words.to : &words.from) = text;
	return add(comparison, words);
}

/*
 * Find the moved instances: of the instances in both chains, all except the longest subsequence in
 * unchanged order. The algorithm is quadratic; a chain has at most 64 instances.
 */
static void find_moved(const struct el_chain_report *from, const struct el_chain_report *to,
		       bool moved[EDGE_INSTANCES_MAX])
{
	ptrdiff_t was[EDGE_INSTANCES_MAX], before[EDGE_INSTANCES_MAX], best = -1;
	size_t length[EDGE_INSTANCES_MAX];

	for (size_t i = 0; i < to->instances_count; i++) {
		was[i] = find(from, to->instances[i].name);
		before[i] = -1;
		length[i] = was[i] >= 0;
		moved[i] = was[i] >= 0;
		for (size_t j = 0; was[i] >= 0 && j < i; j++)
			if (was[j] >= 0 && was[j] < was[i] && length[j] + 1 > length[i]) {
				length[i] = length[j] + 1;
				before[i] = (ptrdiff_t)j;
			}
		if (was[i] >= 0 && (best < 0 || length[i] > length[best]))
			best = (ptrdiff_t)i;
	}
	for (; best >= 0; best = before[best])
		moved[best] = false;
}

/* Instance @now of the new chain was instance @was of the old chain. */
static int add_moved(const struct comparison *comparison, size_t was, size_t now)
{
	const char *name = comparison->to->instances[now].name;
	_cleanup_free_ char *old = el_format("%zu", was + 1), *new = el_format("%zu", now + 1);

	if (!old || !new)
		return el_fail_memory(comparison->context);
	return add(comparison, (struct el_difference_words){EL_DIFFERENCE_MOVED, name, old, new});
}

static int add_cflags(const struct comparison *comparison, const struct el_instance_report *from,
		      const struct el_instance_report *to)
{
	_cleanup_free_ char *old = strdup(from->cflags), *new = strdup(to->cflags);

	if (!old || !new)
		return el_fail_memory(comparison->context);
	for (char *c = old; (c = strchr(c, '\n'));)
		*c = ' ';
	for (char *c = new; (c = strchr(c, '\n'));)
		*c = ' ';
	return add(comparison,
		   (struct el_difference_words){EL_DIFFERENCE_CFLAGS, to->name, old, new});
}

static int compare_instance(const struct comparison *comparison,
			    const struct el_instance_report *from,
			    const struct el_instance_report *to)
{
	int error = 0;

	if (strcmp(from->function, to->function))
		return add(comparison,
			   (struct el_difference_words){EL_DIFFERENCE_FUNCTION, to->name,
							from->function, to->function});
	if (strcmp(from->digest, to->digest))
		error = add(comparison, (struct el_difference_words){EL_DIFFERENCE_CODE, to->name,
								     from->digest, to->digest});
	if (!error && strcmp(from->params, to->params))
		error = add(comparison, (struct el_difference_words){EL_DIFFERENCE_PARAMS, to->name,
								     from->params, to->params});
	if (!error && strcmp(from->cflags, to->cflags))
		error = add_cflags(comparison, from, to);
	return error;
}

static int compare_instances(const struct comparison *comparison)
{
	const struct el_chain_report *from = comparison->from, *to = comparison->to;
	bool moved[EDGE_INSTANCES_MAX] = {false};
	int error = 0;

	if (from && to)
		find_moved(from, to, moved);
	for (size_t i = 0; !error && from && i < from->instances_count; i++)
		if (find(to, from->instances[i].name) < 0)
			error = add_whole(comparison, EL_DIFFERENCE_REMOVED, &from->instances[i]);
	for (size_t i = 0; !error && to && i < to->instances_count; i++) {
		ptrdiff_t was = find(from, to->instances[i].name);

		if (was < 0) {
			error = add_whole(comparison, EL_DIFFERENCE_ADDED, &to->instances[i]);
			continue;
		}
		error = compare_instance(comparison, &from->instances[was], &to->instances[i]);
		if (!error && moved[i])
			error = add_moved(comparison, (size_t)was, i);
	}
	return error;
}

int el_chain_diff(struct el_context *context, const struct el_chain_report *from,
		  const struct el_chain_report *to, struct el_differences **out)
{
	_cleanup_differences_ struct el_differences *changes = calloc(1, sizeof(*changes));
	const struct comparison comparison = {context, from, to, changes};
	int error = changes ? compare_instances(&comparison) : el_fail_memory(context);

	if (!error)
		*out = TAKE_PTR(changes);
	return error;
}
