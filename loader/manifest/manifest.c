// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The manifest as a file: open it, check its owner, read it once, and convert it to structs without
 * YAML nodes. All memory of a manifest is on one list and is freed at once. An incomplete manifest
 * is never returned.
 */
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>

#include "manifest/read.h"
#include "base/reason.h"

struct el_memory {
	struct el_memory *next;
	max_align_t bytes[];
};

/* ---------------------------------------------------------------- memory */

static void memory_free(struct el_memory *memory)
{
	while (memory) {
		struct el_memory *next = memory->next;

		free(memory);
		memory = next;
	}
}

void *el_manifest_alloc(struct manifest_reader *reader, size_t count, size_t size)
{
	struct el_memory *memory;
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes) ||
	    bytes > EL_MANIFEST_MEMORY_MAX - reader->used) {
		el_fail(reader->context, EL_USAGE, E2BIG,
			"aliases repeat their contents; put large tables into files of their own",
			"%s: the manifest needs more than %u MiB of memory", reader->path,
			EL_MANIFEST_MEMORY_MAX >> 20);
		return NULL;
	}
	memory = calloc(1, sizeof(*memory) + bytes);
	if (!memory) {
		el_fail_memory(reader->context);
		return NULL;
	}
	reader->used += bytes;
	memory->next = reader->memory;
	reader->memory = memory;
	return memory->bytes;
}

char *el_manifest_copy(struct manifest_reader *reader, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = el_manifest_alloc(reader, 1, size);

	return copy ? memcpy(copy, text, size) : NULL;
}

void el_manifest_free(struct el_manifest *manifest)
{
	if (manifest)
		memory_free(manifest->memory);
	free(manifest);
}

/* ---------------------------------------------------------------- errors with their place */

static int refuse_noted(struct el_context *context, const char *path, struct el_position at,
			int error)
{
	_cleanup_free_ char *what =
		el_format("%.200s:%u:%u: %s", path, at.line, at.column, context->error.what);

	if (what)
		snprintf(context->error.what, sizeof(context->error.what), "%s", what);
	return error;
}

int el_manifest_refuse_noted(const struct manifest_reader *reader, struct el_position at, int error)
{
	return refuse_noted(reader->context, reader->path, at, error);
}

int el_manifest_blame(struct el_context *context, const struct el_manifest *manifest,
		      struct el_position at, int error)
{
	return at.line ? refuse_noted(context, manifest->path, at, error) : error;
}

int el_manifest_refuse(const struct manifest_reader *reader, struct el_position at,
		       const char *hint, const char *format, ...)
{
	char reason[400];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	el_fail(reader->context, EL_USAGE, EINVAL, hint, "%s", reason);
	return el_manifest_refuse_noted(reader, at, -EINVAL);
}

/* ---------------------------------------------------------------- the root */

static const struct manifest_node *find(const struct manifest_node *node, const char *name)
{
	for (size_t i = 0; node->kind == MANIFEST_MAPPING && i < node->count; i++) {
		const char *key = manifest_key(node, i)->text;

		if (key && !strcmp(key, name))
			return manifest_value(node, i);
	}
	return NULL;
}

/* The version is checked first, since errors about keys of a newer format would mislead. */
static int check_version(struct manifest_reader *reader, const struct manifest_node *root)
{
	const struct manifest_node *node = find(root, "version");
	uint32_t version = 0;
	int err;

	if (!node)
		return 0;
	err = el_manifest_read_number(reader, (struct manifest_field){"version", node}, UINT32_MAX,
				      &version);
	if (err || version <= EL_MANIFEST_VERSION)
		return err;
	err = el_fail(reader->context, EL_UNSUPPORTED, EINVAL,
		      "use a newer edge-load, or write the manifest in version 1",
		      "the manifest has version %u; this edge-load supports version %d", version,
		      EL_MANIFEST_VERSION);
	return el_manifest_refuse_noted(reader, node->at, err);
}

static int read_version(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	uint32_t version;

	(void)out;
	return el_manifest_read_number(reader, field, EL_MANIFEST_VERSION, &version);
}

static int read_keep(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	(void)out;
	return el_manifest_read_number(reader, field, EL_KEEP_MAX, &reader->keep);
}

