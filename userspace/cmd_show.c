// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * status and stats: what runs, and what it did.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "watch.h"

/* ---------------------------------------------------------------- status */

static int print_status(const struct cli *cli, struct el_chain **chains, size_t count)
{
	static const struct output_column columns[] = {
		{"DEVICE", false},    {"HOOK", false},	    {"MODE", false},
		{"GENERATION", true}, {"RUNS", false},	    {"PROGRAM", true},
		{"TAG", false},	      {"INSTANCES", false}, {0}};
	struct output_table *table;

	if (!count)
		return EL_OK;
	table = output_table_new(cli, columns);
	for (size_t i = 0; i < count; i++) {
		const struct el_chain_report *report = el_chain_report(chains[i]);
		char shape[32], *names = NULL;
		size_t size = 0;
		FILE *stream = open_memstream(&names, &size);

		for (size_t j = 0; stream && j < report->instances_count; j++)
			fprintf(stream, "%s%s", j ? " " : "", report->instances[j].name);
		if (stream)
			fclose(stream);
		output_row(table);
		output_cell(table, "%s", report->device);
		output_cell(table, "%s", el_hook_name(report->hook));
		output_cell(table, "%s", el_mode_name(report->mode));
		output_cell(table, "%u", report->generation);
		output_cell(table, "%s", report_shape(report, shape, sizeof(shape)));
		output_cell(table, "%u", report->programs_count ? report->programs[0].id : 0);
		output_cell(table, "%s", report->programs_count ? report->programs[0].tag : "");
		output_cell(table, "%s", names ? names : "");
		free(names);
	}
	if (output_table_end(table, ""))
		return EL_FAILED;
	for (size_t i = 0; i < count; i++) {
		const struct el_chain_report *report = el_chain_report(chains[i]);

		if (report->cut && *report->cut)
			printf("%s %s is cut: %s\n", report->device, el_hook_name(report->hook),
			       report->cut);
		if (report->state == EL_STATE_DETACHED)
			printf("%s %s does not run: it was detached behind our back; attach it "
			       "anew, or detach what is left\n",
			       report->device, el_hook_name(report->hook));
		if (report->state == EL_STATE_REPLACED)
			printf("%s %s does not run: somebody put another program into its link\n",
			       report->device, el_hook_name(report->hook));
	}
	return EL_OK;
}

static int print_status_json(const struct cli *cli, struct el_chain **chains, size_t count)
{
	json_t *json = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(json, report_json(el_chain_report(chains[i])));
	return output_json(cli, json);
}

int cmd_status(struct cli *cli, int argc, char **argv)
{
	struct el_chain **chains;
	size_t count;
	int status;

	if (cli_options(cli, &argc, argv, NULL))
		return EL_USAGE;
	if (argc > 2)
		return cli_usage(cli, "one device, or none for all");
	if (el_chains_open(cli->context, argv[1], &chains, &count))
		return cli_fail(cli);
	status = cli->json ? print_status_json(cli, chains, count)
			   : print_status(cli, chains, count);
	el_chains_free(chains, count);
	return status;
}

/* ---------------------------------------------------------------- stats */

static void print_drops(const struct el_chain_report *report, const struct el_counters *counters)
{
	for (size_t i = 0; i < counters->count; i++) {
		const struct el_instance_counters *count = &counters->instances[i];
		bool any = false;

		for (size_t j = 0; j < count->reasons_count; j++) {
			if (!count->reasons[j].packets)
				continue;
			if (any)
				printf(", ");
			else
				printf("  %s dropped: ", report->instances[i].name);
			printf("%s %llu", count->reasons[j].name,
			       (unsigned long long)count->reasons[j].packets);
			any = true;
		}
		if (any)
			putchar('\n');
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
	struct output_table *table = output_table_new(cli, columns);

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
	return output_table_end(table, "  ");
}

static int print_stats(const struct cli *cli, const struct el_chain_report *report,
		       const struct el_counters *counters)
{
	char shape[32];
	int status;

	printf("%s %s: generation %u, %s, %s, program %u tag %s\n", report->device,
	       el_hook_name(report->hook), report->generation,
	       report_shape(report, shape, sizeof(shape)), el_mode_name(report->mode),
	       report->programs_count ? report->programs[0].id : 0,
	       report->programs_count ? report->programs[0].tag : "-");
	status = print_counters(cli, report, counters);
	print_drops(report, counters);
	return status;
}

static int show_stats(struct cli *cli, struct el_chain **chains, size_t count)
{
	json_t *all = cli->json ? json_array() : NULL;
	int status = EL_OK;

	for (size_t i = 0; i < count && !status; i++) {
		const struct el_chain_report *report = el_chain_report(chains[i]);
		struct el_counters *counters;

		if (el_counters_read(cli->context, chains[i], &counters)) {
			status = cli_fail(cli);
			break;
		}
		if (all)
			json_array_append_new(all, report_stats_json(report, counters));
		else
			status = print_stats(cli, report, counters);
		el_counters_free(counters);
	}
	if (all && !status)
		return output_json(cli, all);
	json_decref(all);
	return status;
}

int cmd_stats(struct cli *cli, int argc, char **argv)
{
	const char *interval = NULL;
	bool watching = false;
	const struct cli_option options[] = {
		{.name = "--watch", .optional = true, .value = &interval, .given = &watching}, {0}};
	struct el_chain **chains;
	size_t count;
	int status;

	if (cli_options(cli, &argc, argv, options))
		return EL_USAGE;
	if (argc > 2)
		return cli_usage(cli, "one device, or none for all");
	if (watching)
		return watch(cli, argv[1], interval);
	if (el_chains_open(cli->context, argv[1], &chains, &count))
		return cli_fail(cli);
	status = show_stats(cli, chains, count);
	el_chains_free(chains, count);
	return status;
}
