// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What a value of a program array, a devmap, a cpumap or a map of maps refers to: opened by its
 * pin, or loaded from an object for this one use. The entry keeps it in the kernel.
 */
#include <ctype.h>

#include <bpf/bpf.h>

#include "kernel/bpffs.h"
#include "chain/chain.h"
#include "kernel/descriptor.h"
#include "state/inherit.h"
#include "map/reference.h"
#include "base/rights.h"
#include "base/reason.h"
#include "load/refusal.h"

bool el_map_is_holder(const struct el_map *map)
{
	return map->type == BPF_MAP_TYPE_PROG_ARRAY || map->type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
	       map->type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

bool el_map_takes_references(const struct el_map *map)
{
	return el_map_is_holder(map) || map->type == BPF_MAP_TYPE_DEVMAP ||
	       map->type == BPF_MAP_TYPE_DEVMAP_HASH || map->type == BPF_MAP_TYPE_CPUMAP;
}

void el_references_close(struct el_references *references)
{
	for (size_t i = 0; i < references->count; i++)
		close(references->fds[i]);
	references->count = 0;
}

int el_map_fail_reference(struct el_context *context, const struct el_map *map, const char *value,
			  const char *section)
{
	bool maps =
		map->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || map->type == BPF_MAP_TYPE_HASH_OF_MAPS;

	return el_fail(
		context, EL_USAGE, EINVAL,
		maps ? "all inner maps have one kind, one size and the same flags"
		     : "a program array takes programs of its chain's hook; a devmap the number of "
		       "a device and a program of a section xdp/devmap, a cpumap one of "
		       "xdp/cpumap",
		"%s %s into map %s, a %s%s%s",
		section ? "edge-load does not take" : "the kernel does not take", value, map->path,
		map->info.kind, section ? ": it is a program of section " : "",
		section ? section : "");
}

/* ---------------------------------------------------------------- the chain of the map */

/* The chain and the instance that the map is of. */
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
			"give the map as DEVICE/HOOK/INSTANCE/MAP, or a program that is pinned",
			"map %s is not an instance's, so no program can be loaded for it",
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
		el_fail(context, EL_NOT_FOUND, ENOENT, "'edge-load inspect' shows what it has",
			"%s: has no program \"%s\"", info->path, name);
	else
		el_fail(context, EL_USAGE, EINVAL, "write prog:OBJECT#PROGRAM",
			"%s: has %zu programs", info->path, info->programs_count);
	return NULL;
}

/* Whether the program is of the kind that @map takes: else it would be loaded as one that it is
 * not, and its verdicts would mean something else. A section that says nothing is left to the
 * kernel. */
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

/* The flags that the instance's source is compiled with, if @path is that source; else NULL. */
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

/* The sizes of the instance's maps. Of programs that have their maps in common, the sizes stand
 * with one instance only. */
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

