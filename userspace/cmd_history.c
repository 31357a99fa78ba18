// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * history, rollback, diff: the generations of a chain.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instance.h"
#include "report.h"

/* Parse DEVICE [--hook HOOK], in @least to @most words besides the options. */
static int parse(struct cli *cli, int *argc, char **argv, int least, int most, enum edge_hook *hook)
{
	const char *hook_word = NULL;
	const struct cli_option options[] = {{.name = "--hook", .value = &hook_word}, {0}};

	if (cli_options(cli, argc, argv, options) || hook_parse(cli, hook_word, hook))
		return EL_USAGE;
	if (*argc < 2)
		return cli_usage(cli, "no device given");
	if (*argc < 2 + least)
		return cli_usage(cli, "no generation given");
	if (*argc > 2 + most)
		return cli_usage(cli, "unexpected argument \"%s\"", argv[2 + most]);
	return 0;
}

static int number_parse(struct cli *cli, const char *word, uint32_t *out)
{
	char *end;
	unsigned long number = strtoul(word, &end, 10);

	*out = (uint32_t)number;
	if (*word >= '0' && *word <= '9' && !*end && number && number <= UINT32_MAX)
		return 0;
	return cli_usage(cli, "\"%s\" is not a generation number", word);
}

/* ---------------------------------------------------------------- history */

/* The instances of a chain, as arguments of attach; malloc'ed, or NULL. */
static char *chain_words(const struct el_chain_report *report)
{
	char *words = strdup("");

	for (size_t i = 0; words && i < report->instances_count; i++) {
		const struct el_instance_report *instance = &report->instances[i];
		bool named = strcmp(instance->name, instance->function);
		char *longer;

		if (asprintf(&longer, "%s%s%s%s%s%s%s", words, i ? " " : "",
			     named ? instance->name : "", named ? "=" : "", instance->function,
			     *instance->params ? ":" : "", instance->params) < 0)
			longer = NULL;
		free(words);
		words = longer;
	}
	return words;
}

static void history_row(struct output_table *table, const struct el_chain_report *report)
{
	char when[32] = "", *words = chain_words(report);
	struct tm local;

	if (report->time && localtime_r(&report->time, &local))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local);
	output_row(table);
	output_cell(table, "%u", report->generation);
	output_cell(table, "%s", el_state_name(report->state));
	output_cell(table, "%s", when);
	output_cell(table, "%s", report->user);
	output_cell(table, "%s", report->digest);
	output_cell(table, "%s", words ? words : "");
	free(words);
}

static int print_history(const struct cli *cli, struct el_chain **chains, size_t count)
{
	static const struct output_column columns[] = {{"GENERATION", true},
						       {"STATE", false},
						       {"TIME", false},
						       {"USER", false},
						       {"DIGEST", false},
						       {"CHAIN", false},
						       {0}};
	struct output_table *table = output_table_new(cli, columns);

	for (size_t i = 0; i < count; i++)
		history_row(table, el_chain_report(chains[i]));
	return output_table_end(table, "");
}

int cmd_history(struct cli *cli, int argc, char **argv)
{
	struct el_chain **chains;
	enum edge_hook hook;
	size_t count;
	int status = EL_OK;

	if (parse(cli, &argc, argv, 0, 0, &hook))
		return EL_USAGE;
	if (el_chain_history(cli->context, argv[1], hook, &chains, &count))
		return cli_fail(cli);
	if (cli->json) {
		json_t *json = json_array();

		for (size_t i = 0; i < count; i++)
			json_array_append_new(json, report_json(el_chain_report(chains[i])));
		status = output_json(cli, json);
	} else {
		status = print_history(cli, chains, count);
	}
	if (!status)
		status = report_problems(cli, chains, count);
	el_chains_free(chains, count);
	return status;
}

/* ---------------------------------------------------------------- rollback */

int cmd_rollback(struct cli *cli, int argc, char **argv)
{
	struct el_chain *chain = NULL;
	uint32_t generation = 0;
	enum edge_hook hook;
	int status = EL_OK;

	if (parse(cli, &argc, argv, 0, 1, &hook) ||
	    (argc > 2 && number_parse(cli, argv[2], &generation)))
		return EL_USAGE;
	if (el_chain_rollback(cli->context, argv[1], hook, generation, &chain))
		return cli_fail(cli);
	if (cli->json)
		status = output_json(cli, report_json(el_chain_report(chain)));
	else if (!cli->quiet)
		report_print_done(el_chain_report(chain));
	el_chain_free(chain);
	return status;
}

/* ---------------------------------------------------------------- diff */

static const struct el_chain_report *unreadable(struct cli *cli, struct el_chain **chain)
{
	report_problems(cli, chain, 1);
	return NULL;
}

/* Find a kept generation; @generation 0: the running generation. */
static const struct el_chain_report *pick(struct cli *cli, struct el_chain **chains, size_t count,
					  uint32_t generation)
{
	for (size_t i = 0; i < count; i++) {
		const struct el_chain_report *report = el_chain_report(chains[i]);

		if (generation ? report->generation != generation : report->state == EL_STATE_KEPT)
			continue;
		return report->state == EL_STATE_UNREADABLE ? unreadable(cli, &chains[i]) : report;
	}
	output_error(cli,
		     &(struct el_error){.kind = EL_NOT_FOUND,
					.what = "the generation is not kept",
					.hint = "'edge-load history' lists the kept generations"});
	return NULL;
}

static int diff(struct cli *cli, struct el_chain **chains, size_t count, const uint32_t numbers[2])
{
	const struct el_chain_report *from = pick(cli, chains, count, numbers[0]);
	const struct el_chain_report *to = from ? pick(cli, chains, count, numbers[1]) : NULL;
	struct el_differences *changes;
	int status;

	if (!to)
		return EL_NOT_FOUND;
	if (el_chain_diff(cli->context, from, to, &changes))
		return cli_fail(cli);
	status = cli->json ? output_json(cli, report_changes_json(changes)) : EL_OK;
	if (!cli->json)
		report_print_changes(changes, "");
	el_differences_free(changes);
	return status;
}

int cmd_diff(struct cli *cli, int argc, char **argv)
{
	struct el_chain **chains;
	uint32_t numbers[2] = {0};
	enum edge_hook hook;
	size_t count;
	int status;

	if (parse(cli, &argc, argv, 1, 2, &hook) || number_parse(cli, argv[2], &numbers[0]) ||
	    (argc > 3 && number_parse(cli, argv[3], &numbers[1])))
		return EL_USAGE;
	if (el_chain_history(cli->context, argv[1], hook, &chains, &count))
		return cli_fail(cli);
	status = diff(cli, chains, count, numbers);
	el_chains_free(chains, count);
	return status;
}
