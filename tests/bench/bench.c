// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * bench: measures the cost of a packet in a chain and the duration of the commands, beside
 * alternatives. README.md explains the results.
 *
 * The bench runs in its own network namespace and mount namespace, with its own bpffs; they end
 * with this process.
 */
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

void bench_die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("bench: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static char *format_args(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		bench_die("no memory");
	return text;
}

char *bench_format(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = format_args(format, args);
	va_end(args);
	return text;
}

char *bench_path(const char *format, ...)
{
	char exe[PATH_MAX], *below, *path;
	ssize_t length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	va_list args;

	if (length < 0)
		bench_die("/proc/self/exe: %m");
	exe[length] = '\0';
	va_start(args, format);
	below = format_args(format, args);
	va_end(args);
	/* build/tests/bench/bench */
	path = bench_format("%s/%s", dirname(dirname(dirname(exe))), below);
	free(below);
	return path;
}

int bench_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), bench_compare);
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : NULL;
	char *path = bench_path("bench.json");

	if (argc > 2 || (only && strcmp(only, "packets") && strcmp(only, "commands")))
		bench_die("usage: bench [packets | commands]");
	if (geteuid())
		bench_die("needs root: it makes namespaces and loads BPF programs");
	world_enter();
	report_open();
	if (!only || !strcmp(only, "packets"))
		bench_packets();
	if (!only || !strcmp(only, "commands"))
		bench_commands();
	report_close(path);
	free(path);
	return 0;
}
