// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * edge-load: the command line on top of libedge.
 */
#include <stdio.h>
#include <string.h>

#include "../loader/loader.h"

static void warn(void *data, const char *message)
{
	(void)data;
	fprintf(stderr, "%s\n", message);
}

static int print_error(const struct el_error *error)
{
	fprintf(stderr, "edge-load: %s\n", error->what);
	if (*error->hint)
		fprintf(stderr, "  %s\n", error->hint);
	if (error->detail)
		fputs(error->detail, stderr);
	return error->kind;
}

int main(int argc, char **argv)
{
	const struct el_context_options options = {.warn = warn};
	struct el_context *context;
	int status = EL_OK;

	if (argc != 5 || strcmp(argv[1], "build") || strcmp(argv[3], "-o")) {
		fprintf(stderr, "Usage: edge-load build SOURCE -o OBJECT\n");
		return EL_USAGE;
	}
	if (el_context_open(&context, &options))
		return EL_FAILED;
	if (el_compile(context, argv[2], argv[4]))
		status = print_error(el_error_get(context));
	el_context_free(context);
	return status;
}
