// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Opens one object: finds it by its name, compiles it if it is source, reads it whole and checks
 * it. No other code opens the file again, so the checked bytes are the bytes that are used.
 */
#include <bpf/btf.h>
#include <dirent.h>
#include <limits.h>
#include <nettle/sha2.h>

#include "object/compile.h"
#include "object/elf.h"
#include "object/object.h"
#include "value/value.h"
#include "base/reason.h"

/* The parts of a name given by the user. */
struct place {
	char *path;
	char *program; /* the text after the #, or NULL */
	bool shipped;
};

static void place_free(struct place *place)
{
	free(place->path);
	free(place->program);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length > end_length && !strcmp(text + length - end_length, end);
}

bool el_object_is_path(const char *name)
{
	return strchr(name, '/') || el_object_is_file(name);
}

bool el_object_is_file(const char *name)
{
	return ends_with(name, ".o") || ends_with(name, ".c");
}

static int is_object(const struct dirent *entry)
{
	return ends_with(entry->d_name, ".o");
}

static void entries_free(struct dirent **entries, int count)
{
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
}

/* The hint "did you mean …" with a list of the installed functions; malloc'ed. */
static char *shipped_hint(const char *folder, const char *name)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_object, alphasort);
	const char *names[count > 0 ? count : 1];
	const char *nearest;
	char *list = strdup(""), *hint;

	for (int i = 0; i < count; i++) {
		char *longer;

		entries[i]->d_name[strlen(entries[i]->d_name) - 2] = '\0';
		names[i] = entries[i]->d_name;
		longer = el_format("%s%s%s", list ? list : "", i ? ", " : "", names[i]);
		free(list);
		list = longer;
	}
	nearest = el_nearest(name, names, count > 0 ? (size_t)count : 0);
	hint = el_format("%s%s%sthe installed functions are: %s; a path contains a \"/\", or ends "
			 "in .o or .c",
			 nearest ? "did you mean " : "", nearest ? nearest : "",
			 nearest ? "? " : "", list && *list ? list : "none");
	free(list);
	entries_free(entries, count);
	return hint;
}

static int find_shipped(struct el_context *context, const char *name, struct place *place)
{
	_cleanup_free_ char *folder = el_format("%s/functions", context->libdir);
	_cleanup_free_ char *hint = NULL;

	free(place->path);
	place->path = el_format("%s/functions/%s.o", context->libdir, name);
	if (!folder || !place->path)
		return el_fail_memory(context);
	place->shipped = true;
	if (!access(place->path, F_OK))
		return 0;
	if (context->lost)
		return el_home_check(context);
	hint = shipped_hint(folder, name);
	return el_fail(context, EL_NOT_FOUND, ENOENT, hint, "there is no function \"%s\"", name);
}

/* Parse NAME, PATH or PATH#PROGRAM; if a file has the whole name, with its #, it is that file. */
static int find(struct el_context *context, const char *name, struct place *place)
{
	const char *hash = access(name, F_OK) ? strrchr(name, '#') : NULL;
	char absolute[PATH_MAX];

	if (hash && hash[1]) {
		place->program = strdup(hash + 1);
		place->path = strndup(name, (size_t)(hash - name));
	} else {
		place->path = strdup(name);
	}
	if (!place->path || (hash && hash[1] && !place->program))
		return el_fail_memory(context);
	if (!el_object_is_path(place->path)) {
		_cleanup_free_ char *function = strdup(place->path);

		return function ? find_shipped(context, function, place) : el_fail_memory(context);
	}
	if (!realpath(place->path, absolute))
		return el_fail(context, errno == EACCES ? EL_PRIVILEGE : EL_NOT_FOUND, errno, NULL,
			       "%s: %s", place->path, el_reason(EL_OP_SYSTEM, errno));
	free(place->path);
	place->path = strdup(absolute);
	return place->path ? 0 : el_fail_memory(context);
}

static int flags_without_source(struct el_context *context, const char *path)
{
	return el_fail(context, EL_USAGE, EINVAL,
		       "remove cflags, or give the path of the source, which ends in .c",
		       "%s is already compiled, so compiler flags have no effect", path);
}

static int read_file(struct el_context *context, struct el_object *object, const char *path,
		     const char *flags)
{
	bool source = ends_with(path, ".c");
	_cleanup_fd_ int fd = -1;
	int error;

	if (!source && flags && *flags)
		return flags_without_source(context, path);
	error = source ? el_compile_memory(context, path, flags, &fd)
		       : el_file_open_owned(context, path, &fd);
	if (error)
		return error;
	error = el_file_read_fd(fd, &object->data, &object->size);
	return error ? el_fail(context, EL_NOT_FOUND, -error, NULL, "%s: %s", path,
			       el_reason(EL_OP_SYSTEM, -error))
		     : 0;
}

static void digest(struct el_object *object)
{
	struct sha256_ctx sha256;
	uint8_t sum[SHA256_DIGEST_SIZE];

	sha256_init(&sha256);
	sha256_update(&sha256, object->size, (const uint8_t *)object->data);
	sha256_digest(&sha256, sizeof(sum), sum);
	el_hex(object->info.digest, sum, sizeof(sum));
}

static int read_license(struct el_context *context, struct el_object *object,
			const struct el_elf *elf)
{
	size_t size = 0;
	const char *license = el_elf_section(elf, "license", &size);

	object->info.license =
		el_object_keep(object, license ? strndup(license, size) : strdup(""));
	return object->info.license ? 0 : el_fail_memory(context);
}

