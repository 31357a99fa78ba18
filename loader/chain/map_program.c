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

/* The chain and the instance of the map. */
struct user {
	struct el_chain *chain;
	const struct el_instance *instance;
};

static int find_user(struct el_context *context, const struct el_map *map, struct user *user)
{
	_cleanup_free_ char *path = strdup(map->path);
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
			map->path);
	error = el_chain_open(context, device, hook, &user->chain);
	for (size_t i = 0; !error && i < user->chain->instances_count; i++)
		if (!strcmp(user->chain->instances[i].name, instance))
			user->instance = &user->chain->instances[i];
	if (!error && !user->instance)
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
static const char *cflags_of(const struct user *user, const char *path)
{
	const char *function = user->instance->function;
	char absolute[PATH_MAX];
	size_t length;

	if (!realpath(path, absolute))
		return NULL;
	length = strlen(absolute);
	return !strncmp(function, absolute, length) &&
			       (!function[length] || function[length] == '#')
		       ? user->instance->cflags
		       : NULL;
}

/* The sizes of the instance's maps. If several instances share their maps, a single instance
 * has the sizes. */
static const char *sizes_of(const struct user *user)
{
	const struct el_chain *chain = user->chain;

	if (user->instance->sizes && *user->instance->sizes)
		return user->instance->sizes;
	for (size_t i = 0; i < chain->maps_count; i++) {
		const char *sizes = chain->instances[chain->maps[i].instance].sizes;
		const struct el_chain_map *own =
			el_inherit_find(chain, user->instance->name, chain->maps[i].name);

		if (own && own->id == chain->maps[i].id && sizes && *sizes)
			return sizes;
	}
	return "";
}

static int fail_kind(struct el_context *context, const struct el_map *map, const char *word,
		     const struct el_program_info *program)
{
	_cleanup_free_ char *value = el_format("prog:%s", word);

	return value ? el_map_fail_reference(context, map, value, program->section)
		     : el_fail_memory(context);
}

/* Make a chain with one instance, the program, to be loaded but not attached. */
static int make_chain(struct el_context *context, const struct el_map *map, const struct user *user,
		      const char *word, struct el_chain **out)
{
	_cleanup_chain_ struct el_chain *chain = NULL;
	/* As in el_object_open(): if a file has the whole word as its name, # and all, use it. */
	const char *hash = access(word, F_OK) ? strrchr(word, '#') : NULL;
	_cleanup_free_ char *path = strndup(word, hash ? (size_t)(hash - word) : strlen(word));
	const struct el_program_info *program;
	struct el_instance *instance;
	bool same;
	int error = el_chain_new(context, &chain);

	if (error)
		return error;
	chain->at.site.hook = user->chain->at.site.hook;
	chain->at.site.mode = user->chain->at.site.mode;
	error = el_chain_set_device(context, chain, user->chain->at.site.device);
	if (error)
		return error;
	chain->instances = calloc(1, sizeof(*chain->instances));
	if (!chain->instances)
		return el_fail_memory(context);
	chain->instances_count = 1;
	instance = &chain->instances[0];
	error = path ? el_object_inspect_flags(context, path, cflags_of(user, path),
					       &instance->object)
		     : el_fail_memory(context);
	if (error)
		return error;
	program = choose(context, &instance->object->info, hash ? hash + 1 : NULL);
	if (!program)
		return -EINVAL;
	if (!is_taken(map, chain->at.site.hook, program))
		return fail_kind(context, map, word, program);
	instance->object->program_xdp = instance->object->program_tc = program;
	same = !strncmp(instance->object->info.digest, user->instance->digest,
			strlen(user->instance->digest));
	/* No instance can be named "%": another object must not get the instance's maps. */
	instance->name = strdup(same ? user->instance->name : "%");
	instance->function = strdup(word);
	instance->sizes = strdup(same ? sizes_of(user) : "");
	instance->plain = true;
	chain->asked.slot = true;
	error = instance->name && instance->function && instance->sizes
			? el_instance_params(context, instance,
					     same ? user->instance->params_text : "")
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
static int check_maps(struct el_context *context, const struct el_chain *chain,
		      const struct el_chain *running, const char *word)
{
	const char *instance = chain->instances[0].name;

	for (size_t i = 0; i < chain->maps_count; i++) {
		const char *name = chain->maps[i].name;

		if (!chain->maps[i].kept && el_inherit_find(running, instance, name))
			return el_fail(context, EL_CONFLICT, EEXIST,
				       "attach the chain again with this object, then try again",
				       "%s can't use the map %s of instance %s: the two "
				       "definitions differ",
				       word, name, instance);
	}
	return 0;
}

static void load_reset(struct el_load *load)
{
	free(load->log);
	free(load->words);
	*load = (struct el_load){0};
}

/* If load->error is set afterwards, the kernel refused the program. */
static int load_for(struct el_context *context, const struct el_map *map, const struct user *user,
		    const char *word, bool frags, struct el_load *load, int *fd)
{
	_cleanup_chain_ struct el_chain *chain = NULL;
	struct el_placement placement;
	struct el_program program = {.fd = -1};
	int error = make_chain(context, map, user, word, &chain);

	if (error)
		return error;
	chain->at.frags = frags;
	placement = el_placement_alone(chain, 0);
	load->elf = chain->instances[0].object->data;
	load->size = chain->instances[0].object->size;
	load->instance = 0;
	error = el_program_load(&(struct el_making){context, chain, user->chain}, &placement, load,
				&program);
	if (!error)
		error = check_maps(context, chain, user->chain, word);
	if (error && program.fd >= 0)
		close(program.fd);
	else
		*fd = program.fd;
	return error;
}

int el_chain_load_program(struct el_context *context, const struct el_map *map, const char *word,
			  bool frags, int *fd)
{
	_cleanup_chain_ struct el_chain *running = NULL;
	struct user user = {0};
	struct el_load load = {0};
	int error = el_rights_need(context, EL_NEED_LOAD);

	if (!error)
		error = find_user(context, map, &user);
	running = user.chain;
	if (!error)
		error = load_for(context, map, &user, word, frags, &load, fd);
	/* All programs of a program array must agree on frames in fragments, so try with them. */
	if (load.error == -EINVAL && !frags) {
		load_reset(&load);
		error = load_for(context, map, &user, word, true, &load, fd);
	}
	if (load.error)
		error = refused(context, word, &load);
	load_reset(&load);
	return error;
}
