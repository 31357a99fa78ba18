// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Save maps as text that people can read and edit, and restore them. Each map has a section
 * [INSTANCE/MAP] (its path below the saved path), a comment that names the types, and lines of KEY
 * VALUE as map load reads them. A line of a per-CPU map has the values of all CPUs; the variables
 * of a program are written by name. A restore reads and checks the whole file before it changes a
 * map.
 */
#include <stdarg.h>
#include <ctype.h>
#include <fcntl.h>

#include "map/map.h"
#include "base/replace.h"
#include "base/reason.h"

/* List the maps below @path, or @path itself if it names a map. */
static int list_maps(struct el_context *context, const char *path, char ***paths, size_t *count)
{
	size_t slashes = 0;

	for (const char *c = path; *c; c++)
		slashes += *c == '/';
	if (slashes < 3)
		return el_maps_list(context, path, paths, count);
	*paths = calloc(2, sizeof(**paths));
	if (*paths)
		**paths = strdup(path);
	*count = 1;
	return *paths && **paths ? 0 : el_fail_memory(context);
}

/* ---------------------------------------------------------------- saving */

struct saving {
	const char *path; /* the user's: the maps below it are saved */
	FILE *out;
	size_t count;		  /* of the saved maps */
	const struct el_map *map; /* the map that is being saved */
};

static int save_entry(void *data, const void *key, const void *value)
{
	const struct saving *saving = data;
	const struct el_map *map = saving->map;

	el_value_type_write(map->key, key, EL_TEXT, saving->out);
	fputc(' ', saving->out);
	if (map->cpus)
		el_map_write_cpus(map, value, EL_TEXT, saving->out);
	else
		el_value_type_write(map->value, value, EL_TEXT, saving->out);
	fputc('\n', saving->out);
	return 0;
}