/* Refuse sections that libbpf no longer supports, and sections that it can't load without the
 * programs that belong to them: without these, libbpf 1.1 has no kernel types, and crashes. */
static int refuse_sections(struct el_context *context, const struct el_elf *elf)
{
	size_t size;

	if (el_elf_section(elf, "maps", &size))
		return el_fail(
			context, EL_COMPILE, EINVAL,
			"libbpf no longer supports them since 1.0: use SEC(\".maps\") and BTF",
			"%s: the maps are defined in the old form, SEC(\"maps\")", elf->path);
	if (el_elf_section(elf, ".struct_ops", &size) ||
	    el_elf_section(elf, ".struct_ops.link", &size))
		return el_fail(context, EL_COMPILE, EINVAL,
			       "move them to an object of their own, and load it with 'bpftool "
			       "struct_ops register'",
			       "%s: the object defines kernel operations, SEC(\".struct_ops\"), "
			       "which edge-load does not register",
			       elf->path);
	return 0;
}

int el_object_check(struct el_context *context, const struct el_elf *elf)
{
	size_t size;
	const char *btf = el_elf_section(elf, ".BTF", &size);
	int error;

	if (!btf)
		return el_fail(context, EL_COMPILE, EINVAL, "compile it with clang -g -target bpf",
			       "%s: has no type information (BTF)", elf->path);
	error = refuse_sections(context, elf);
	return error ? error : el_object_check_btf(context, elf->path, btf, size);
}

static int read_parts(struct el_context *context, struct el_object *object, const char *program,
		      bool look)
{
	_cleanup_(el_elf_close) struct el_elf elf = {
		.path = object->info.path, .data = object->data, .size = object->size};
	int error = el_elf_open(context, &elf);

	if (!error)
		error = el_object_check(context, &elf);
	if (error)
		return error;
	object->bitcode = el_elf_section(&elf, ".llvmbc", &object->bitcode_size);
	object->info.bitcode = object->bitcode && object->bitcode_size;
	digest(object);
	error = read_license(context, object, &elf);
	if (!error)
		error = el_object_read_notes(context, object, &elf);
	if (!error)
		error = el_object_read_bpf(context, object);
	if (!error)
		error = el_object_read_slots(context, object, &elf);
	if (!error)
		error = el_object_read_params(context, object, &elf);
	return error ? error : el_object_choose(context, object, program, look);
}

/* The object that a caller wants. */
struct wanted {
	const char *name;  /* as the user gave it */
	const char *flags; /* compiler flags of its source, or NULL */
	bool look;	   /* only to inspect it */
};

static int open_object(struct el_context *context, const struct wanted *wanted,
		       struct el_object **out)
{
	_cleanup_object_ struct el_object *object = calloc(1, sizeof(*object));
	_cleanup_(place_free) struct place place = {0};
	int error;

	if (!object)
		return el_fail_memory(context);
	object->users = 1;
	error = find(context, wanted->name, &place);
	if (error)
		return error;
	object->info.path = el_object_keep(object, strdup(place.path));
	if (place.shipped)
		object->name = strdup(wanted->name);
	else
		object->name = el_format("%s%s%s", place.path, place.program ? "#" : "",
					 place.program ? place.program : "");
	if (!object->info.path || !object->name)
		return el_fail_memory(context);
	error = read_file(context, object, place.path, wanted->flags);
	if (!error)
		error = read_parts(context, object, place.program, wanted->look);
	if (error)
		return error;
	*out = TAKE_PTR(object);
	return 0;
}

int el_object_open(struct el_context *context, const char *name, struct el_object **out)
{
	return open_object(context, &(struct wanted){.name = name}, out);
}

int el_object_open_flags(struct el_context *context, const char *name, const char *flags,
			 struct el_object **out)
{
	return open_object(context, &(struct wanted){.name = name, .flags = flags}, out);
}

int el_object_inspect_flags(struct el_context *context, const char *name, const char *flags,
			    struct el_object **out)
{
	return open_object(context, &(struct wanted){name, flags, true}, out);
}

int el_object_inspect(struct el_context *context, const char *name, struct el_object **out)
{
	return el_object_inspect_flags(context, name, NULL, out);
}

struct el_object *el_object_share(struct el_object *object)
{
	object->users++;
	return object;
}

void el_object_free(struct el_object *object)
{
	if (!object || --object->users)
		return;
	for (size_t i = 0; i < object->texts_count; i++)
		free(object->texts[i]);
	free(object->texts);
	free(object->info.params);
	free(object->info.maps);
	free(object->info.programs);
	free(object->info.reasons);
	for (size_t i = 0; i < object->params_count; i++)
		el_value_type_free(object->params[i].type);
	free(object->params);
	free(object->slots);
	free(object->map_types);
	btf__free(object->btf);
	free(object->name);
	free(object->data);
	free(object);
}

const struct el_object_info *el_object_info(const struct el_object *object)
{
	return &object->info;
}

const char *el_object_keep(struct el_object *object, char *text)
{
	char **longer;

	if (!text)
		return NULL;
	longer = reallocarray(object->texts, object->texts_count + 1, sizeof(*longer));
	if (!longer) {
		free(text);
		return NULL;
	}
	object->texts = longer;
	longer[object->texts_count++] = text;
	return text;
}