/* A chain of one instance, of the program at hand, that is only loaded. */
static int make_chain(struct el_context *context, const struct el_map *map, const struct user *user,
		      const char *word, struct el_chain **out)
{
	_cleanup_chain_ struct el_chain *chain = NULL;
	/* As el_object_open() takes it: a file whose own name has a # in it is that file. */
	const char *hash = access(word, F_OK) ? strrchr(word, '#') : NULL;
	_cleanup_free_ char *path = strndup(word, hash ? (size_t)(hash - word) : strlen(word));
	const struct el_program_info *program;
	struct el_instance *instance;
	bool same;
	int error = el_chain_new(context, &chain);

	if (error)
		return error;
	chain->hook = user->chain->hook;
	chain->mode = user->chain->mode;
	chain->device = strdup(user->chain->device);
	chain->instances = calloc(1, sizeof(*chain->instances));
	if (!chain->device || !chain->instances)
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
	if (!is_taken(map, chain->hook, program))
		return fail_kind(context, map, word, program);
	instance->object->program_xdp = instance->object->program_tc = program;
	same = !strncmp(instance->object->info.digest, user->instance->digest,
			strlen(user->instance->digest));
	/* "%" is in no instance's name: maps of another object are not the instance's. */
	instance->name = strdup(same ? user->instance->name : "%");
	instance->function = strdup(word);
	instance->sizes = strdup(same ? sizes_of(user) : "");
	instance->plain = true;
	chain->slot = true;
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

/* A program of the instance's own object works on the instance's maps, or it is not loaded. */
static int check_maps(struct el_context *context, const struct el_chain *chain,
		      const struct el_chain *running, const char *word)
{
	const char *instance = chain->instances[0].name;

	for (size_t i = 0; i < chain->maps_count; i++) {
		const char *name = chain->maps[i].name;

		if (!chain->maps[i].kept && el_inherit_find(running, instance, name))
			return el_fail(context, EL_CONFLICT, EEXIST,
				       "attach the chain anew from this object, and try again",
				       "%s can't have the map %s of instance %s, which has another "
				       "shape",
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

/* Where load->error is set after that, the kernel refuses the program. */
static int load_for(struct el_context *context, const struct el_map *map, const struct user *user,
		    const char *word, bool frags, struct el_load *load, int *fd)
{
	_cleanup_chain_ struct el_chain *chain = NULL;
	const struct el_placement placement = {.count = 1, .end = 1, .last = true};
	struct el_program program = {.fd = -1};
	int error = make_chain(context, map, user, word, &chain);

	if (error)
		return error;
	chain->frags = frags;
	error = el_program_load(context, chain, user->chain, &placement,
				chain->instances[0].object->data, chain->instances[0].object->size,
				0, &program, load);
	if (!error)
		error = check_maps(context, chain, user->chain, word);
	if (error && program.fd >= 0)
		close(program.fd);
	else
		*fd = program.fd;
	return error;
}

static int load_program(struct el_context *context, const struct el_map *map, const char *word,
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
	/* Program arrays that it calls others by want programs that agree with them on that. */
	if (load.error == -EINVAL && !frags) {
		load_reset(&load);
		error = load_for(context, map, &user, word, true, &load, fd);
	}
	if (load.error)
		error = refused(context, word, &load);
	load_reset(&load);
	return error;
}

/* ---------------------------------------------------------------- references */

static int fail_pin(struct el_context *context, const char *path, int error)
{
	return el_fail(context, error == ENOENT ? EL_NOT_FOUND : EL_PRIVILEGE, error, NULL,
		       "can't open the pin %s: %s", path, el_reason(EL_OP_GET, error));
}

/* One that the caller names. */
static int open_pin(struct el_context *context, const char *path, int *fd)
{
	*fd = bpf_obj_get(path);
	return *fd < 0 ? fail_pin(context, path, errno) : 0;
}

static int open_map(struct el_context *context, const char *path, int *fd)
{
	_cleanup_free_ char *pin = NULL;
	int error = *path == '/' ? 0 : el_map_path_find(context, path, &pin);

	if (error)
		return error;
	if (!pin)
		return open_pin(context, path, fd);
	*fd = el_bpffs_get(context->bpffs, pin);
	return *fd < 0 ? fail_pin(context, pin, -*fd) : 0;
}

static int fail_number(struct el_context *context, const char *of, bool program, uint32_t id,
		       int error)
{
	const char *what = program ? "program" : "map";

	if (error == EPERM)
		return el_fail(context, EL_PRIVILEGE, error,
			       "run as root: to open one by its number takes CAP_SYS_ADMIN",
			       "%s: no permission to open %s %u", of, what, id);
	return el_fail(context, EL_USAGE, EINVAL,
		       program ? "write prog:OBJECT#PROGRAM, or prog: and the path of a pin"
			       : "write map: and the path of a map, as 'edge-load map list' shows "
				 "it, or of a pin",
		       "%s: %u is not a %s: %s", of, id, what,
		       error == ENOENT ? "none has that number now" : el_reason(EL_OP_GET, error));
}

static int open_number(struct el_context *context, const char *of, bool program, uint32_t id,
		       int *fd)
{
	*fd = program ? el_rights_program(id) : el_rights_map(id);
	return *fd < 0 ? fail_number(context, of, program, id, errno) : 0;
}

int el_map_holder_number(struct el_context *context, const struct el_map *map, const char *text,
			 struct el_references *references)
{
	char *end;
	unsigned long id = strtoul(text, &end, 10);
	int error;

	if (!isdigit((unsigned char)*text) || *end || id > UINT32_MAX)
		return 0;
	error = open_number(context, map->what_value, map->type == BPF_MAP_TYPE_PROG_ARRAY,
			    (uint32_t)id, &references->fds[0]);
	references->count = !error;
	return error;
}

/* struct bpf_devmap_val, struct bpf_cpumap_val: a number, and the program behind it (linux/bpf.h).
 */
int el_map_entry_program(struct el_context *context, const struct el_map *map, const char *what,
			 uint8_t *value, int *fd)
{
	const size_t at = sizeof(uint32_t);
	uint32_t id = 0;
	int error;

	*fd = -1;
	if (!el_map_takes_references(map) || el_map_is_holder(map) ||
	    map->info.value_size < at + sizeof(id))
		return 0;
	memcpy(&id, value + at, sizeof(id));
	error = id ? open_number(context, what, true, id, fd) : 0;
	if (*fd >= 0)
		memcpy(value + at, fd, sizeof(*fd));
	return error;
}

/* An object's name ends in .o or .c, or its program stands behind a #; a pin's does neither. */
static bool is_pin(const char *path)
{
	return *path == '/' && !strchr(path, '#') && access(path, F_OK) == 0 &&
	       !el_object_is_file(path);
}

static int resolve_one(struct el_context *context, const struct el_map *map, const char *word,
		       struct el_references *references)
{
	int fd = -1, error;

	if (references->count == EL_REFERENCES_MAX)
		return el_fail(context, EL_USAGE, E2BIG, NULL,
			       "a value refers to %d programs at most", EL_REFERENCES_MAX);
	if (!strncmp(word, "map:", 4))
		error = open_map(context, word + 4, &fd);
	else if (is_pin(word + 5))
		error = open_pin(context, word + 5, &fd);
	else
		error = load_program(context, map, word + 5, references->frags, &fd);
	if (error)
		return error;
	references->loaded |= !strncmp(word, "prog:", 5) && !is_pin(word + 5);
	references->fds[references->count++] = fd;
	return 0;
}

/* How long the reference at @text is, or 0 where none begins. */
static size_t reference_length(const char *text)
{
	if (strncmp(text, "prog:", 5) && strncmp(text, "map:", 4))
		return 0;
	return strcspn(text, ",}]");
}

int el_map_resolve(struct el_context *context, const struct el_map *map, const char *text,
		   struct el_references *references, char **out)
{
	_cleanup_free_ char *resolved = NULL;
	size_t size;
	FILE *stream = open_memstream(&resolved, &size);
	int error = stream ? 0 : el_fail_memory(context);
	bool begins = true;

	while (!error && *text) {
		size_t length = begins ? reference_length(text) : 0;
		_cleanup_free_ char *word = strndup(text, length);

		begins = strchr("={[, ", *text);
		if (!length)
			fputc(*text++, stream);
		text += length;
		if (!word)
			error = el_fail_memory(context);
		else if (length)
			error = resolve_one(context, map, word, references);
		if (!error && length)
			fprintf(stream, "%d", references->fds[references->count - 1]);
	}
	if (stream && el_stream_end(stream, &resolved) && !error)
		error = el_fail_memory(context);
	if (!error)
		*out = TAKE_PTR(resolved);
	return error;
}
