# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Allocations that fail: one of a command's, by its number. Sourced behind lib.sh.
# The numbers are the same in each run; EDGE_MEMORY_SEED=N (1) chooses others.
RANDOM=${EDGE_MEMORY_SEED:-1}

cat >"$work/short.c" <<'END'
/* The allocation of number SHORT_AT fails, in this process and what it forks; how many there were goes to SHORT_COUNT. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
static long at, *number; /* counted together with the processes that are forked */
__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("SHORT_AT");

	at = text ? atol(text) : 0;
	number = mmap(NULL, sizeof(*number), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsetenv("LD_PRELOAD");
}
static int spared; /* glibc 2.36 dies of a lack in getpwuid() (nss/nss_database.c) */
static int fails(void)
{
	if (spared || !number || __sync_add_and_fetch(number, 1) != at)
		return 0;
	errno = ENOMEM;
	return 1;
}
void *malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return fails() ? NULL : __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { return fails() ? NULL : __libc_realloc(old, size); }
void *reallocarray(void *old, size_t count, size_t size)
{
	size_t all;

	return __builtin_mul_overflow(count, size, &all) || fails() ? NULL : __libc_realloc(old, all);
}
struct passwd *getpwuid(uid_t user)
{
	struct passwd *(*next)(uid_t) = (struct passwd * (*)(uid_t))dlsym(RTLD_NEXT, "getpwuid");
	struct passwd *found;

	spared = 1;
	found = next(user);
	spared = 0;
	return found;
}
__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("SHORT_COUNT");

	if (path)
		dprintf(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), "%ld\n", *number);
}
END
gcc -O1 -shared -fPIC -o "$work/short.so" "$work/short.c"

# short WORDS...: edge-load, with $at failing
short() { on edge env LD_PRELOAD="$work/short.so" SHORT_AT="$at" "$build/bin/edge-load" "$@"; }
