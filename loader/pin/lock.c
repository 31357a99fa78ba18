// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Locks on pins. A lock is a flock() on a folder: it ends with the process, however the process
 * ends, and needs no file of its own.
 *
 *   BPFFS/edge                     exclusive: a command that applies a manifest to all chains;
 *                                  shared: a command that applies it to one device
 *   BPFFS/edge/shared              exclusive: a command that changes the meaning of the names of
 *                                  shared maps; shared: a command that changes entries by such
 *                                  a name
 *   BPFFS/edge/DEVICE/HOOK:lock    exclusive: a command that changes the chain
 *   BPFFS/edge/DEVICE/HOOK:7       the maps of a generation. Shared: commands that change entries;
 *                                  exclusive: a command that copies entries to or from the maps of
 *                                  another generation
 *
 * Locks are taken in this order, and locks of chains in a fixed order, so that two processes never
 * wait for each other; a process that changes entries waits for no further lock. Waiting processes
 * queue in the kernel, and get the lock in the order of their arrival. A folder may be removed
 * while a process waits for its lock, so the path is checked again: a lock is valid only if the
 * path still leads to the locked folder.
 */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "kernel/bpffs.h"
#include "pin/pin.h"
#include "base/reason.h"

enum {
	TRIES_MAX = 1000,
	AGAIN_NS = 10 * 1000 * 1000,
	ENTRIES_PATIENCE_MS = 60000, /* copying a table with millions of entries takes seconds */
};

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid /* glibc before 2.38 */
#endif

/* Does nothing: the signal's arrival ends flock() with EINTR. */
static void wake(int signal)
{
	(void)signal;
}

/* Start a timer that ends this thread's flock() @wait_ms from now. If the signal arrives before
 * flock() waits, the timer's next signal ends it. */
static int timer_start(double wait_ms, timer_t *out)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
	struct itimerspec time = {.it_interval.tv_nsec = AGAIN_NS};

	event.sigev_notify_thread_id = gettid();
	time.it_value.tv_sec = (time_t)(wait_ms / 1e3);
	time.it_value.tv_nsec =
		(long)((wait_ms - (double)time.it_value.tv_sec * 1e3) * 1e6) | 1; /* 0 disarms it */
	if (timer_create(CLOCK_MONOTONIC, &event, out))
		return -errno;
	if (!timer_settime(*out, 0, &time, NULL))
		return 0;
	timer_delete(*out);
	return -errno;
}

/* The kind of a lock, and the time up to which to wait for it. */
struct claim {
	int how; /* LOCK_SH or LOCK_EX */
	double until_ms;
};

static int queue(int fd, const struct claim *claim)
{
	while (flock(fd, claim->how)) {
		if (errno != EINTR)
			return -errno;
		if (el_now_ms() >= claim->until_ms)
			return -EBUSY;
	}
	return 0;
}

static int queue_for_a_time(int fd, const struct claim *claim)
{
	struct sigaction action = {.sa_handler = wake}, before;
	double wait_ms = claim->until_ms - el_now_ms();
	sigset_t alarm, mask;
	timer_t timer;
	int error;

	if (wait_ms <= 0)
		return -EBUSY;
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigaction(SIGALRM, &action, &before);
	pthread_sigmask(SIG_UNBLOCK, &alarm, &mask);
	error = timer_start(wait_ms, &timer);
	if (!error) {
		error = queue(fd, claim);
		timer_delete(timer);
	}
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	sigaction(SIGALRM, &before, NULL);
	return error;
}

/* Return: 0; -EBUSY another process still has the lock at @claim's time; or another -errno. */
static int lock_until(int fd, const struct claim *claim)
{
	if (!flock(fd, claim->how | LOCK_NB))
		return 0;
	if (errno != EWOULDBLOCK)
		return -errno;
	return isinf(claim->until_ms) ? queue(fd, claim) : queue_for_a_time(fd, claim);
}

/* Return: 0; -EBUSY another process still has the lock at @claim's time; -ENOENT, -ESTALE the folder
 * does not exist, or was removed; or another -errno. No error is noted. */
static int take(const struct el_context *context, const char *path, const struct claim *claim,
		int *out)
{
	_cleanup_fd_ int fd = el_bpffs_open(context->bpffs, path, O_RDONLY), again = -1;
	struct stat mine, there;
	int error;

	if (fd < 0)
		return fd;
	error = lock_until(fd, claim);
	if (error)
		return error;
	again = el_bpffs_open(context->bpffs, path, O_PATH);
	if (again < 0)
		return again;
	if (fstat(fd, &mine) || fstat(again, &there) || mine.st_ino != there.st_ino)
		return -ESTALE;
	*out = TAKE_FD(fd);
	return 0;
}

static int cannot(struct el_context *context, const char *path, int error)
{
	return el_fail(context, EL_FAILED, -error, NULL, "can't lock %s: %s", path,
		       el_reason(EL_OP_SYSTEM, -error));
}

