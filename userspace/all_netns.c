// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * --all-netns: a separate child enters each namespace and gives up its rights there. Its output
 * comes back through a memory file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "all_netns.h"
#include "memory.h"

struct sweep {
	struct cli *cli;
	all_netns_run run;
	void *data;
	json_t *json; /* with -j: the output of all namespaces */
};

/* Print an error: the output of a namespace is missing. @error: an errno, or 0. */
static int fail(const struct sweep *sweep, const char *netns, const char *problem, int error)
{
	struct el_error failure = {.kind = EL_FAILED};

	snprintf(failure.what, sizeof(failure.what), "%s in %s%s: %s%s%s", sweep->cli->verb->name,
		 netns ? "network namespace " : "this network namespace", netns ? netns : "",
		 problem, error ? ": " : "", error ? strerror(error) : "");
	output_error(sweep->cli, &failure);
	return EL_FAILED;
}

/* The content of @fd, as text; malloc'ed. Return: NULL, the error printed. */
static char *read_text(const struct sweep *sweep, const char *netns, int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	_cleanup_free_ char *text = size >= 0 ? calloc(1, (size_t)size + 1) : NULL;

	if (size >= 0 && !text) {
		cli_no_memory(sweep->cli);
		return NULL;
	}
	if (size < 0 || pread(fd, text, (size_t)size, 0) != size) {
		fail(sweep, netns, "can't read its output", errno);
		return NULL;
	}
	return TAKE_PTR(text);
}

static void show(struct sweep *sweep, const char *netns, const char *text)
{
	_cleanup_json_ json_t *said = NULL;

	if (!sweep->cli->json) {
		if (netns)
			output_line("netns %s:", netns);
		output_own(text); /* the child has escaped it */
		return;
	}
	said = json_loads(text, 0, NULL);
	json_array_append_new(sweep->json,
			      output_object("{s:s?, s:o}", "netns", netns, sweep->cli->verb->name,
					    said ? TAKE_PTR(said) : json_null()));
}

static int run_child(const struct sweep *sweep, const char *netns, int out)
{
	int status;
	pid_t pid;

	output_flush();
	pid = fork();
	if (pid < 0)
		return fail(sweep, netns, "can't start a process", errno);
	if (!pid) {
		status = dup2(out, STDOUT_FILENO) < 0
				 ? fail(sweep, netns, "can't replace standard output", errno)
				 : sweep->run(sweep->cli, netns, sweep->data);
		_exit(output_end(sweep->cli, status));
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return fail(sweep, netns, "can't wait for the process", errno);
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : fail(sweep, netns, "a signal ended the process", 0);
}

static int visit(struct sweep *sweep, const char *netns)
{
	_cleanup_fd_ int out = memfd_create("netns", MFD_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	int status;

	if (out < 0)
		return fail(sweep, netns, "can't make a memory file", errno);
	status = run_child(sweep, netns, out);
	text = read_text(sweep, netns, out);
	if (!text)
		return EL_FAILED;
	/* An empty output of a verb that failed is left out. */
	if (*text)
		show(sweep, netns, text);
	return status;
}

int all_netns(struct cli *cli, all_netns_run run, void *data)
{
	_cleanup_json_ json_t *json = cli->json ? json_array() : NULL;
	struct sweep sweep = {cli, run, data, json};
	_cleanup_texts_ char **names = NULL;
	size_t count = 0;
	int error = el_netns_list(&names, &count), first, status;

	if (error)
		return error == -ENOMEM ? cli_no_memory(cli)
					: fail(&sweep, NULL, "can't list the others", -error);
	/* A child would inherit the record of a failed allocation, and report it again. */
	if (memory_was_short())
		return cli_no_memory(cli);
	first = visit(&sweep, NULL);
	for (size_t i = 0; i < count && !memory_was_short(); i++) {
		status = visit(&sweep, names[i]);
		first = first ? first : status;
	}
	if (cli->json && output_json(cli, TAKE_PTR(json)))
		return EL_FAILED;
	return first;
}
