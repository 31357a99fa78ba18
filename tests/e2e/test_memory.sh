#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# One allocation fails after the other, in each command that reads: its answer is the whole one, or it says why not and ends
# with another status; never is it empty, shorter or wrong with success.
#
# EDGE_MEMORY_EVERY=N: each Nth allocation, from a number on that differs (13).
. "$(dirname "$0")/lib.sh"

every=${EDGE_MEMORY_EVERY:-13}
cat >"$work/short.c" <<'END'
/* The allocation of number SHORT_AT fails, in this process alone; how many there were goes to SHORT_COUNT. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
static long at, number;
__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("SHORT_AT");

	at = text ? atol(text) : 0;
	unsetenv("LD_PRELOAD");
}
static int fails(void)
{
	if (++number != at)
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
__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("SHORT_COUNT");

	if (path)
		dprintf(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), "%ld\n", number);
}
END
gcc -O1 -shared -fPIC -o "$work/short.so" "$work/short.c"

# short WORDS...: edge-load, with $at failing
short() { on edge env LD_PRELOAD="$work/short.so" SHORT_AT="$at" "$build/bin/edge-load" "$@"; }

# whole_or_told WORDS...
whole_or_told() {
	local at=0 count status whole wrong=''

	SHORT_COUNT=$work/count short "$@" >"$work/whole" 2>/dev/null
	whole=$?
	count=$(<"$work/count")
	for ((at = 1 + RANDOM % every; at <= count; at += every)); do
		short "$@" >"$work/out" 2>"$work/err"
		status=$?
		if [ "$status" -gt 128 ]; then
			wrong+=" $at:died"
		elif [ "$status" -ne 0 ] && [ ! -s "$work/err" ]; then
			[ "$status" -eq "$whole" ] || wrong+=" $at:silent"
		elif [ "$status" -eq "$whole" ] && ! cmp -s "$work/whole" "$work/out"; then
			wrong+=" $at:other"
		fi
	done
	ok "$*: $count allocations, counted" [ "$count" -gt 100 ]
	is "$*: whole, or told" "$wrong" ""
}

edge-load -q attach edge0 blocklist count
edge-load -q attach edge0 blocklist count:source=true
edge-load -q attach edge0 --hook tc-ingress count
edge-load -q map set edge0/xdp/blocklist/blocked 192.0.2.0/24 packets=3
edge-load -q map set edge0/xdp/blocklist/blocked 198.51.100.0/24
for words in "-j status" status "-j stats" stats "map list" "-j map list" "map dump edge0/xdp/blocklist/blocked" \
	"-j map dump edge0/xdp/blocklist/blocked" "map get edge0/xdp/blocklist/blocked 192.0.2.0/24" "-j inspect blocklist" \
	"inspect blocklist" "-j history edge0" "history edge0" "diff edge0 1" "map save edge0 -"; do
	read -ra list <<<"$words"
	whole_or_told "${list[@]}"
done

finish
