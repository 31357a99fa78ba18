// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * --all-netns: a separate child enters each namespace and gives up its rights there. Its output
 * comes back through a memory file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "all_netns.h"

struct sweep {
	struct cli *cli;
	all_netns_run run;
	void *data;
	json_t *json; /* with -j: the output of all namespaces */
	int status;
};

/* The content of @fd, as text; NULL if it is empty. */
static char *read_text(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = size > 0 ? calloc(1, (size_t)size + 1) : NULL;

	if (text && pread(fd, text, (size_t)size, 0) != size) {
		free(text);
		return NULL;
	}
	return text;
}

static void show(struct sweep *sweep, const char *netns, const char *text)
{
	json_t *said;

	if (!sweep->cli->json) {
		if (netns)
			output_line("netns %s:", netns);
		output_own(text); /* the child has escaped it */
		return;
	}
	said = json_loads(text, 0, NULL);
	json_array_append_new(sweep->json,
			      output_object("{s:s?, s:o}", "netns", netns, sweep->cli->verb->name,
					    said ? said : json_null()));
}

static int run_child(const struct sweep *sweep, const char *netns, int out)
{
	int status;
	pid_t pid;

	output_flush();
	pid = fork();
	if (!pid) {
		status = dup2(out, STDOUT_FILENO) < 0 ? EL_FAILED
						      : sweep->run(sweep->cli, netns, sweep->data);
		_exit(output_end(sweep->cli, status));
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EL_FAILED;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : EL_FAILED;
}

static void visit(struct sweep *sweep, const char *netns)
{
	int out = memfd_create("netns", MFD_CLOEXEC);
	int status = out < 0 ? EL_FAILED : run_child(sweep, netns, out);
	char *text = out < 0 ? NULL : read_text(out);

	if (text && (!status || *text)) /* also after an error: the other chains are shown */
		show(sweep, netns, text);
	if (!sweep->status)
		sweep->status = status;
	free(text);
	if (out >= 0)
		close(out);
}

int all_netns(struct cli *cli, all_netns_run run, void *data)
{
	struct sweep sweep = {cli, run, data, cli->json ? json_array() : NULL, EL_OK};
	size_t count = 0;
	char **names;

	if (el_netns_list(&names, &count))
		return EL_FAILED;
	visit(&sweep, NULL);
	for (size_t i = 0; i < count; i++)
		visit(&sweep, names[i]);
	el_netns_list_free(names, count);
	if (cli->json && output_json(cli, sweep.json))
		return EL_FAILED;
	return sweep.status;
}
