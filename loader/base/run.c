// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Runs other programs, with their output in memory files. They get no capability and no descriptor
 * of edge-load: el_rights_child() and closefrom() run between the fork and the new program, which
 * posix_spawn() does not allow.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/run.h"

/* Far more than any function needs: the largest chain of the tests is fused in 3 s, in 160 MiB. */
enum { CPU_S = 60, WALL_S = 120, MEMORY_MIB = 4096, OUTPUT_MIB = 256 };

/* $EDGE_LOAD_COMPILE_SECONDS raises the limit for slow machines and huge sources. */
static unsigned int wall_s(void)
{
	const char *text = getenv("EDGE_LOAD_COMPILE_SECONDS");
	char *end;
	unsigned long given = text && *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;

	return given && !*end && given < 1000000 ? (unsigned int)given : WALL_S;
}

/* ---------------------------------------------------------------- in the child */

/* The caller's own limits may be lower, and can't be raised. Return: the effective limit. */
static rlim_t limited(int resource, rlim_t most, struct rlimit *limit)
{
	if (getrlimit(resource, limit))
		*limit = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	if (limit->rlim_cur > most)
		limit->rlim_cur = most;
	return limit->rlim_cur;
}

static int set_limit(int resource, rlim_t most)
{
	struct rlimit limit;

	limited(resource, most, &limit);
	/* SIGXCPU comes at the soft limit, and tells this death from others; SIGKILL comes at the
	 * hard limit. */
	if (resource == RLIMIT_CPU && limit.rlim_max > limit.rlim_cur + 1)
		limit.rlim_max = limit.rlim_cur + 1;
	else if (limit.rlim_max > most && resource != RLIMIT_CPU)
		limit.rlim_max = most;
	return setrlimit(resource, &limit);
}

/* AddressSanitizer has already mapped more than any limit, and the next mmap() would fail. */
static int limit_memory(void)
{
#ifdef __SANITIZE_ADDRESS__
	return 0;
#else
	return set_limit(RLIMIT_AS, (rlim_t)MEMORY_MIB << 20);
#endif
}

static int set_limits(void)
{
	unsigned int seconds = wall_s();

	/* A longer wall-clock limit also raises the limit of processor time. */
	return set_limit(RLIMIT_CPU, seconds > WALL_S ? seconds : CPU_S) || limit_memory() ||
			       set_limit(RLIMIT_FSIZE, (rlim_t)OUTPUT_MIB << 20) ||
			       set_limit(RLIMIT_CORE, 0)
		       ? -errno
		       : 0;
}

static int null_device(int flags)
{
	return open("/dev/null", flags | O_CLOEXEC);
}

/* For a requested number above RLIMIT_NOFILE, dup2() returns EBADF, and fcntl() EINVAL. */
static int no_number(int error)
{
	return error == EBADF || error == EINVAL ? -EMFILE : -error;
}

/* Put the descriptors in their places, @report behind them, and close all others. They are moved
 * out of the way first, because a place may be the source of another descriptor. Return: @report's
 * new number, or -errno. */
static int take_files(const struct el_run *run, int report)
{
	int count = 3 + (int)run->files_count, moved[3 + EL_RUN_FILES_MAX];

	for (int i = 0; i < count; i++) {
		int fd = i > 2	  ? run->files[i - 3]
			 : i == 0 ? run->in
			 : i == 1 ? run->out
				  : run->err;

		if (fd < 0)
			fd = null_device(i ? O_WRONLY : O_RDONLY);
		if (fd < 0)
			return -errno;
		moved[i] = fcntl(fd, F_DUPFD_CLOEXEC, count + 1);
		if (moved[i] < 0)
			return no_number(errno);
	}
	report = fcntl(report, F_DUPFD_CLOEXEC, count + 1);
	if (report < 0)
		return no_number(errno);
	for (int i = 0; i < count; i++)
		if (dup2(moved[i], i) < 0)
			return no_number(errno);
	if (dup3(report, count, O_CLOEXEC) < 0)
		return no_number(errno);
	closefrom(count + 1);
	return count;
}

/* Keep only the environment variables that name programs, headers and the language, if this process
 * has rights. All other variables are dropped: clang takes options, plugins and output files from
 * some (CCC_OVERRIDE_OPTIONS, COMPILER_PATH, DEPENDENCIES_OUTPUT), and each release has new
 * variables; and another user can read the environment of a program that runs as that user. */
static int forget_environment(void)
{
	static const char *const kept[] = {"PATH", "LD_LIBRARY_PATH", "CPATH", "C_INCLUDE_PATH",
					   "LANG", "LC_ALL",	      "TMPDIR"};
	const char *values[sizeof(kept) / sizeof(*kept)];
	const size_t count = sizeof(kept) / sizeof(*kept);

	for (size_t i = 0; i < count; i++)
		values[i] = getenv(kept[i]);
	if (clearenv())
		return -errno;
	for (size_t i = 0; i < count; i++)
		if (values[i] && setenv(kept[i], values[i], 1))
			return -errno;
	return 0;
}

/* A process can put input into its controlling terminal, so another user's program runs in a
 * session without a terminal. */
static int forget_caller(const struct el_run *run, bool has_rights)
{
	if (run->rights.is_owner && setsid() < 0)
		return -errno;
	return run->rights.is_owner || has_rights ? forget_environment() : 0;
}

