// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A running chain with something else in one instance: the same functions, fused anew with other
 * parameters or another map, and swapped in.
 */
#include "chain.h"

size_t el_params_split(char *text, struct el_assignment *params, size_t room)
{
	size_t count = 0;

	while (*text && count < room) {
		char *value = strchr(text, '='), *end;
		int depth = 0;

		if (!value)
			break;
		*value++ = '\0';
		for (end = value; *end && (depth || *end != ','); end++)
			depth += (*end == '{' || *end == '[') - (*end == '}' || *end == ']');
		params[count++] = (struct el_assignment){text, value};
		if (!*end)
			break;
		*end = '\0';
		text = end + 1;
	}
	return count;
}

/* What the instance runs with, and over it what is asked for. */
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

static int unknown_instance(struct el_context *context, const struct el_chain *chain,
			    const char *instance)
{
	_cleanup_free_ const char **names = calloc(chain->instances_count, sizeof(*names));
	_cleanup_free_ char *hint = NULL;
	const char *nearest;

	if (!names)
		return el_fail_memory(context);
	for (size_t i = 0; i < chain->instances_count; i++)
		names[i] = chain->instances[i].name;
	nearest = el_nearest(instance, names, chain->instances_count);
	hint = nearest ? el_format("did you mean %s?", nearest)
		       : el_format("'edge-load status %s' lists them", chain->device);
	return el_fail(context, EL_NOT_FOUND, ENOENT, hint, "the chain on %s %s has no instance %s",
		       chain->device, el_hook_name(chain->hook), instance);
}

/* A chain is fused anew from what it was fused from: another file under the same name would change
 * it unasked. */
static int check_digests(struct el_context *context, const struct el_chain *previous)
{
	for (size_t i = 0; i < previous->instances_count; i++) {
		const struct el_instance *instance = &previous->instances[i];
		struct el_object *object = NULL;
		int error = el_object_open_flags(context, instance->function, instance->cflags,
						 &object);
		bool same = !error && !strncmp(object->info.digest, instance->digest,
					       strlen(instance->digest));

		el_object_free(object);
		if (error)
			return error;
		if (!same)
			return el_fail(context, EL_CONFLICT, ESTALE,
				       "attach the chain anew to take it over",
				       "%s has changed since it was attached as instance %s",
				       instance->function, instance->name);
	}
	return 0;
}

static int does_not_run(struct el_context *context, const struct el_chain *previous)
{
	return el_fail(context, EL_CONFLICT, EBUSY, "attach it anew, or detach what is left",
		       "the chain on %s %s does not run: it was %s outside edge-load",
		       previous->device, el_hook_name(previous->hook),
		       el_state_name(previous->state));
}

enum { PARAMS_MAX = 64 };

static int fuse_anew(struct el_context *context, struct el_chain *previous,
		     const struct el_instance_spec *with, struct el_chain **out)
{
	size_t count = previous->instances_count;
	_cleanup_free_ struct el_instance_spec *specs = calloc(count, sizeof(*specs));
	_cleanup_free_ struct el_assignment *all =
		calloc(count * 2 * PARAMS_MAX, sizeof(struct el_assignment));
	struct el_chain_spec spec = {.device = previous->device,
				     .hook = previous->hook,
				     .instances = specs,
				     .instances_count = count};
	bool found = false;

	if (!specs || !all)
		return el_fail_memory(context);
	for (size_t i = 0; i < count; i++) {
		struct el_assignment *own = all + i * 2 * PARAMS_MAX;
		size_t own_count =
			el_params_split(previous->instances[i].params_text, own, PARAMS_MAX);

		specs[i] = (struct el_instance_spec){.name = previous->instances[i].name,
						     .function = previous->instances[i].function,
						     .cflags = previous->instances[i].cflags,
						     .params = own};
		if (!strcmp(previous->instances[i].name, with->name)) {
			found = true;
			own_count = merge_params(own, own_count, with->params, with->params_count);
			specs[i].maps = with->maps;
			specs[i].maps_count = with->maps_count;
		}
		specs[i].params_count = own_count;
	}
	if (!found)
		return unknown_instance(context, previous, with->name);
	return el_chain_change(context, &spec, previous, out);
}

int el_chain_anew(struct el_context *context, const char *device, enum edge_hook hook,
		  const struct el_instance_spec *with, struct el_chain **out)
{
	_cleanup_chain_ struct el_chain *previous = NULL;
	_cleanup_fd_ int lock = -1;
	int error = el_chain_open_locked(context, device, hook, &previous, &lock);

	if (error)
		return error;
	error = previous->state == EL_STATE_RUNS ? check_digests(context, previous)
						 : does_not_run(context, previous);
	if (!error)
		error = fuse_anew(context, previous, with, out);
	if (error)
		el_pin_unstage(context, device, hook);
	return error;
}

int el_chain_set_params(struct el_context *context, const char *device, enum edge_hook hook,
			const char *instance, const struct el_assignment *params,
			size_t params_count, struct el_chain **out)
{
	const struct el_instance_spec with = {
		.name = instance, .params = params, .params_count = params_count};

	if (params_count > PARAMS_MAX)
		return el_fail(context, EL_USAGE, E2BIG, NULL, "more than %d parameters",
			       PARAMS_MAX);
	return el_chain_anew(context, device, hook, &with, out);
}
