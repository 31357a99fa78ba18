// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Instances: turns the words of a spec into opened objects with parameters as bytes. No function
 * here loads an object into the kernel.
 */
#include <ctype.h>

#include <bpf/btf.h>

#include "pin/pin.h"
#include "object/instance.h"
#include "value/value.h"

bool el_instance_name_valid(const char *name)
{
	size_t length = strlen(name);

	if (!length || length >= EDGE_NAME_MAX)
		return false;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
			return false;
	return !el_pin_is_own(name);
}

const struct el_program_info *el_instance_program(const struct el_instance *instance,
						  enum edge_hook hook)
{
	return hook == EDGE_HOOK_XDP ? instance->object->program_xdp : instance->object->program_tc;
}

static char *default_name(const struct el_object_info *info, const struct el_program_info *program)
{
	char *name = strdup(info->function ? info->function : program->name);

	if (name && strlen(name) >= EDGE_NAME_MAX)
		name[EDGE_NAME_MAX - 1] = '\0';
	return name;
}

static char *reasons_text(const struct el_object_info *info)
{
	char *text = NULL;
	size_t size, written = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 1; i < info->reasons_count; i++) {
		if (!info->reasons[i])
			continue;
		fprintf(out, "%s%zu:", written++ ? "," : "", i);
		for (const char *c = info->reasons[i]; *c; c++)
			fprintf(out, strchr("%,: ", *c) ? "%%%02x" : "%c", (unsigned char)*c);
	}
	if (!written)
		fputc('-', out);
	el_stream_end(out, &text);
	return text;
}

/* ---------------------------------------------------------------- parameters */

/* The number that the bytes of parameter @number have. */
static int64_t number_of(const struct el_object *object, size_t number, const uint8_t *bytes)
{
	const struct el_param_info *param = &object->info.params[number];
	size_t size = object->params[number].size;
	bool swapped = strstr(param->type, "__be") || !strcmp(param->type, "edge_port");
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)bytes[i] << 8 * (swapped ? size - 1 - i : i);
	if (object->params[number].is_signed && size && size < 8 && value >> (8 * size - 1))
		value |= ~0ull << 8 * size;
	return (int64_t)value;
}

/* @text: the value that the user gave. */
static int param_check_range(struct el_context *context, const struct el_instance *instance,
			     size_t number, const char *text)
{
	const struct el_object *object = instance->object;
	const struct el_param_info *param = &object->info.params[number];
	_cleanup_free_ char *hint = NULL;
	int64_t value;

	if (!param->ranged || object->params[number].size > 8)
		return 0;
	value = number_of(object, number, instance->params[number]);
	if (value >= param->min && value <= param->max)
		return 0;
	hint = el_format("%s takes %lld to %lld", param->name, (long long)param->min,
			 (long long)param->max);
	return el_fail(context, EL_USAGE, EINVAL, hint,
		       "parameter %s of instance %s: %s is out of range", param->name,
		       instance->name, text);
}

static int param_unknown(struct el_context *context, const struct el_instance *instance,
			 const char *name)
{
	const struct el_object_info *info = &instance->object->info;
	_cleanup_free_ const char **names = calloc(info->params_count + 1, sizeof(*names));
	_cleanup_free_ char *hint = NULL;
	const char *nearest;

	if (!names)
		return el_fail_memory(context);
	for (size_t i = 0; i < info->params_count; i++)
		names[i] = info->params[i].name;
	nearest = el_nearest(name, names, info->params_count);
	hint = nearest ? el_format("did you mean %s?", nearest)
		       : el_format("see 'edge-load inspect %s'", instance->function);
	return el_fail(context, EL_USAGE, EINVAL, hint, "%s has no parameter %s",
		       instance->function, name);
}

