// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Rates between two readings. Chains are opened again at each reading, to notice swaps, new chains
 * and detached chains; an instance is identified by device, hook and name. On a terminal each
 * reading replaces the last reading. Otherwise lines are appended; with -j, one JSON array a line.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "report.h"
#include "watch.h"

struct reading {
	char device[64], name[64], function[256];
	enum edge_hook hook;
	uint64_t packets, bytes, dropped;
};

struct readings {
	struct reading *reading;
	size_t count;
	struct timespec time;
};

static void readings_free(struct readings *readings)
{
	free(readings->reading);
}

static int add_chain(struct cli *cli, const struct el_chain *chain, struct readings *out)
{
	const struct el_chain_report *report = el_chain_report(chain);
	_cleanup_counters_ struct el_counters *counters = NULL;
	struct reading *longer;

	if (report->state == EL_STATE_UNREADABLE)
		return 0;
	if (el_counters_read(cli->context, chain, &counters))
		return cli_fail(cli);
	longer = reallocarray(out->reading, out->count + counters->count + 1, sizeof(*longer));
	if (!longer)
		return cli_no_memory(cli);
	out->reading = longer;
	for (size_t i = 0; i < counters->count; i++) {
		const struct el_instance_counters *count = &counters->instances[i];
		struct reading *reading = &longer[out->count++];

		*reading = (struct reading){
			.hook = report->hook,
			.packets = count->entered.packets,
			.bytes = count->entered.bytes,
			.dropped = count->verdicts[EDGE_DROP].packets,
		};
		snprintf(reading->device, sizeof(reading->device), "%s", report->device);
		snprintf(reading->name, sizeof(reading->name), "%s", report->instances[i].name);
		snprintf(reading->function, sizeof(reading->function), "%s",
			 report->instances[i].function);
	}
	return 0;
}

static int read_all(struct cli *cli, const char *device, struct readings *out)
{
	_cleanup_chains_ struct el_chains chains = {0};
	int status = 0;

	*out = (struct readings){0};
	if (el_chains_open(cli->context, device, &chains))
		return cli_fail(cli);
	clock_gettime(CLOCK_MONOTONIC, &out->time);
	for (size_t i = 0; i < chains.count && !status; i++)
		status = add_chain(cli, chains.list[i], out);
	return status;
}

static const struct reading *find(const struct readings *readings, const struct reading *like)
{
	for (size_t i = 0; i < readings->count; i++) {
		const struct reading *reading = &readings->reading[i];

		if (reading->hook == like->hook && !strcmp(reading->device, like->device) &&
		    !strcmp(reading->name, like->name))
			return reading;
	}
	return NULL;
}

struct rates {
	double packets, bits, dropped; /* a second */
};

/* A counter that decreased belongs to a chain that was detached and attached again: it started at
 * 0. */
static double rate(uint64_t now, uint64_t before, double seconds)
{
	return (double)(now >= before ? now - before : now) / seconds;
}

static struct rates rates_of(const struct reading *now, const struct reading *before,
			     double seconds)
{
	static const struct reading zero;

	if (!before)
		before = &zero;
	return (struct rates){
		.packets = rate(now->packets, before->packets, seconds),
		.bits = 8 * rate(now->bytes, before->bytes, seconds),
		.dropped = rate(now->dropped, before->dropped, seconds),
	};
}

static double seconds_between(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) + (double)(to->tv_nsec - from->tv_nsec) / 1e9;
}

static int print_json(const struct cli *cli, const struct readings *before,
		      const struct readings *now, double seconds)
{
	_cleanup_json_ json_t *all = json_array();

	(void)cli;
	for (size_t i = 0; i < now->count; i++) {
		const struct reading *reading = &now->reading[i];
		struct rates rates = rates_of(reading, find(before, reading), seconds);

		json_array_append_new(
			all, output_object("{s:s, s:s, s:s, s:s, s:f, s:f, s:f}", "device",
					   reading->device, "hook", el_hook_name(reading->hook),
					   "name", reading->name, "function", reading->function,
					   "packets_per_second", rates.packets, "bits_per_second",
					   rates.bits, "drops_per_second", rates.dropped));
	}
	return output_json_line(TAKE_PTR(all));
}

static int print_text(const struct cli *cli, const struct readings *before,
		      const struct readings *now, double seconds)
{
	static const struct output_column columns[] = {
		{"DEVICE", false}, {"HOOK", false},  {"INSTANCE", false}, {"FUNCTION", false},
		{"PPS", true},	   {"MBIT/S", true}, {"DROPS/S", true},	  {0}};
	_cleanup_table_ struct output_table *table = output_table_new(cli, columns);

	for (size_t i = 0; i < now->count; i++) {
		const struct reading *reading = &now->reading[i];
		struct rates rates = rates_of(reading, find(before, reading), seconds);

		output_row(table);
		output_cell(table, "%s", reading->device);
		output_cell(table, "%s", el_hook_name(reading->hook));
		output_cell(table, "%s", reading->name);
		output_cell(table, "%s", reading->function);
		output_cell(table, "%.0f", rates.packets);
		output_cell(table, "%.1f", rates.bits / 1e6);
		output_cell(table, "%.0f", rates.dropped);
	}
	if (isatty(STDOUT_FILENO))
		output_own("\033[H\033[J"); /* home, and clear to the end */
	return output_table_print(table, "");
}

static int parse_interval(struct cli *cli, const char *text, struct timespec *out)
{
	char *end = NULL;
	double seconds = text ? strtod(text, &end) : 1;

	if (text && (end == text || *end || !isfinite(seconds) || seconds < 0.1 || seconds > 86400))
		return cli_usage(cli, "\"%s\" is not a number of seconds from 0.1 to 86400", text);
	out->tv_sec = (time_t)seconds;
	out->tv_nsec = (long)((seconds - (double)out->tv_sec) * 1e9);
	return 0;
}

/* Report unreadable chains once, and continue. */
static void tell_problems(struct cli *cli, const char *device)
{
	_cleanup_chains_ struct el_chains chains = {0};

	if (!el_chains_open(cli->context, device, &chains))
		report_problems(cli, &chains);
}

int watch(struct cli *cli, const char *device, const char *interval)
{
	_cleanup_(readings_free) struct readings before = {0}, now = {0};
	struct timespec pause;
	int status;

	if (parse_interval(cli, interval, &pause))
		return EL_USAGE;
	tell_problems(cli, device);
	status = read_all(cli, device, &before);
	while (!status) {
		double seconds;

		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		status = read_all(cli, device, &now);
		if (status)
			break;
		seconds = seconds_between(&before.time, &now.time);
		status = cli->json ? print_json(cli, &before, &now, seconds)
				   : print_text(cli, &before, &now, seconds);
		if (output_flush())
			status = EL_FAILED;
		readings_free(&before);
		before = now;
		now = (struct readings){0};
	}
	return status;
}