/* Names of types and devices are untrusted: escape newlines, so that no name ends the comment. */
static void write_comment(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void write_comment(FILE *out, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fputs("# ", out);
	el_text_write(out, text, false);
	fputc('\n', out);
}

static int save_entries(struct saving *saving, const struct el_map *map, const char *name)
{
	saving->map = map;
	saving->count++;
	if (*name)
		fprintf(saving->out, "\n[%s]\n", name);
	write_comment(saving->out, "%s: %s, %s%s", map->info.kind, map->info.key, map->info.value,
		      map->cpus ? " of each CPU" : "");
	return el_map_walk(map, save_entry, saving);
}

/* Maps that cannot be restored are omitted, unless the user's path names one map. */
static int save_map(struct el_context *context, struct saving *saving, const char *path)
{
	size_t under = strlen(saving->path);
	const char *name = path + under + (strlen(path) > under);
	_cleanup_map_ struct el_map *map = NULL;
	int err = el_map_open(context, path, &map);

	if (err)
		return err;
	if (*name && !strcmp(map->info.name, EDGE_TARGETS)) {
		write_comment(saving->out,
			      "%s holds device numbers of this machine and is not saved", name);
	} else if ((err = el_map_check_writable(map)) && *name) {
		err = 0;
		write_comment(saving->out, "%s is a %s, which is not saved", name, map->info.kind);
	} else if (!err) {
		err = save_entries(saving, map, name);
	}
	return err;
}

static int fail_write(struct el_context *context, const char *file, int error)
{
	return el_fail(context, EL_FAILED, error, NULL, "can't write %s: %s", file,
		       el_reason(EL_OP_SYSTEM, error));
}

static int save_all(struct el_context *context, const char *path, FILE *out, size_t *count)
{
	struct saving saving = {.path = path, .out = out};
	_cleanup_texts_ char **paths = NULL;
	size_t listed;
	int err = list_maps(context, path, &paths, &listed);

	*count = 0;
	if (err)
		return err;
	write_comment(out, "the maps of %s; edge-load map restore reads this", path);
	for (size_t i = 0; !err && i < listed; i++)
		err = save_map(context, &saving, paths[i]);
	*count = saving.count;
	return err;
}

static int finish(struct el_context *context, FILE *out, const char *file)
{
	return fflush(out) || ferror(out) ? fail_write(context, file, errno) : 0;
}

int el_maps_save(struct el_context *context, const char *path, const char *file, size_t *count)
{
	_cleanup_file_ FILE *out = NULL;
	struct el_replacement replacement;
	int err;

	if (!strcmp(file, "-")) {
		err = save_all(context, path, stdout, count);
		return err ? err : finish(context, stdout, "standard output");
	}
	err = el_replace_begin(context, file, true, &replacement);
	if (err)
		return err;
	out = fdopen(fcntl(replacement.fd, F_DUPFD_CLOEXEC, 3), "w");
	err = out ? save_all(context, path, out, count) : fail_write(context, file, errno);
	if (!err)
		err = finish(context, out, file);
	if (!err)
		return el_replace_end(context, file, &replacement);
	el_replace_give_up(context, &replacement);
	return err;
}

/* ---------------------------------------------------------------- restoring */

struct section {
	struct el_map *map;
	struct el_map_load *load;
};

struct restoring {
	struct el_context *context;
	const char *path, *file;
	struct section *sections;
	size_t count, line;
};

static void cleanup_restoring(struct restoring *restoring)
{
	for (size_t i = 0; i < restoring->count; i++) {
		el_map_load_free(restoring->sections[i].load);
		el_map_free(restoring->sections[i].map);
	}
	free(restoring->sections);
}

/* Add the file and the line number to the error of a section. */
static int locate(struct restoring *restoring, int err)
{
	struct el_error error = restoring->context->error;

	restoring->context->error.detail = NULL;
	el_fail(restoring->context, error.kind, -err, *error.hint ? error.hint : NULL,
		"%s:%zu: %.400s", restoring->file, restoring->line, error.what);
	free(error.detail);
	return err;
}

static int open_section(struct restoring *restoring, const char *name)
{
	_cleanup_free_ char *path =
		*name ? el_format("%s/%s", restoring->path, name) : strdup(restoring->path);
	struct section *sections = reallocarray(restoring->sections, restoring->count + 1,
						sizeof(*sections)),
		       *section;
	int err;

	if (sections)
		restoring->sections = sections;
	if (!sections || !path)
		return el_fail_memory(restoring->context);
	section = &sections[restoring->count++];
	*section = (struct section){0};
	err = el_map_open(restoring->context, path, &section->map);
	if (!err)
		err = el_map_check_writable(section->map);
	if (err)
		return locate(restoring, err);
	return el_map_load_open(section->map, restoring->file, &section->load);
}

static int add_line(struct restoring *restoring, char *line)
{
	/* The file of a single map has no sections. */
	int err = restoring->count ? 0 : open_section(restoring, "");

	return err ? err
		   : el_map_load_line(restoring->sections[restoring->count - 1].load,
				      restoring->line, line, strlen(line));
}

static int restore_line(struct restoring *restoring, char *line, size_t length)
{
	struct el_map_load *load =
		restoring->count ? restoring->sections[restoring->count - 1].load : NULL;
	char *end = line + length;

	restoring->line++;
	if (el_map_load_is_json(load, line))
		return add_line(restoring, line);
	while (end > line && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (isspace((unsigned char)*line))
		line++;
	/* "[1,2] [3,4]" is an entry: an array as key, and an array as value. */
	if (*line == '[' && end > line && end[-1] == ']' && !*el_value_text_end(line, ' ', NULL)) {
		end[-1] = '\0';
		return open_section(restoring, line + 1);
	}
	if (!*line || *line == '#')
		return 0;
	return add_line(restoring, line);
}

static int read_all(struct restoring *restoring, FILE *in)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	ssize_t length;
	int err = 0;

	while (!err && (length = getline(&line, &room, in)) >= 0)
		err = restore_line(restoring, line, (size_t)length);
	if (!err)
		err = el_map_load_end(restoring->context, in, restoring->file);
	for (size_t i = 0; !err && i < restoring->count; i++)
		err = el_map_load_check(restoring->sections[i].load);
	return err;
}

int el_maps_restore(struct el_context *context, const char *path, const char *file, size_t *count)
{
	_cleanup_(cleanup_restoring) struct restoring restoring = {
		.context = context, .path = path, .file = file};
	bool standard_input = !strcmp(file, "-");
	_cleanup_file_ FILE *opened = standard_input ? NULL : fopen(file, "re");
	size_t loaded = 0;
	int err;

	if (standard_input)
		restoring.file = "standard input";
	else if (!opened)
		return el_fail(context, errno == ENOENT ? EL_NOT_FOUND : EL_FAILED, errno, NULL,
			       "can't read %s: %s", file, el_reason(EL_OP_SYSTEM, errno));
	err = read_all(&restoring, standard_input ? stdin : opened);
	*count = 0;
	for (size_t i = 0; !err && i < restoring.count; i++) {
		err = el_map_load_write(restoring.sections[i].load, &loaded);
		*count += loaded;
		if (err && i && !*context->error.hint)
			snprintf(context->error.hint, sizeof(context->error.hint),
				 "the first %zu of the %zu maps in the file are restored; restore "
				 "the file again for the other maps",
				 i, restoring.count);
	}
	return err;
}
