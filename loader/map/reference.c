// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * References in values of program arrays, devmaps, cpumaps and maps of maps. The program or map is
 * opened by its pin, or loaded from an object for this entry alone, which then keeps it in the
 * kernel.
 */
#include <ctype.h>

#include <bpf/bpf.h>

#include "object/object.h"
#include "kernel/bpffs.h"
#include "kernel/descriptor.h"
#include "map/reference.h"
#include "base/rights.h"
#include "base/reason.h"

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

int el_map_fail_reference(const struct el_map *map, const char *value, const char *section)
{
	bool maps =
		map->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || map->type == BPF_MAP_TYPE_HASH_OF_MAPS;

	return el_fail(
		map->context, EL_USAGE, EINVAL,
		maps ? "all inner maps need the kind, size and flags of the outer map's definition"
		     : "a program array accepts programs of its chain's hook; a devmap accepts the "
		       "number of a device and a program of a section xdp/devmap, a cpumap a "
		       "program of xdp/cpumap",
		"%s %s into map %s, a %s%s%s",
		section ? "edge-load does not accept" : "the kernel does not accept", value,
		map->path, map->info.kind, section ? ": it is a program of section " : "",
		section ? section : "");
}

/* ---------------------------------------------------------------- references */

static int fail_pin(struct el_context *context, const char *path, int error)
{
	return el_fail(context, error == ENOENT ? EL_NOT_FOUND : EL_PRIVILEGE, error, NULL,
		       "can't open the pin %s: %s", path, el_reason(EL_OP_GET, error));
}

/* Open a pin that the user names. */
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

/* A program or a map that a value refers to by the number that the kernel shows. */
struct numbered {
	const char *of; /* the name of the value in errors */
	bool program;	/* false: a map */
	uint32_t id;
};

static int fail_number(struct el_context *context, const struct numbered *numbered, int error)
{
	const char *what = numbered->program ? "program" : "map";

	if (error == EPERM)
		return el_fail(context, EL_PRIVILEGE, error,
			       "run as root: to open an object by its number needs CAP_SYS_ADMIN",
			       "%s: no permission to open %s %u", numbered->of, what, numbered->id);
	return el_fail(context, EL_USAGE, EINVAL,
		       numbered->program
			       ? "write prog:OBJECT#PROGRAM, or prog: and the path of a pin"
			       : "write map: and the path of a map, as 'edge-load map list' shows "
				 "it, or of a pin",
		       "%s: %u is not a %s: %s", numbered->of, numbered->id, what,
		       error == ENOENT ? "no object has this number" : el_reason(EL_OP_GET, error));
}

static int open_number(struct el_context *context, const struct numbered *numbered, int *fd)
{
	*fd = numbered->program ? el_rights_program(numbered->id) : el_rights_map(numbered->id);
	return *fd < 0 ? fail_number(context, numbered, errno) : 0;
}

int el_map_holder_number(const struct el_map *map, const char *text,
			 struct el_references *references)
{
	char *end;
	unsigned long id = strtoul(text, &end, 10);
	struct numbered numbered;
	int error;

	if (!isdigit((unsigned char)*text) || *end || id > UINT32_MAX)
		return 0;
	numbered = (struct numbered){map->what_value, map->type == BPF_MAP_TYPE_PROG_ARRAY,
				     (uint32_t)id};
	error = open_number(map->context, &numbered, &references->fds[0]);
	references->count = !error;
	return error;
}

/* struct bpf_devmap_val, struct bpf_cpumap_val: a number, then the program (linux/bpf.h). */
int el_map_entry_program(const struct el_map *map, const char *what, uint8_t *value, int *fd)
{
	const size_t at = sizeof(uint32_t);
	uint32_t id = 0;
	int error;

	*fd = -1;
	if (!el_map_takes_references(map) || el_map_is_holder(map) ||
	    map->info.value_size < at + sizeof(id))
		return 0;
	memcpy(&id, value + at, sizeof(id));
	error = id ? open_number(map->context, &(struct numbered){what, true, id}, fd) : 0;
	if (*fd >= 0)
		memcpy(value + at, fd, sizeof(*fd));
	return error;
}

/* The name of an object ends in .o or .c, or has a # before its program; the name of a pin has
 * neither. */
static bool is_pin(const char *path)
{
	return *path == '/' && !strchr(path, '#') && access(path, F_OK) == 0 &&
	       !el_object_is_file(path);
}

static int resolve_one(const struct el_map *map, const char *word, struct el_references *references)
{
	int fd = -1, error;

	if (references->count == EL_REFERENCES_MAX)
		return el_fail(map->context, EL_USAGE, E2BIG, NULL,
			       "a value refers to at most %d programs", EL_REFERENCES_MAX);
	if (!strncmp(word, "map:", 4))
		error = open_map(map->context, word + 4, &fd);
	else if (is_pin(word + 5))
		error = open_pin(map->context, word + 5, &fd);
	else
		error = map->context->load_program(
			map->context,
			&(struct el_program_reference){map, word + 5, references->frags}, &fd);
	if (error)
		return error;
	references->loaded |= !strncmp(word, "prog:", 5) && !is_pin(word + 5);
	references->fds[references->count++] = fd;
	return 0;
}

/* The length of the reference at @text, or 0 if @text does not begin with a reference. @before: the
 * character before it, which may be a quote. */
static size_t reference_length(const char *text, char before)
{
	const char ends[] = {before, '\0'};

	if (strncmp(text, "prog:", 5) && strncmp(text, "map:", 4))
		return 0;
	return strcspn(text, before == '"' || before == '\'' ? ends : ",}]");
}

int el_map_resolve(const struct el_map *map, const char *text, struct el_references *references,
		   char **out)
{
	_cleanup_free_ char *resolved = NULL;
	size_t size;
	FILE *stream = open_memstream(&resolved, &size);
	int error = stream ? 0 : el_fail_memory(map->context);
	char before = ' ';

	while (!error && *text) {
		bool begins = strchr("={[,:\"' \t\n", before);
		size_t length = begins ? reference_length(text, before) : 0;
		_cleanup_free_ char *word = strndup(text, length);

		before = *text;
		if (!length)
			fputc(*text++, stream);
		text += length;
		if (!word)
			error = el_fail_memory(map->context);
		else if (length)
			error = resolve_one(map, word, references);
		if (!error && length)
			fprintf(stream, "%d", references->fds[references->count - 1]);
	}
	if (stream && el_stream_end(stream, &resolved) && !error)
		error = el_fail_memory(map->context);
	if (!error)
		*out = TAKE_PTR(resolved);
	return error;
}
