// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The context: the paths of edge-load's own files and of its pins. All rooms get the context, so
 * this file opens it above all rooms.
 */
#include <libgen.h>
#include <limits.h>

#include <bpf/libbpf.h>

#include "chain/chain.h"
#include "kernel/netns.h"

/*
 * A build tree and an installation have an identical layout: bin/edge-load beside lib/edge-load/
 * and include/. So edge-load's files are found relative to the running program, and otherwise below
 * the prefix of the build.
 */
static int context_find_home(struct el_context *context)
{
	char exe[PATH_MAX];
	_cleanup_free_ char *home = NULL;
	ssize_t length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	const char *given = getenv("EDGE_LOAD_HOME");

	if (given) {
		home = strdup(given);
	} else if (length > 0) {
		exe[length] = '\0';
		home = el_format("%s/..", dirname(exe));
	}
	if (home) {
		_cleanup_free_ char *fuse = el_format("%s/lib/edge-load", home);

		if (!given && (!fuse || access(fuse, F_OK))) {
			free(home);
			home = NULL;
		}
	}
	if (!home)
		home = strdup(EL_PREFIX);
	if (!home)
		return -ENOMEM;
	context->libdir = el_format("%s/lib/edge-load", home);
	context->include = el_format("%s/include", home);
	if (!context->libdir || !context->include)
		return -ENOMEM;
	context->lost = length < 0 && !given && access(context->libdir, F_OK);
	return 0;
}

int el_home_check(struct el_context *context)
{
	if (!context->lost)
		return 0;
	return el_fail(context, EL_UNSUPPORTED, ENOENT,
		       "mount -t proc proc /proc, or name the folder above lib/edge-load in "
		       "$EDGE_LOAD_HOME",
		       "edge-load's own files can't be found: no /proc is mounted");
}

int el_context_open(struct el_context **out, const struct el_context_options *options)
{
	struct el_context *context = calloc(1, sizeof(*context));
	const char *bpffs = options ? options->bpffs : NULL;
	int error;

	if (!context)
		return -ENOMEM;
	/* edge-load prints its own error messages. */
	libbpf_set_print(NULL);
	if (!bpffs)
		bpffs = getenv("EDGE_LOAD_BPFFS");
	context->bpffs = strdup(bpffs ? bpffs : "/sys/fs/bpf");
	error = context_find_home(context); /* first: el_netns_root() needs the owner of libdir */
	context->root = context->bpffs && !error ? el_netns_root(context) : NULL;
	if (!context->root)
		context->root = el_format("%s/edge", context->bpffs ? context->bpffs : "");
	if (!context->bpffs || !context->root || error) {
		el_context_free(context);
		return -ENOMEM;
	}
	context->load_program = el_chain_load_program;
	if (options) {
		context->warn = options->warn;
		context->note = options->note;
		context->warn_data = options->warn_data;
		context->wait_ms = options->wait_s * 1e3;
		context->memory_was_short = options->memory_was_short;
	}
	*out = context;
	return 0;
}

void el_context_free(struct el_context *context)
{
	if (!context)
		return;
	if (context->netns)
		el_netns_label(context);
	free(context->bpffs);
	free(context->root);
	free(context->netns);
	free(context->libdir);
	free(context->include);
	free(context->error.detail);
	free(context);
}