/* Let the kernel kill this child when its parent, the process @parent, ends: its output is useless
 * then. The parent may have ended before this call. */
static int end_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		return -errno;
	if (getppid() != parent)
		_exit(1);
	return 0;
}

/* Become the program. If that fails, write the error to @report and exit. */
static void become(const struct el_run *run, const struct el_rights_groups *groups, int report,
		   pid_t parent)
{
	int moved = take_files(run, report), error = moved < 0 ? moved : set_limits();
	bool has_rights = !geteuid() || el_rights_any(); /* the next step gives these rights up */

	if (moved >= 0)
		report = moved;
	/* main() ignores SIGXFSZ, so that write(2) returns an error at the file size limit. */
	signal(SIGXFSZ, SIG_DFL);
	if (!error)
		error = el_rights_child(&run->rights, groups);
	if (!error)
		error = forget_caller(run, has_rights);
	if (!error)
		error = end_with(parent);
	if (!error) {
		if (run->environment)
			execvpe(run->words[0], (char *const *)run->words,
				(char *const *)run->environment);
		else
			execvp(run->words[0], (char *const *)run->words);
		error = -errno;
	}
	_exit(write(report, &error, sizeof(error)) < 0);
}

/* ---------------------------------------------------------------- in the parent */

static int wait_for(pid_t pid, int *status)
{
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* Return: 0; -ETIME the process was killed at the time limit; -errno. */
static int wait_limited(pid_t pid, int *status)
{
	_cleanup_fd_ int process = pidfd_open(pid, 0);
	struct pollfd ended = {.fd = process, .events = POLLIN};
	int error, got, limit = (int)wall_s() * 1000;

	do
		got = process < 0 ? -1 : poll(&ended, 1, limit);
	while (got < 0 && process >= 0 && errno == EINTR);
	if (got > 0)
		return wait_for(pid, status);
	error = got ? -errno : -ETIME;
	/* If the process belongs to another user and can't be killed, do not wait for it. */
	return kill(pid, SIGKILL) ? error : wait_for(pid, status) ?: error;
}

/* Return: 0 the program ran; otherwise the child's -errno. */
static int read_report(int fd)
{
	ssize_t got;
	int error = 0;

	do
		got = read(fd, &error, sizeof(error));
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : error;
}

int el_run(const struct el_run *run)
{
	struct el_rights_groups groups = {.count = 0};
	int report[2], status = 0, error, waited;
	pid_t pid, parent = getpid();

	if (run->files_count > EL_RUN_FILES_MAX)
		return -E2BIG;
	if (run->rights.is_owner)
		el_rights_groups(run->rights.uid, &groups);
	if (pipe2(report, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		become(run, &groups, report[1], parent);
	waited = pid < 0 ? -errno : 0;
	close(report[1]);
	/* Wait before reading the report, because the child may hang before it becomes the program.
	 */
	if (!waited)
		waited = wait_limited(pid, &status);
	error = waited ?: read_report(report[0]);
	close(report[0]);
	if (error)
		return error;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int el_run_file(const char *name, const void *bytes, size_t size)
{
	_cleanup_fd_ int fd = memfd_create(name, MFD_CLOEXEC);
	const char *at = bytes;

	if (fd < 0)
		return -errno;
	while (size) {
		ssize_t done = write(fd, at, size);

		if (done < 0)
			return -errno;
		at += done;
		size -= (size_t)done;
	}
	return TAKE_FD(fd);
}

int el_run_output_at_most(int fd, size_t most, char **out, size_t *size)
{
	off_t length = lseek(fd, 0, SEEK_END);

	if (length < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return (size_t)length > most ? -EFBIG : el_file_read_fd(fd, out, size);
}

int el_run_output(int fd, char **out, size_t *size)
{
	return el_run_output_at_most(fd, (size_t)OUTPUT_MIB << 20, out, size);
}

/* ---------------------------------------------------------------- which limit */

static bool lacks_memory(const char *said)
{
	/* Messages of the dynamic linker, LLVM, the C++ library and strerror(). */
	static const char *const words[] = {"failed to map segment", "out of memory", "bad_alloc",
					    "Cannot allocate memory"};

	for (size_t i = 0; said && i < sizeof(words) / sizeof(*words); i++)
		if (strcasestr(said, words[i]))
			return true;
	return false;
}

char *el_run_limit(int status, const char *said)
{
	unsigned int seconds = wall_s();
	struct rlimit limit;

	if (status == -ETIME)
		return el_format("it took longer than %u s", seconds);
	if (status == 128 + SIGXCPU)
		return el_format("it used more than %llu s of processor time (RLIMIT_CPU)",
				 (unsigned long long)limited(
					 RLIMIT_CPU, seconds > WALL_S ? seconds : CPU_S, &limit));
	if (status == 128 + SIGXFSZ)
		return el_format("its output is larger than %llu KiB (RLIMIT_FSIZE)",
				 (unsigned long long)limited(RLIMIT_FSIZE, (rlim_t)OUTPUT_MIB << 20,
							     &limit) >>
					 10);
	if (status && lacks_memory(said))
		return el_format(
			"it needs more than %llu MiB of memory (RLIMIT_AS)",
			(unsigned long long)limited(RLIMIT_AS, (rlim_t)MEMORY_MIB << 20, &limit) >>
				20);
	if (status == 128 + SIGKILL)
		return strdup("it was killed: the machine may be out of memory");
	return NULL;
}
