// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A program for an entry of a running chain's map: prog:OBJECT#PROGRAM. It is loaded for this entry
 * alone, with the maps and parameters of the map's instance. The entry keeps it in the kernel.
 */
#include <limits.h>

#include "base/rights.h"
#include "chain/chain.h"
#include "load/refusal.h"
#include "map/reference.h"
#include "state/inherit.h"

/* A program that is wanted, with the running chain and the instance that have the map. */
struct wanted {
	struct el_context *context;
	struct el_program_reference is;
	struct el_generation *chain;
	const struct el_instance *instance;
};

static void wanted_end(struct wanted *wanted)
{
	el_generation_free(wanted->chain);
}

/* Find the chain and the instance. */
static int find_user(struct wanted *wanted)
{
	struct el_context *context = wanted->context;
	_cleanup_free_ char *path = strdup(wanted->is.map->path);
	char *at = path, *device, *hook_word, *instance;
	enum edge_hook hook;
	int error;

	if (!path)
		return el_fail_memory(context);
	device = strsep(&at, "/");
	hook_word = strsep(&at, "/");
	instance = strsep(&at, "/");
	if (!at || el_hook_parse(hook_word, &hook))
		return el_fail(
			context, EL_USAGE, EINVAL,
			"name the map as DEVICE/HOOK/INSTANCE/MAP, or give a pinned program",
			"map %s does not belong to an instance, so no program can be loaded for it",
			wanted->is.map->path);
	error = el_chain_find(context, &EL_SITE(device, hook), &wanted->chain);
	for (size_t i = 0; !error && i < wanted->chain->instances_count; i++)
		if (!strcmp(wanted->chain->instances[i].name, instance))
			wanted->instance = &wanted->chain->instances[i];
	if (!error && !wanted->instance)
		return el_fail(context, EL_NOT_FOUND, ENOENT, NULL,
			       "the chain on %s %s has no instance %s", device, hook_word,
			       instance);
	return error;
}

/* ---------------------------------------------------------------- a program of an object */

static const struct el_program_info *choose(struct el_context *context,
					    const struct el_object_info *info, const char *name)
{
	for (size_t i = 0; i < info->programs_count; i++)
		if (name ? !strcmp(info->programs[i].name, name) : info->programs_count == 1)
			return &info->programs[i];
	if (name)
		el_fail(context, EL_NOT_FOUND, ENOENT, "'edge-load inspect' lists its programs",
			"%s: has no program \"%s\"", info->path, name);
	else
		el_fail(context, EL_USAGE, EINVAL, "write prog:OBJECT#PROGRAM",
			"%s: has %zu programs", info->path, info->programs_count);
	return NULL;
}

/* Whether @map accepts programs of this kind. Otherwise the program would be loaded as a program of
 * another kind, and its verdicts would have another meaning. If the section does not tell the kind,
 * the kernel decides. */
static bool is_taken(const struct el_map *map, enum edge_hook hook,
		     const struct el_program_info *program)
{
	if (!program->xdp && !program->tc && !program->devmap && !program->cpumap)
		return true;
	if (map->type == BPF_MAP_TYPE_CPUMAP)
		return program->cpumap;
	if (map->type == BPF_MAP_TYPE_DEVMAP || map->type == BPF_MAP_TYPE_DEVMAP_HASH)
		return program->devmap;
	return hook == EDGE_HOOK_XDP ? program->xdp : program->tc;
}

/* The compiler flags of the instance, if @path is the source of the instance; else NULL. */
static const char *cflags_of(const struct wanted *wanted, const char *path)
{
	const char *function = wanted->instance->function;
	char absolute[PATH_MAX];
	size_t length;

	if (!realpath(path, absolute))
		return NULL;
	length = strlen(absolute);
	return !strncmp(function, absolute, length) &&
			       (!function[length] || function[length] == '#')
		       ? wanted->instance->cflags
		       : NULL;
}

/* The sizes of the instance's maps. If several instances share their maps, a single instance
 * has the sizes. */
static const char *sizes_of(const struct wanted *wanted)
{
	const struct el_generation *chain = wanted->chain;

	if (wanted->instance->sizes && *wanted->instance->sizes)
		return wanted->instance->sizes;
	for (size_t i = 0; i < chain->maps_count; i++) {
		const char *sizes = chain->instances[chain->maps[i].instance].sizes;
		const struct el_chain_map *own =
			el_inherit_find(chain, wanted->instance->name, chain->maps[i].name);

		if (own && own->id == chain->maps[i].id && sizes && *sizes)
			return sizes;
	}
	return "";
}

static int fail_kind(const struct wanted *wanted, const struct el_program_info *program)
{
	_cleanup_free_ char *value = el_format("prog:%s", wanted->is.word);

	return value ? el_map_fail_reference(wanted->is.map, value, program->section)
		     : el_fail_memory(wanted->context);
}

