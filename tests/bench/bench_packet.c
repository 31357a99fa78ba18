// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Measures the cost of a packet: in the chain that edge-load fuses, and in other shapes that do the
 * same work, each run a million times on one packet in the kernel (BPF_PROG_TEST_RUN).
 *
 * The shapes run in turn, so that a disturbance of the machine affects all of them. The time of a
 * round's empty program is subtracted from the other times of the round, and the median over the
 * rounds is reported. The bench measures processor time of this thread, which excludes other
 * processes. Afterwards every function must have counted every packet, or the bench ends: a shape
 * that does less work than it should is not compared.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_cls.h>

#include "bench.h"

#define REPEAT	      1000000
#define ROUNDS	      21
#define FUNCTIONS_MAX 32
#define TEN	      10

struct shape {
	const char *name, *prefix; /* file and program name; suffix of the program's name */
	size_t functions;
	struct bpf_object *object; /* NULL for the fused shapes */
	int program;
	int maps[FUNCTIONS_MAX]; /* of each function */
	double ns[ROUNDS];	 /* per packet, less the floor, except for the empty program */
};

struct hook {
	const char *name, *suffix;
	uint32_t verdict; /* return value of a program that lets a packet pass */
};

static const struct hook hooks[] = {
	{"xdp", "xdp", XDP_PASS},
	{"tc-ingress", "tc", (uint32_t)TC_ACT_UNSPEC},
};

/* The order is the order of the table. */
enum { EMPTY, MONO, DISPATCHER, TAILCALLS, FUSED };
static const size_t fused_functions[] = {1, 2, 5, TEN, 20, FUNCTIONS_MAX};
#define FUSED_TEN (FUSED + 3)
#define SHAPES	  (FUSED + ARRAY_SIZE(fused_functions))

static const struct shape shapes[SHAPES] = {
	[EMPTY] = {"empty", "empty", 0},
	[MONO] = {"one program written by hand", "mono", TEN},
	[DISPATCHER] = {"libxdp's dispatcher", "dispatcher", TEN},
	[TAILCALLS] = {"tail calls", "tailcalls_0", TEN},
};

/* Ethernet, IPv4, UDP from port 4096 to port 8193, 64 bytes in total. The addresses are for
 * documentation (RFC 5737). */
static const uint8_t packet[64] = {2,	 0, 0,	 0,  0,	  1, 2,	   0, 0,    0,	0, 2, 8,   0,
				   0x45, 0, 0,	 50, 0,	  0, 0,	   0, 64,   17, 0, 0, 192, 0,
				   2,	 1, 198, 51, 100, 2, 0x10, 0, 0x20, 1,	0, 30};

static void open_object(struct shape *shape, const struct hook *hook)
{
	/* "tailcalls_0" is a program of tailcalls.bpf.o. */
	char *path = bench_path("tests/bench/%.*s.bpf.o", (int)strcspn(shape->prefix, "_"),
				shape->prefix);
	char *name = bench_format("%s_%s", shape->prefix, hook->suffix);
	struct bpf_program *program;

	shape->object = bpf_object__open_file(path, NULL);
	if (!shape->object || bpf_object__load(shape->object))
		bench_die("can't load %s: %s", path, strerror(errno));
	program = bpf_object__find_program_by_name(shape->object, name);
	if (!program)
		bench_die("%s has no %s", path, name);
	shape->program = bpf_program__fd(program);
	for (size_t i = 0; i < shape->functions; i++) {
		char *map = bench_format("ports_%zu", i);

		shape->maps[i] = bpf_object__find_map_fd_by_name(shape->object, map);
		free(map);
	}
	free(path);
	free(name);
}

/* Open the fused chain: the edge-load command attaches it, and its pins are opened. */
static void open_fused(struct shape *shape, const struct hook *hook)
{
	char *object = bench_path("tests/bench/functions/udp_ports.o");
	char *instances[FUNCTIONS_MAX];

	for (size_t i = 0; i < shape->functions; i++)
		instances[i] = bench_format("f%zu=%s:number=%zu", i, object, i);
	world_attach((const char *const *)instances, shape->functions, hook->name);
	shape->program = world_pin(hook->name, "prog");
	for (size_t i = 0; i < shape->functions; i++) {
		char *pin = bench_format("f%zu/ports", i);

		shape->maps[i] = world_pin(hook->name, pin);
		free(pin);
		free(instances[i]);
	}
	/* The descriptors keep the chain's objects loaded; the next chain shall have its own
	 * maps. */
	world_detach(hook->name);
	free(object);
}

static void open_shapes(struct shape *all, const struct hook *hook)
{
	memcpy(all, shapes, sizeof(shapes));
	for (size_t i = 0; i < FUSED; i++)
		open_object(&all[i], hook);
	for (size_t i = FUSED; i < SHAPES; i++) {
		all[i].name = "fused by edge-load";
		all[i].functions = fused_functions[i - FUSED];
		open_fused(&all[i], hook);
	}
}

