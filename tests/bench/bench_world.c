// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The place of the measurements: a network namespace with a veth pair, and a mount namespace with a
 * private bpffs. It also runs programs there, without a shell, timed from fork to exit.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "bench.h"

extern char **environ;

#define INSTANCES_MAX 64

void world_enter(void)
{
	static const char *const add[] = {"ip",	  "link", "add",    BENCH_DEVICE, "type",
					  "veth", "peer", "bench1", NULL};
	static const char *const up[] = {"ip", "link", "set", BENCH_DEVICE, "up", NULL};

	if (unshare(CLONE_NEWNS | CLONE_NEWNET))
		bench_die("can't make namespaces: %m");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))
		bench_die("can't mount a bpffs at /sys/fs/bpf: %m");
	unsetenv("EDGE_LOAD_BPFFS");
	world_run(add);
	world_run(up);
}

static double ms_of(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

struct took world_run(const char *const *argv)
{
	posix_spawn_file_actions_t actions;
	double start = now_ms();
	struct rusage usage;
	int error, status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	error = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error)
		bench_die("can't run %s: %s", argv[0], strerror(error));
	if (wait4(pid, &status, 0, &usage) != pid)
		bench_die("%s: %m", argv[0]);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		bench_die("%s %s failed", argv[0], argv[1]);
	return (struct took){now_ms() - start, ms_of(usage.ru_utime) + ms_of(usage.ru_stime)};
}

void world_attach(const char *const *instances, size_t count, const char *hook)
{
	char *edge_load = bench_path("bin/edge-load");
	const char *argv[INSTANCES_MAX + 8] = {edge_load, "attach", BENCH_DEVICE,
					       "--quiet", "--hook", hook};

	memcpy(argv + 6, instances, count * sizeof(*instances));
	world_run(argv);
	free(edge_load);
}

void world_detach(const char *hook)
{
	char *edge_load = bench_path("bin/edge-load");
	const char *argv[] = {edge_load, "detach", BENCH_DEVICE, "--quiet", "--hook", hook, NULL};

	world_run(argv);
	free(edge_load);
}

int world_pin(const char *hook, const char *name)
{
	char *path = bench_format("/sys/fs/bpf/edge/" BENCH_DEVICE "/%s/%s", hook, name);
	int fd = bpf_obj_get(path);

	if (fd < 0)
		bench_die("can't open %s: %s", path, strerror(errno));
	free(path);
	return fd;
}
