/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef BENCH_H
#define BENCH_H
/*
 * Functions that the files of the bench share. A failed measurement ends the bench with a message
 * and status 1 (bench_die()), since incomplete figures are of no use. A missed goal does not end
 * it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_DEVICE  "bench0"
#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))

/* bench.c */
__attribute__((format(printf, 1, 2), noreturn)) void bench_die(const char *format, ...);
/* Build a path below build/ from a format; the caller owns the path. */
__attribute__((format(printf, 1, 2))) char *bench_path(const char *format, ...);
__attribute__((format(printf, 1, 2))) char *bench_format(const char *format, ...);
int bench_compare(const void *a, const void *b);   /* doubles, for qsort() */
double bench_median(double *values, size_t count); /* sorts them */

/* bench_world.c: the place of the measurements, and programs that run in it. */
void world_enter(void);
/* Time that a program took: by the clock, and of the processors, including its children. */
struct took {
	double ms, cpu_ms;
};

struct took world_run(const char *const *argv); /* the program's stdout is discarded */
void world_attach(const char *const *instances, size_t count, const char *hook);
void world_detach(const char *hook);
int world_pin(const char *hook, const char *name); /* a descriptor of the object pinned as @name */

/* bench_report.c */
void report_open(void);
void report_cost(const char *hook, const char *shape, size_t functions, double ns, double low,
		 double high);
/* Return: the median by the clock, in ms. */
double report_time(const char *what, const char *of, struct took *took, size_t count);
void report_goal(const char *what, double value, const char *unit, bool at_most, double goal);
void report_close(const char *path);

/* bench_packet.c, bench_command.c: the measurements. */
void bench_packets(void);
void bench_commands(void);

#endif
