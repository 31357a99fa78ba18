// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Measures the duration of the commands, from fork to exit, as a user waits for them.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define ATTACH_ROUNDS 11
#define STATUS_ROUNDS 51
#define LOAD_ROUNDS   3
#define APPLY_ROUNDS  5
#define DEVICES	      40
#define PREFIXES      1000000

/* Fuse, verify and attach a chain, on a device without a chain. */
static void bench_attach(const char *of, const char *const *instances, size_t count)
{
	struct took took[ATTACH_ROUNDS];
	double median;
	char *edge_load = bench_path("bin/edge-load"), *what;
	const char *argv[32] = {edge_load, "attach", BENCH_DEVICE, "--quiet"};

	memcpy(argv + 4, instances, count * sizeof(*instances));
	for (size_t i = 0; i < ATTACH_ROUNDS; i++) {
		took[i] = world_run(argv);
		world_detach("xdp");
	}
	median = report_time("edge-load attach", of, took, ATTACH_ROUNDS);
	what = bench_format("attach %s", of);
	report_goal(what, median, "ms", true, 500);
	free(what);
	free(edge_load);
}

static void bench_attach_trivial(void)
{
	char *object = bench_path("tests/bench/functions/udp_ports.o"), *instances[10];

	for (size_t i = 0; i < ARRAY_SIZE(instances); i++)
		instances[i] = bench_format("f%zu=%s:number=%zu", i, object, i);
	bench_attach("ten of one function", (const char *const *)instances, ARRAY_SIZE(instances));
	for (size_t i = 0; i < ARRAY_SIZE(instances); i++)
		free(instances[i]);
	free(object);
}

/* All installed functions, and three of them a second time. */
static void bench_attach_shipped(void)
{
	static const char *const instances[] = {
		"before=count",
		"blocklist",
		"watched=blocklist:count_only=true",
		"ratelimit:pps=100000",
		"subnets=ratelimit:pps=1000000,prefix4=24",
		"echo:address=192.0.2.1",
		"dnat:address=192.0.2.1,port=443,to=198.51.100.1,to_port=8443",
		"dscp:dscp=10",
		"after=count:source=true",
		"route",
	};

	bench_attach("ten that ship", instances, ARRAY_SIZE(instances));
}

/* There is one chain; bpftool shows all programs of the machine. */
static void bench_status(void)
{
	struct took ours[STATUS_ROUNDS], theirs[STATUS_ROUNDS];
	double median;
	char *edge_load = bench_path("bin/edge-load");
	const char *status[] = {edge_load, "status", NULL};
	static const char *const show[] = {"bpftool", "prog", "show", NULL};
	static const char *const instances[] = {"blocklist", "count"};

	world_attach(instances, ARRAY_SIZE(instances), "xdp");
	for (size_t i = 0; i < STATUS_ROUNDS; i++) {
		ours[i] = world_run(status);
		theirs[i] = world_run(show);
	}
	median = report_time("edge-load status", "one chain", ours, STATUS_ROUNDS);
	report_goal("status / bpftool prog show",
		    median /
			    report_time("bpftool prog show", "all programs", theirs, STATUS_ROUNDS),
		    "times", true, 2);
	world_detach("xdp");
	free(edge_load);
}

/* Yields the same numbers in each run, so that runs can be compared. Source: Sebastiano Vigna,
 * splitmix64 (public domain). */
static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Clear the bits after the first @bits. */
static void mask(uint8_t *address, size_t size, unsigned int bits)
{
	for (size_t i = 0; i < size; i++)
		if (i * 8 >= bits)
			address[i] = 0;
		else if (i * 8 + 8 > bits)
			address[i] &= (uint8_t)(0xff << (i * 8 + 8 - bits));
}

/* Write an IPv4 prefix of 8 to 32 bits, or an IPv6 prefix of 16 to 128 bits in 2000::/3. Most
 * prefixes are long, as in real lists. */