static int param_set(struct el_context *context, struct el_instance *instance,
		     const struct el_assignment *assignment)
{
	const struct el_object *object = instance->object;
	_cleanup_free_ char *name = NULL;
	size_t i = 0;
	int error;

	while (i < object->info.params_count &&
	       strcmp(object->info.params[i].name, assignment->name))
		i++;
	if (i == object->info.params_count)
		return param_unknown(context, instance, assignment->name);
	if (instance->params[i])
		return el_fail(context, EL_USAGE, EINVAL, "give the parameter once",
			       "parameter %s of instance %s is given twice", assignment->name,
			       instance->name);
	name = el_format("parameter %s of instance %s", assignment->name, instance->name);
	instance->params[i] = calloc(1, object->params[i].size);
	if (!name || !instance->params[i])
		return el_fail_memory(context);
	error = el_value_type_parse(context, object->params[i].type,
				    &(struct el_value_text){name, assignment->value},
				    instance->params[i]);
	return error ? error : param_check_range(context, instance, i, assignment->value);
}

/* Make the text of the parameters that were set: in canonical form, in the function's order. */
static int params_text(struct el_context *context, struct el_instance *instance)
{
	const struct el_object *object = instance->object;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int error = out ? 0 : el_fail_memory(context);

	for (size_t i = 0; !error && i < object->info.params_count; i++) {
		_cleanup_free_ char *value = NULL;

		if (!instance->params[i])
			continue;
		value = el_value_type_text(object->params[i].type, instance->params[i]);
		if (!value)
			error = el_fail_memory(context);
		else
			fprintf(out, "%s%s=%s", ftell(out) ? "," : "", object->info.params[i].name,
				value);
	}
	if (out && el_stream_end(out, &text) && !error)
		error = el_fail_memory(context);
	if (error)
		free(text);
	else
		instance->params_text = text;
	return error;
}

static int params_make(struct el_context *context, struct el_instance *instance,
		       const struct el_instance_spec *spec)
{
	int error = 0;

	instance->params =
		calloc(instance->object->info.params_count + 1, sizeof(*instance->params));
	if (!instance->params)
		return el_fail_memory(context);
	for (size_t i = 0; !error && i < spec->params_count; i++)
		error = param_set(context, instance, &spec->params[i]);
	return error ? error : params_text(context, instance);
}

int el_instance_params(struct el_context *context, struct el_instance *instance, const char *text)
{
	_cleanup_free_ struct el_assignment *params = NULL;
	_cleanup_free_ char *copy = strdup(text);
	struct el_instance_spec spec = {0};
	int error = copy ? el_params_split(copy, &params, &spec.params_count) : -ENOMEM;

	if (error == -EINVAL)
		return el_fail(context, EL_FAILED, EPROTO, "attach the chain again",
			       "the parameters of instance %s can't be read", instance->name);
	if (error)
		return el_fail_memory(context);
	spec.params = params;
	return params_make(context, instance, &spec);
}

/* ---------------------------------------------------------------- instances */

static int instance_open(struct el_context *context, const struct el_chain_spec *chain,
			 struct el_instance *instances, size_t number)
{
	const struct el_instance_spec *spec = &chain->instances[number];
	struct el_instance *instance = &instances[number];
	int error = 0;

	for (size_t i = 0; i < number && !instance->object; i++) {
		const struct el_instance_spec *other = &chain->instances[i];

		if (strcmp(other->function, spec->function) ||
		    strcmp(other->cflags ? other->cflags : "", spec->cflags ? spec->cflags : ""))
			continue;
		instance->object = el_object_share(instances[i].object);
	}
	if (!instance->object)
		error = el_object_open_once(context, spec->function, spec->cflags,
					    &instance->object);
	if (error)
		return error;
	instance->function = strdup(instance->object->name);
	instance->cflags = strdup(spec->cflags ? spec->cflags : "");
	return instance->function && instance->cflags ? 0 : el_fail_memory(context);
}

static int map_unknown(struct el_context *context, const struct el_instance *instance,
		       const char *name)
{
	const struct el_object_info *info = &instance->object->info;
	_cleanup_free_ const char **names = calloc(info->maps_count + 1, sizeof(*names));
	_cleanup_free_ char *hint = NULL;
	const char *nearest;

	if (!names)
		return el_fail_memory(context);
	for (size_t i = 0; i < info->maps_count; i++)
		names[i] = info->maps[i].name;
	nearest = el_nearest(name, names, info->maps_count);
	hint = nearest ? el_format("did you mean %s?", nearest)
		       : el_format("see 'edge-load inspect %s'", instance->function);
	return el_fail(context, EL_USAGE, EINVAL, hint, "%s has no map %s", instance->function,
		       name);
}

