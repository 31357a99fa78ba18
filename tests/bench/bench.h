/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef BENCH_H
#define BENCH_H
/*
 * What the files of the bench share. Whatever can't be measured ends the bench with a message and
 * status 1 (bench_die()): figures with holes in them are no figures. A goal that is missed does
 * not.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_DEVICE  "bench0"
#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))

/* bench.c */
__attribute__((format(printf, 1, 2), noreturn)) void bench_die(const char *format, ...);
/* A path below build/, from a format; the caller owns it. */
__attribute__((format(printf, 1, 2))) char *bench_path(const char *format, ...);
__attribute__((format(printf, 1, 2))) char *bench_format(const char *format, ...);
int bench_compare(const void *a, const void *b);   /* doubles, for qsort() */
double bench_median(double *values, size_t count); /* sorts them */

/* bench_world.c: the place to measure in, and programs run in it. */
void world_enter(void);
/* What a program took: by the clock, and of the processors, its children's included. */
struct took {
	double ms, cpu_ms;
};

struct took world_run(const char *const *argv); /* its stdout is lost */
void world_attach(const char *const *instances, size_t count, const char *hook);
void world_detach(const char *hook);
int world_pin(const char *hook, const char *name); /* a descriptor of what is pinned there */

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
