// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Runs other programs, their output in memory files. They get none of our capabilities: between the
 * fork and the new program stands el_rights_none(), which is why this is not posix_spawn().
 */
#include <fcntl.h>
#include <sys/wait.h>

#include "rights.h"
#include "run.h"

/* In the child. Return: an errno; not at all when the program runs. */
static int become(const struct el_run *run)
{
	int in = run->in >= 0 ? run->in : open("/dev/null", O_RDONLY | O_CLOEXEC), error;

	if (in < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(run->out, STDOUT_FILENO) < 0 ||
	    dup2(run->err, STDERR_FILENO) < 0)
		return errno;
	error = el_rights_none(run->reads_private);
	if (error)
		return -error;
	execvp(run->words[0], (char *const *)run->words);
	return errno;
}

int el_run(const struct el_run *run)
{
	int report[2], status, error = 0;
	pid_t pid;

	/* Closed when the program runs; else it says why it does not. */
	if (pipe2(report, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid) {
		error = become(run);
		_exit(write(report[1], &error, sizeof(error)) < 0);
	}
	close(report[1]);
	if (pid < 0 || read(report[0], &error, sizeof(error)) < 0)
		error = errno;
	close(report[0]);
	if (pid < 0)
		return -error;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (error)
		return -error;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int el_run_output(int fd, char **out, size_t *size)
{
	_cleanup_free_ char *path = el_format("/proc/self/fd/%d", fd);

	return path ? el_file_read(path, out, size) : -ENOMEM;
}