/* A claim on a chain, for the context's time to wait. */
static struct claim claim_chain(const struct el_context *context, int how)
{
	return (struct claim){how, el_now_ms() + context->wait_ms};
}

/* A claim on entries, or on the names of shared maps. */
static struct claim claim_entries(const struct el_context *context, int how)
{
	double patience = ENTRIES_PATIENCE_MS;

	return (struct claim){
		how, el_now_ms() + (context->wait_ms > patience ? context->wait_ms : patience)};
}

static const char *const hint = "try again later, or use --wait";

static int comes_and_goes(struct el_context *context, const char *path)
{
	return el_fail(context, EL_CONFLICT, EBUSY, "try again",
		       "%s is created and removed repeatedly by another process", path);
}

static bool is_gone(int error)
{
	return error == -ENOENT || error == -ESTALE;
}

/* Like take(), for a top-level folder, which is made if it does not exist. Notes its errors, except
 * -EBUSY. */
static int take_top(struct el_context *context, const char *path, const struct claim *claim,
		    int *lock_fd)
{
	int error = -ENOENT;

	for (int tries = 0; is_gone(error) && tries < TRIES_MAX; tries++) {
		error = el_pin_make_folder(context, context->root);
		if (!error)
			error = el_pin_make_folder(context, path);
		if (error == -ENOENT)
			continue;
		if (error)
			return error;
		error = take(context, path, claim, lock_fd);
	}
	if (is_gone(error))
		return comes_and_goes(context, path);
	return !error || error == -EBUSY ? error : cannot(context, path, error);
}

int el_pin_lock_all(struct el_context *context, bool alone, int *lock_fd)
{
	const struct claim claim = claim_chain(context, alone ? LOCK_EX : LOCK_SH);
	int error = take_top(context, context->root, &claim, lock_fd);

	return error == -EBUSY ? el_fail(context, EL_CONFLICT, EBUSY, hint,
					 "another edge-load is applying a manifest")
			       : error;
}

int el_pin_lock_shared(struct el_context *context, const char *folder, int *lock_fd)
{
	const struct claim claim = claim_entries(context, LOCK_EX);
	int error = take_top(context, folder, &claim, lock_fd);

	return error == -EBUSY
		       ? el_fail(context, EL_CONFLICT, EBUSY, "try again later, or use --wait",
				 "another edge-load is changing shared maps")
		       : error;
}

int el_pin_try_shared(struct el_context *context, const char *folder, int *lock_fd)
{
	return take(context, folder, &(struct claim){.how = LOCK_EX}, lock_fd);
}

int el_pin_lock(struct el_context *context, const struct el_site *site, int *lock_fd)
{
	_cleanup_free_ char *path = el_pin_path(context, site, EL_WHICH(LOCK), NULL);
	const struct claim claim = claim_chain(context, LOCK_EX);
	int error = el_pin_check_bpffs(context);

	if (error)
		return error;
	if (!path)
		return el_fail_memory(context);
	error = -ENOENT;
	for (int tries = 0; is_gone(error) && tries < TRIES_MAX; tries++) {
		error = el_pin_make_folders(context, site);
		/* A detach at the device's other hook may remove the folder above this one. */
		if (error == -ENOENT)
			continue;
		if (error)
			return error;
		error = take(context, path, &claim, lock_fd);
	}
	if (error == -EBUSY)
		return el_fail(context, EL_CONFLICT, EBUSY, hint,
			       "another edge-load is changing %s %s", site->device,
			       el_hook_name(site->hook));
	if (is_gone(error))
		return comes_and_goes(context, path);
	return error ? cannot(context, path, error) : 0;
}

/* ---------------------------------------------------------------- entries */

int el_pin_lock_entries(struct el_context *context, const struct el_site *site,
			struct el_which which, int *lock_fd)
{
	_cleanup_free_ char *path = el_pin_path(context, site, which, NULL);
	const struct claim claim = claim_entries(context, LOCK_EX);
	int error = path ? take(context, path, &claim, lock_fd) : -ENOMEM;

	if (error == -EBUSY)
		return el_fail(context, EL_CONFLICT, EBUSY, "try again later, or use --wait",
			       "another edge-load is changing entries of %s %s", site->device,
			       el_hook_name(site->hook));
	return error ? cannot(context, path ? path : "", error) : 0;
}

int el_pin_hold_entries(struct el_context *context, const char *folder, bool alone, int *lock_fd)
{
	const struct claim claim = claim_entries(context, alone ? LOCK_EX : LOCK_SH);
	int error = -ESTALE;

	/* A swap moves the path to another generation's folder. */
	for (int tries = 0; error == -ESTALE && tries < TRIES_MAX; tries++)
		error = take(context, folder, &claim, lock_fd);
	if (error == -EBUSY)
		return el_fail(context, EL_CONFLICT, EBUSY, "try again later, or use --wait",
			       "another edge-load is changing entries below %s", folder);
	if (error == -ESTALE)
		return comes_and_goes(context, folder);
	return error;
}
