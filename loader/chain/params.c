// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Change the parameters or a map of one instance of a running chain: fuse the unchanged functions
 * again, and swap.
 */
#include "chain/change.h"

/* Merge the running parameters with the new parameters, which override them. */
static size_t merge_params(struct el_assignment *running, size_t count,
			   const struct el_assignment *params, size_t params_count)
{
	for (size_t i = 0; i < params_count; i++) {
		size_t j = 0;

		while (j < count && strcmp(running[j].name, params[i].name))
			j++;
		running[j] = params[i];
		count += j == count;
	}
	return count;
}

static int unknown_instance(struct el_context *context, const struct el_generation *chain,
			    const char *instance)
{
	_cleanup_free_ const char **names = calloc(chain->instances_count + 1, sizeof(*names));
	_cleanup_free_ char *hint = NULL;
	const char *nearest;

	if (!names)
		return el_fail_memory(context);
	for (size_t i = 0; i < chain->instances_count; i++)
		names[i] = chain->instances[i].name;
	nearest = el_nearest(instance, names, chain->instances_count);
	hint = nearest ? el_format("did you mean %s?", nearest)
		       : el_format("'edge-load status %s' lists the instances",
				   chain->at.site.device);
	return el_fail(context, EL_NOT_FOUND, ENOENT, hint, "the chain on %s %s has no instance %s",
		       chain->at.site.device, el_hook_name(chain->at.site.hook), instance);
}

/* The chain must be fused again from unchanged objects: a file that was replaced since would change
 * the chain without a request. */
static int check_digests(struct el_context *context, const struct el_generation *previous)
{
	for (size_t i = 0; i < previous->instances_count; i++) {
		const struct el_instance *instance = &previous->instances[i];
		_cleanup_object_ struct el_object *object = NULL;
		int error = el_object_open_flags(context, instance->function, instance->cflags,
						 &object);
		bool same = !error && !strncmp(object->info.digest, instance->digest,
					       strlen(instance->digest));

		if (error)
			return error;
		if (!same)
			return el_fail(context, EL_CONFLICT, ESTALE,
				       "attach the chain again to use the new version",
				       "%s has changed since it was attached as instance %s",
				       instance->function, instance->name);
	}
	return 0;
}

static int does_not_run(struct el_context *context, const struct el_generation *previous)
{
	return el_fail(context, EL_CONFLICT, EBUSY,
		       "attach the chain again, or detach it to remove its pins",
		       "the chain on %s %s does not run: it was %s outside edge-load",
		       previous->at.site.device, el_hook_name(previous->at.site.hook),
		       el_state_name(previous->state));
}

/* The specs of all instances, and the parameters that they point to. */
struct anew {
	struct el_instance_spec *specs;
	struct el_assignment **params;
	size_t count;
};

static void anew_free(struct anew *anew)
{
	for (size_t i = 0; anew->params && i < anew->count; i++)
		free(anew->params[i]);
	free(anew->params);
	free(anew->specs);
}

/* Add the spec of a running instance. @with: new parameters and maps, or NULL. */
static int add_spec(struct el_context *context, const struct el_instance *instance,
		    const struct el_instance_spec *with, struct anew *anew)
{
	struct el_instance_spec *spec = &anew->specs[anew->count];
	struct el_assignment **params = &anew->params[anew->count++];
	size_t count = 0, more = with ? with->params_count : 0;
	struct el_assignment *all;
	int error = el_params_split(instance->params_text, params, &count);

	if (error == -EINVAL)
		return el_fail(context, EL_FAILED, EPROTO, "attach the chain again",
			       "the parameters of instance %s can't be read", instance->name);
	all = error ? NULL : reallocarray(*params, count + more + 1, sizeof(*all));
	if (!all)
		return el_fail_memory(context);
	*params = all;
	*spec = (struct el_instance_spec){.name = instance->name,
					  .function = instance->function,
					  .cflags = instance->cflags,
					  .params = all,
					  .params_count = count};
	if (!with)
		return 0;
	spec->params_count = merge_params(all, count, with->params, more);
	spec->maps = with->maps;
	spec->maps_count = with->maps_count;
	return 0;
}

static int fuse_anew(struct el_change *change, const struct el_anew *wanted)
{
	const struct el_instance_spec *with = &wanted->with;
	struct el_context *context = change->context;
	const struct el_generation *previous = change->previous;
	size_t count = previous->instances_count;
	_cleanup_(anew_free) struct anew anew = {
		.specs = calloc(count + 1, sizeof(*anew.specs)),
		.params = calloc(count + 1, sizeof(*anew.params)),
	};
	struct el_chain_spec spec = {.device = previous->at.site.device,
				     .hook = previous->at.site.hook,
				     .instances = anew.specs,
				     .instances_count = count};
	bool found = false;
	int error = anew.specs && anew.params ? 0 : el_fail_memory(context);

	for (size_t i = 0; !error && i < count; i++) {
		bool meant = !strcmp(previous->instances[i].name, with->name);

		found |= meant;
		error = add_spec(context, &previous->instances[i], meant ? with : NULL, &anew);
	}
	if (error)
		return error;
	if (!found)
		return unknown_instance(context, previous, with->name);
	change->asked.growth = wanted->growth.map ? &wanted->growth : NULL;
	error = el_change_make(change, &spec);
	return error ? error : el_change_run(change);
}

int el_chain_anew(struct el_context *context, const struct el_site *site,
		  const struct el_anew *anew, struct el_chain **out)
{
	_cleanup_change_ struct el_change change = EL_CHANGE_OF(context);
	int error = el_change_open_existing(&change, site);

	if (error)
		return error;
	error = change.previous->state == EL_STATE_RUNS ? check_digests(context, change.previous)
							: does_not_run(context, change.previous);
	if (!error)
		error = fuse_anew(&change, anew);
	if (error)
		el_pin_unstage(context, site);
	else
		error = el_change_tell(&change, out);
	return error;
}

int el_chain_set_params(struct el_context *context, const struct el_params_spec *spec,
			struct el_chain **out)
{
	const struct el_site site = EL_SITE(spec->device, spec->hook);
	const struct el_anew anew = {.with = {.name = spec->instance,
					      .params = spec->params,
					      .params_count = spec->params_count}};

	return el_chain_anew(context, &site, &anew, out);
}