static void write_prefix(FILE *file, uint64_t *state, bool ip6)
{
	uint64_t words[2] = {random_next(state), random_next(state)};
	unsigned int least = ip6 ? 16 : 8, most = ip6 ? 128 : 32;
	unsigned int a = (unsigned int)(random_next(state) % (most - least + 1)),
		     b = (unsigned int)(random_next(state) % (most - least + 1));
	unsigned int bits = least + (a > b ? a : b);
	uint8_t address[16];
	char text[INET6_ADDRSTRLEN];

	memcpy(address, words, sizeof(address));
	if (ip6)
		address[0] = 0x20 | (address[0] & 0x1f);
	mask(address, ip6 ? 16 : 4, bits);
	fprintf(file, "%s/%u\n", inet_ntop(ip6 ? AF_INET6 : AF_INET, address, text, sizeof(text)),
		bits);
}

/* A file in memory. */
static int write_prefixes(void)
{
	int fd = memfd_create("prefixes", 0);
	FILE *file = fd < 0 ? NULL : fdopen(dup(fd), "w");
	uint64_t state = 1;

	if (!file)
		bench_die("can't make a file: %m");
	for (size_t i = 0; i < PREFIXES; i++)
		write_prefix(file, &state, i & 1);
	if (fclose(file))
		bench_die("can't write a million prefixes: %m");
	return fd;
}

static void bench_load(void)
{
	static const char *const instance = "blocklist";
	struct took took[LOAD_ROUNDS];
	int fd = write_prefixes();
	char *edge_load = bench_path("bin/edge-load"), *file = bench_format("/dev/fd/%d", fd);
	const char *load[] = {edge_load, "map", "load", BENCH_DEVICE "/xdp/blocklist/blocked",
			      file,	 NULL};

	for (size_t i = 0; i < LOAD_ROUNDS; i++) {
		world_attach(&instance, 1, "xdp");
		took[i] = world_run(load);
		world_detach("xdp");
	}
	report_goal("a million prefixes into blocklist",
		    report_time("edge-load map load", "a million prefixes", took, LOAD_ROUNDS) /
			    1e3,
		    "s", true, 5);
	close(fd);
	free(edge_load);
	free(file);
}

/* ---------------------------------------------------------------- one manifest, many devices */

static void add_devices(void)
{
	for (size_t i = 0; i < DEVICES; i++) {
		char *name = bench_format("many%zu", i), *peer = bench_format("peer%zu", i);
		const char *add[] = {"ip",   "link", "add",  name, "type",
				     "veth", "peer", "name", peer, NULL};
		const char *up[] = {"ip", "link", "set", name, "up", NULL};

		world_run(add);
		world_run(up);
		free(name);
		free(peer);
	}
}

/* Return: the path of a manifest for the devices that the pattern @devices names. */
static char *write_manifest(const char *devices)
{
	char *path = bench_format("/tmp/edge-load-bench.XXXXXX");
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (!file)
		bench_die("can't make %s: %m", path);
	fprintf(file,
		"version: 1\nchains:\n- device: \"%s\"\n"
		"  instances: [blocklist, dscp, ratelimit]\n",
		devices);
	if (fclose(file))
		bench_die("can't write %s: %m", path);
	return path;
}

/* Apply a manifest to devices without chains, and again without a change. */
static void time_apply(const char *devices, const char *of, double *first, double *again)
{
	char *edge_load = bench_path("bin/edge-load"), *manifest = write_manifest(devices),
	     *unchanged = bench_format("%s, unchanged", of);
	const char *apply[] = {edge_load, "apply", manifest, "--quiet", NULL};
	const char *detach[] = {edge_load, "detach", "--all", "--quiet", NULL};
	struct took firsts[APPLY_ROUNDS], agains[APPLY_ROUNDS];

	for (size_t i = 0; i < APPLY_ROUNDS; i++) {
		firsts[i] = world_run(apply);
		agains[i] = world_run(apply);
		world_run(detach);
	}
	*first = report_time("edge-load apply", of, firsts, APPLY_ROUNDS);
	*again = report_time("edge-load apply", unchanged, agains, APPLY_ROUNDS);
	unlink(manifest);
	free(edge_load);
	free(manifest);
	free(unchanged);
}

static void bench_apply(void)
{
	double one, one_again, many, many_again;

	add_devices();
	time_apply("many0", "one device", &one, &one_again);
	time_apply("many*", "forty devices", &many, &many_again);
	report_goal("apply to forty devices / to one", many / one, "times", true, 12);
	report_goal("the same, unchanged", many_again / one_again, "times", true, 12);
}

void bench_commands(void)
{
	bench_attach_trivial();
	bench_attach_shipped();
	bench_status();
	bench_load();
	bench_apply();
}