/* Check the map specs: the maps exist, and maps that get a size have entries. */
static int check_maps(struct el_context *context, const struct el_instance_spec *spec,
		      const struct el_instance *instance)
{
	const struct el_object_info *info = &instance->object->info;

	for (size_t i = 0; i < spec->maps_count; i++) {
		const char *name = spec->maps[i].name;
		size_t at = 0;

		if (!spec->maps[i].optional && !el_object_has_map(instance->object, name))
			return map_unknown(context, instance, name);
		while (at < info->maps_count && strcmp(info->maps[at].name, name))
			at++;
		if (spec->maps[i].max_entries && at == info->maps_count)
			return el_fail(context, EL_USAGE, EINVAL, "remove the size",
				       "map %s of %s holds the program's variables, so its size "
				       "can't be changed",
				       name, instance->function);
	}
	return 0;
}

static int instance_fill(struct el_context *context, const struct el_chain_spec *chain,
			 struct el_instance *instances, size_t number)
{
	const struct el_instance_spec *spec = &chain->instances[number];
	struct el_instance *instance = &instances[number];
	const struct el_object_info *info = &instance->object->info;
	const struct el_program_info *program = el_instance_program(instance, chain->hook);
	int error;

	if (!program)
		return el_fail(context, EL_USAGE, EINVAL,
			       "choose another hook, or PATH#PROGRAM; 'edge-load inspect' lists "
			       "the programs",
			       "%s has no program for the hook %s", instance->function,
			       el_hook_name(chain->hook));
	instance->plain = !info->function;
	instance->fusable = info->bitcode;
	if (!info->bitcode)
		snprintf(instance->unfusable, sizeof(instance->unfusable), "%s has no bitcode",
			 instance->function);
	instance->name = spec->name ? strdup(spec->name) : default_name(info, program);
	instance->reasons = reasons_text(info);
	memcpy(instance->digest, info->digest, 16);
	if (!instance->name || !instance->reasons)
		return el_fail_memory(context);
	if (!el_instance_name_valid(instance->name))
		return el_fail(context, EL_USAGE, EINVAL,
			       "a name has up to 31 letters, digits, - and _; link, prog, "
			       "metadata, counters, carried, tail and types are reserved",
			       "'%s' is not a valid instance name", instance->name);
	for (struct el_instance *other = instances; other < instance; other++)
		if (!strcmp(other->name, instance->name))
			return el_fail(context, EL_USAGE, EINVAL,
				       "give each instance its own name: NAME=FUNCTION",
				       "two instances have the name %s", instance->name);
	error = check_maps(context, spec, instance);
	return error ? error : params_make(context, instance, spec);
}

int el_instances_make(struct el_context *context, const struct el_chain_spec *spec,
		      struct el_instance **out, size_t *count)
{
	int error = 0;

	if (!spec->instances_count || spec->instances_count > EDGE_INSTANCES_MAX)
		return el_fail(context, EL_USAGE, EINVAL, NULL,
			       "a chain has 1 to %d instances, not %zu", EDGE_INSTANCES_MAX,
			       spec->instances_count);
	*out = calloc(spec->instances_count, sizeof(**out));
	if (!*out)
		return el_fail_memory(context);
	for (size_t i = 0; !error && i < spec->instances_count; i++) {
		*count = i + 1;
		error = instance_open(context, spec, *out, i);
		if (!error)
			error = instance_fill(context, spec, *out, i);
		if (!error)
			error = el_instance_join(context, spec, *out, i);
	}
	return error;
}

void el_instances_free(struct el_instance *instances, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct el_instance *instance = &instances[i];

		for (size_t j = 0; instance->params && j < instance->object->info.params_count; j++)
			free(instance->params[j]);
		free(instance->params);
		free(instance->name);
		free(instance->function);
		free(instance->cflags);
		free(instance->params_text);
		free(instance->reasons);
		free(instance->sizes);
		el_object_free(instance->object);
	}
	free(instances);
}