/* Open the object of the program as the object of @instance, and choose the program. */
static int open_object(const struct wanted *wanted, struct el_instance *instance)
{
	struct el_context *context = wanted->context;
	const char *word = wanted->is.word;
	/* As in el_object_open(): if a file has the whole word as its name, # and all, use it. */
	const char *hash = access(word, F_OK) ? strrchr(word, '#') : NULL;
	_cleanup_free_ char *path = strndup(word, hash ? (size_t)(hash - word) : strlen(word));
	const struct el_program_info *program;
	int error = path ? el_object_inspect_flags(context, path, cflags_of(wanted, path),
						   &instance->object)
			 : el_fail_memory(context);

	if (error)
		return error;
	program = choose(context, &instance->object->info, hash ? hash + 1 : NULL);
	if (!program)
		return -EINVAL;
	if (!is_taken(wanted->is.map, wanted->chain->at.site.hook, program))
		return fail_kind(wanted, program);
	instance->object->program_xdp = instance->object->program_tc = program;
	return 0;
}

/* Make a chain with one instance, the program, to be loaded but not attached. */
static int make_chain(const struct wanted *wanted, struct el_generation **out)
{
	struct el_context *context = wanted->context;
	_cleanup_generation_ struct el_generation *chain = NULL;
	struct el_instance *instance;
	bool same;
	int error = el_generation_new_at(context, &wanted->chain->at.site, &chain);

	if (error)
		return error;
	chain->at.site.mode = wanted->chain->at.site.mode;
	chain->at.frags = wanted->is.frags;
	chain->instances = calloc(1, sizeof(*chain->instances));
	if (!chain->instances)
		return el_fail_memory(context);
	chain->instances_count = 1;
	instance = &chain->instances[0];
	error = open_object(wanted, instance);
	if (error)
		return error;
	same = !strncmp(instance->object->info.digest, wanted->instance->digest,
			strlen(wanted->instance->digest));
	/* No instance can be named "%": another object must not get the instance's maps. */
	instance->name = strdup(same ? wanted->instance->name : "%");
	instance->function = strdup(wanted->is.word);
	instance->sizes = strdup(same ? sizes_of(wanted) : "");
	instance->plain = true;
	error = instance->name && instance->function && instance->sizes
			? el_instance_params(context, instance,
					     same ? wanted->instance->params_text : "")
			: el_fail_memory(context);
	if (!error)
		*out = TAKE_PTR(chain);
	return error;
}

static int refused(struct el_context *context, const char *word, struct el_load *load)
{
	_cleanup_free_ char *words = el_refusal_words(load);

	el_fail(context, EL_VERIFIER, EACCES, "the verifier's log follows",
		"the verifier refuses %s: %s", word, words ? words : "");
	el_error_detail(context,
			load->log && *load->log ? TAKE_PTR(load->log) : TAKE_PTR(load->words));
	return -EACCES;
}

/* A program from the object of the instance must use the maps of the instance. */
static int check_maps(const struct wanted *wanted, const struct el_generation *chain)
{
	const char *instance = chain->instances[0].name;

	for (size_t i = 0; i < chain->maps_count; i++) {
		const char *name = chain->maps[i].name;

		if (!chain->maps[i].kept && el_inherit_find(wanted->chain, instance, name))
			return el_fail(wanted->context, EL_CONFLICT, EEXIST,
				       "attach the chain again with this object, then try again",
				       "%s can't use the map %s of instance %s: the two "
				       "definitions differ",
				       wanted->is.word, name, instance);
	}
	return 0;
}

/* If load->error is set afterwards, the kernel refused the program. */
static int load_for(const struct wanted *wanted, struct el_load *load, int *fd)
{
	_cleanup_generation_ struct el_generation *chain = NULL;
	struct el_program program = {.fd = -1};
	struct el_times times = {0};
	struct el_making making = {.context = wanted->context,
				   .previous = wanted->chain,
				   .asked.slot = true,
				   .times = &times};
	struct el_placement placement;
	int error = make_chain(wanted, &chain);

	if (error)
		return error;
	making.chain = chain;
	placement = el_placement_alone(chain, 0);
	*load = el_load_of(chain, 0);
	error = el_program_load(&making, &placement, load, &program);
	if (!error)
		error = check_maps(wanted, chain);
	if (error && program.fd >= 0)
		close(program.fd);
	else
		*fd = program.fd;
	return error;
}

int el_chain_load_program(struct el_context *context, const struct el_program_reference *program,
			  int *fd)
{
	_cleanup_(wanted_end) struct wanted wanted = {.context = context, .is = *program};
	_cleanup_load_ struct el_load load = {0};
	int error = el_rights_need(context, EL_NEED_LOAD);

	if (!error)
		error = find_user(&wanted);
	if (!error)
		error = load_for(&wanted, &load, fd);
	/* All programs of a program array must agree on frames in fragments, so try with them. */
	if (load.error == -EINVAL && !wanted.is.frags) {
		el_load_free(&load);
		load.error = 0;
		wanted.is.frags = true;
		error = load_for(&wanted, &load, fd);
	}
	return load.error ? refused(context, program->word, &load) : error;
}