static int read_chains(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	(void)out;
	(void)reader;
	return el_manifest_want(reader, field, MANIFEST_LIST);
}

/* The chains are read last, wherever they are in the file: they need the keys that apply to all
 * chains. */
static int read_root(struct manifest_reader *reader, const struct manifest_node *root,
		     struct el_manifest *manifest)
{
	static const struct manifest_want wants[] = {{"version", true, read_version},
						     {"keep", false, read_keep},
						     {"chains", true, read_chains},
						     {0}};
	int err = check_version(reader, root);

	if (!err)
		err = el_manifest_read_mapping(
			reader, (struct manifest_field){"the manifest", root}, wants, NULL);
	return err ? err : el_manifest_read_chains(reader, find(root, "chains"), manifest);
}

/* ---------------------------------------------------------------- the file */

static int read_all(struct manifest_reader *reader, int fd, char *text, size_t *size)
{
	ssize_t got = 1;

	for (*size = 0; got > 0 && *size <= EL_MANIFEST_SIZE_MAX; *size += (size_t)got) {
		got = read(fd, text + *size, EL_MANIFEST_SIZE_MAX + 1 - *size);
		if (got < 0)
			return el_fail(reader->context, EL_FAILED, errno, NULL, "can't read %s: %s",
				       reader->path, el_reason(EL_OP_SYSTEM, errno));
	}
	if (*size > EL_MANIFEST_SIZE_MAX)
		return el_fail(reader->context, EL_USAGE, EFBIG,
			       "put large tables into files of their own, and name them with file:",
			       "%s: the file is larger than %u MiB", reader->path,
			       EL_MANIFEST_SIZE_MAX >> 20);
	return 0;
}

/* Standard input has no owner to check: the caller has chosen the source. */
static int open_file(struct manifest_reader *reader, const char *path, int *fd)
{
	if (strcmp(path, "-"))
		return el_file_open_owned(reader->context, path, fd);
	*fd = dup(STDIN_FILENO);
	return *fd >= 0 ? 0
			: el_fail(reader->context, EL_FAILED, errno, NULL,
				  "can't read standard input: %s", el_reason(EL_OP_SYSTEM, errno));
}

static int read_file(struct manifest_reader *reader, const char *path,
		     const struct manifest_node **root)
{
	_cleanup_free_ char *text = malloc(EL_MANIFEST_SIZE_MAX + 1);
	_cleanup_fd_ int fd = -1;
	size_t size;
	int err = text ? open_file(reader, path, &fd) : el_fail_memory(reader->context);

	if (!err)
		err = read_all(reader, fd, text, &size);
	return err ? err : el_manifest_tree(reader, text, size, root);
}

static int find_folder(struct manifest_reader *reader, const char *path)
{
	_cleanup_free_ char *copy = strdup(strcmp(path, "-") ? path : "./-");
	char folder[PATH_MAX];

	if (!copy)
		return el_fail_memory(reader->context);
	if (!realpath(dirname(copy), folder))
		return el_fail(reader->context, errno == ENOENT ? EL_NOT_FOUND : EL_FAILED, errno,
			       NULL, "can't read %s: %s", path, el_reason(EL_OP_SYSTEM, errno));
	reader->folder = el_manifest_copy(reader, folder);
	reader->path = el_manifest_copy(reader, strcmp(path, "-") ? path : "standard input");
	return reader->folder && reader->path ? 0 : -ENOMEM;
}

int el_manifest_open(struct el_context *context, const char *path, struct el_manifest **out)
{
	_cleanup_manifest_ struct el_manifest *manifest = calloc(1, sizeof(*manifest));
	struct manifest_reader reader = {.context = context, .path = path, .keep = EL_KEEP_DEFAULT};
	const struct manifest_node *root = NULL;
	int err;

	if (!manifest)
		return el_fail_memory(context);
	err = find_folder(&reader, path);
	if (!err)
		err = read_file(&reader, path, &root);
	if (!err)
		err = read_root(&reader, root, manifest);
	manifest->path = reader.path;
	manifest->memory = reader.memory;
	if (!err)
		*out = TAKE_PTR(manifest);
	return err;
}
