// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Runs other programs, their output in memory files.
 */
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "run.h"

int el_run(const char *const *words, int in, int out, int err)
{
	posix_spawn_file_actions_t actions;
	int status, error;
	pid_t pid;

	error = posix_spawn_file_actions_init(&actions);
	if (error)
		return -error;
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	else
		posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	error = posix_spawnp(&pid, words[0], &actions, NULL, (char *const *)words, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error)
		return -error;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int el_run_output(int fd, char **out, size_t *size)
{
	_cleanup_free_ char *path = el_format("/proc/self/fd/%d", fd);

	return path ? el_file_read(path, out, size) : -ENOMEM;
}