static void close_shapes(struct shape *all)
{
	for (size_t i = 0; i < SHAPES; i++) {
		if (all[i].object) {
			bpf_object__close(all[i].object);
			continue;
		}
		for (size_t j = 0; j < all[i].functions; j++)
			close(all[i].maps[j]);
		close(all[i].program);
	}
}

static double thread_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Return: nanoseconds per packet. The duration that the kernel reports has no fractions. */
static double run(const struct shape *shape, const struct hook *hook)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = REPEAT);
	double start = thread_ns();

	if (bpf_prog_test_run_opts(shape->program, &opts))
		bench_die("can't run %s: %s", shape->name, strerror(errno));
	if (opts.retval != hook->verdict)
		bench_die("%s returns %u, not %u", shape->name, opts.retval, hook->verdict);
	return (thread_ns() - start) / REPEAT;
}

/* Return: the packets that one function counted, over all processors and ports. */
static uint64_t counted(int map)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t sum = 0, *values = calloc((size_t)cpus, sizeof(*values));

	if (!values)
		bench_die("no memory");
	for (uint32_t key = 0; key < 64; key++) {
		if (bpf_map_lookup_elem(map, &key, values))
			bench_die("can't read a counter: %s", strerror(errno));
		for (int cpu = 0; cpu < cpus; cpu++)
			sum += values[cpu];
	}
	free(values);
	return sum;
}

static void check_counts(const struct shape *shape, uint64_t packets)
{
	for (size_t i = 0; i < shape->functions; i++)
		if (counted(shape->maps[i]) != packets)
			bench_die("%s: function %zu counted %llu packets of %llu", shape->name, i,
				  (unsigned long long)counted(shape->maps[i]),
				  (unsigned long long)packets);
}

static void measure(struct shape *all, const struct hook *hook)
{
	for (size_t i = 0; i < SHAPES; i++) /* warm-up */
		run(&all[i], hook);
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < SHAPES; i++)
			all[i].ns[round] = run(&all[i], hook);
		for (size_t i = EMPTY + 1; i < SHAPES; i++)
			all[i].ns[round] -= all[EMPTY].ns[round];
	}
	for (size_t i = 0; i < SHAPES; i++)
		check_counts(&all[i], (uint64_t)REPEAT * (ROUNDS + 1));
}

/* Return: the slope of the line through (functions, ns), by least squares. */
static double slope(const struct shape *fused, const double *medians, size_t count)
{
	double x = 0, y = 0, xx = 0, xy = 0, n = (double)count;

	for (size_t i = 0; i < count; i++) {
		double functions = (double)fused[i].functions;

		x += functions;
		y += medians[i];
		xx += functions * functions;
		xy += functions * medians[i];
	}
	return (n * xy - x * y) / (n * xx - x * x);
}

static void report(struct shape *all, const struct hook *hook)
{
	double medians[SHAPES];
	char *what;

	for (size_t i = 0; i < SHAPES; i++) {
		medians[i] = bench_median(all[i].ns, ROUNDS); /* sorts ns, for the quartiles */
		report_cost(hook->name, all[i].name, all[i].functions, medians[i],
			    all[i].ns[ROUNDS / 4], all[i].ns[ROUNDS - 1 - ROUNDS / 4]);
	}
	what = bench_format("%s: ten fused / written by hand", hook->name);
	report_goal(what, medians[FUSED_TEN] / medians[MONO], "times", true, 1.2);
	free(what);
	what = bench_format("%s: libxdp's dispatcher / ten fused", hook->name);
	report_goal(what, medians[DISPATCHER] / medians[FUSED_TEN], "times", false, 4);
	free(what);
	what = bench_format("%s: each further function", hook->name);
	report_goal(what, slope(all + FUSED, medians + FUSED, SHAPES - FUSED), "ns", true, 3);
	free(what);
}

/* Use one processor for all rounds, since a migration during a round would be measured, too. */
static void stay_here(cpu_set_t *before)
{
	cpu_set_t one;
	int cpu = sched_getcpu();

	CPU_ZERO(&one);
	CPU_SET(cpu < 0 ? 0 : cpu, &one);
	if (sched_getaffinity(0, sizeof(*before), before) ||
	    sched_setaffinity(0, sizeof(one), &one))
		bench_die("can't stay on one processor: %m");
}

void bench_packets(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		struct shape all[SHAPES];
		cpu_set_t before;

		open_shapes(all, &hooks[i]);
		stay_here(&before);
		measure(all, &hooks[i]);
		sched_setaffinity(0, sizeof(before), &before);
		report(all, &hooks[i]);
		close_shapes(all);
	}
}
