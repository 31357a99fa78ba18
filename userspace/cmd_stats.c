// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * stats: show the counters of each instance.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "watch.h"

static void print_drops(const struct el_chain_report *report, const struct el_counters *counters)
{
	for (size_t i = 0; i < counters->count; i++) {
		const struct el_instance_counters *count = &counters->instances[i];
		bool any = false;

		for (size_t j = 0; j < count->reasons_count; j++) {
			if (!count->reasons[j].packets)
				continue;
			if (any)
				output_part(", ");
			else
				output_part("  %s dropped: ", report->instances[i].name);
			output_part("%s %llu", count->reasons[j].name,
				    (unsigned long long)count->reasons[j].packets);
			any = true;
		}
		if (any)
			output_newline();
	}
}

static int print_counters(const struct cli *cli, const struct el_chain_report *report,
			  const struct el_counters *counters)
{
	static const struct output_column columns[] = {{"INSTANCE", false},
						       {"FUNCTION", false},
						       {"PACKETS", true},
						       {"BYTES", true},
						       {"NEXT", true},
						       {"PASS", true},
						       {"DROP", true},
						       {"TX", true},
						       {"REDIRECT", true},
						       {"ABORT", true},
						       {0}};
	_cleanup_table_ struct output_table *table = output_table_new(cli, columns);

	for (size_t i = 0; i < counters->count; i++) {
		const struct el_instance_counters *count = &counters->instances[i];

		output_row(table);
		output_cell(table, "%s", report->instances[i].name);
		output_cell(table, "%s", report->instances[i].function);
		output_cell(table, "%llu", (unsigned long long)count->entered.packets);
		output_cell(table, "%llu", (unsigned long long)count->entered.bytes);
		for (int verdict = 0; verdict < EDGE_VERDICTS; verdict++) {
			if (count->verdicts_known)
				output_cell(table, "%llu",
					    (unsigned long long)count->verdicts[verdict].packets);
			else
				output_cell(table, "-");
		}
	}
	return output_table_print(table, "  ");
}

static int print_stats(const struct cli *cli, const struct el_chain_report *report,
		       const struct el_counters *counters)
{
	char shape[32];
	int status;

	output_line("%s %s: generation %u, %s, %s, program %u tag %s", report->device,
		    el_hook_name(report->hook), report->generation,
		    report_shape(report, shape, sizeof(shape)), el_mode_name(report->mode),
		    report->programs_count ? report->programs[0].id : 0,
		    report->programs_count ? report->programs[0].tag : "-");
	status = print_counters(cli, report, counters);
	print_drops(report, counters);
	return status;
}

static int show_chain(struct cli *cli, const struct el_chain *chain, json_t *all)
{
	const struct el_chain_report *report = el_chain_report(chain);
	_cleanup_counters_ struct el_counters *counters = NULL;

	if (report->state == EL_STATE_UNREADABLE) {
		if (all)
			json_array_append_new(all, report_json(report));
		else
			output_line("%s %s: %s", report->device, el_hook_name(report->hook),
				    el_state_name(report->state));
		return EL_OK;
	}
	if (el_counters_read(cli->context, chain, &counters))
		return cli_fail(cli);
	if (!all)
		return print_stats(cli, report, counters);
	json_array_append_new(all, report_stats_json(report, counters));
	return EL_OK;
}

/* A chain that can't be read does not affect the others. */
static int show_stats(struct cli *cli, const struct el_chains *chains)
{
	_cleanup_json_ json_t *all = cli->json ? json_array() : NULL;
	int first = EL_OK, status;

	for (size_t i = 0; i < chains->count; i++) {
		status = show_chain(cli, chains->list[i], all);
		first = first ? first : status;
	}
	if (all && output_json(cli, TAKE_PTR(all)) && !first)
		first = EL_FAILED;
	status = report_problems(cli, chains);
	return first ? first : status;
}

int cmd_stats(struct cli *cli, int argc, char **argv)
{
	const char *interval = NULL;
	bool watching = false;
	const struct cli_option options[] = {
		{.name = "--watch", .optional = true, .value = &interval, .given = &watching}, {0}};
	_cleanup_chains_ struct el_chains chains = {0};

	if (cli_options(cli, &argc, argv, options))
		return EL_USAGE;
	if (argc > 2)
		return cli_usage(cli, "stats takes at most one device");
	if (watching)
		return watch(cli, argv[1], interval);
	if (el_chains_open(cli->context, argv[1], &chains))
		return cli_fail(cli);
	return show_stats(cli, &chains);
}
