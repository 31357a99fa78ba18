// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * One source: its bytes, read once from the file whose owner was checked; the rights of its
 * compiler; the owners of its headers.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/run.h"
#include "object/source.h"
#include "base/reason.h"

void el_source_close(struct el_source *source)
{
	if (source->bytes >= 0)
		close(source->bytes);
	if (source->headers >= 0)
		close(source->headers);
}

/* clang splits "FROM;TO", and passes only the file's name to cc1, which reads a word that begins
 * with "@" as a file of more words. */
static int check_name(struct el_context *context, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (strchr(path, ';'))
		return el_fail(context, EL_USAGE, EINVAL, "rename the source",
			       "%s: clang accepts no source with a \";\" in its path", path);
	if (*(slash ? slash + 1 : path) == '@')
		return el_fail(context, EL_USAGE, EINVAL, "rename the source",
			       "%s: clang accepts no source whose name begins with \"@\"", path);
	return 0;
}

int el_source_open(struct el_context *context, struct el_source *source)
{
	_cleanup_free_ char *data = NULL;
	_cleanup_fd_ int file = -1;
	struct stat found;
	size_t size = 0;
	int error = check_name(context, source->path);

	if (error)
		return error;
	error = el_file_open_owned(context, source->path, &file);
	if (error)
		return error;
	error = fstat(file, &found) ? -errno : el_file_read_fd(file, &data, &size);
	source->owner = found.st_uid;
	source->bytes = error ? error : el_run_file("source", data, size);
	source->headers = el_run_file("headers", "", 0);
	if (!error && source->bytes < 0)
		error = source->bytes;
	if (!error && source->headers < 0)
		error = source->headers;
	return error ? el_fail(context, EL_FAILED, -error, NULL, "can't read %s: %s", source->path,
			       el_reason(EL_OP_SYSTEM, -error))
		     : 0;
}

struct el_rights_child el_source_rights(const struct el_context *context,
					const struct el_source *source)
{
	return (struct el_rights_child){
		.is_owner = el_rights_is_lesser(source->owner),
		.uid = source->owner,
		.reads_private =
			el_rights_private(source->path) || el_rights_private(context->include),
	};
}

/* The next file of a rule for make, "object: a.c b.h \\\n c.h": backslashes stand before a blank
 * and before "#", "$" is doubled. It is decoded in place. NULL at the end. */
static char *next_header(char **at)
{
	char *from = *at, *start, *to;

	while (*from == ' ' || *from == '\n' || (*from == '\\' && from[1] == '\n'))
		from++;
	start = to = from;
	while (*from && *from != ' ' && *from != '\n') {
		if ((*from == '\\' && (from[1] == ' ' || from[1] == '#')) ||
		    (*from == '$' && from[1] == '$'))
			from++;
		*to++ = *from++;
	}
	*at = *from ? from + 1 : from;
	*to = '\0';
	return *start ? start : NULL;
}

int el_source_check_headers(struct el_context *context, const struct el_source *source)
{
	_cleanup_free_ char *list = NULL, *what = NULL;
	size_t size = 0;
	int error = el_run_output(source->headers, &list, &size);
	char *at = list, *header;

	if (error)
		return el_fail(context, EL_FAILED, -error, NULL, "can't read clang's list: %s",
			       el_reason(EL_OP_SYSTEM, -error));
	/* The first two files are the object and the source. */
	for (size_t i = 0; !error && (header = next_header(&at)); i++)
		if (i > 1)
			error = el_path_check_owner(context, header);
	if (!error)
		return 0;
	what = strdup(context->error.what);
	if (what)
		snprintf(context->error.what, sizeof(context->error.what), "%.200s: a header: %s",
			 source->path, what);
	return error;
}
