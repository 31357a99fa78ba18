// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * history, rollback, diff: the generations of a chain.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instance.h"
#include "report.h"

/* A chain, and numbers of its generations: DEVICE [GENERATION]... [--hook HOOK]. */
struct request {
	int least, most; /* how many generations the verb takes */
	const char *device;
	enum edge_hook hook;
	uint32_t numbers[2]; /* 0: not given */
};

static int number_parse(struct cli *cli, const char *word, uint32_t *out)
{
	char *end;
	unsigned long number = strtoul(word, &end, 10);

	*out = (uint32_t)number;
	if (*word >= '0' && *word <= '9' && !*end && number && number <= UINT32_MAX)
		return 0;
	return cli_usage(cli, "\"%s\" is not a generation number", word);
}

static int parse(struct cli *cli, int argc, char **argv, struct request *request)
{
	const char *hook_word = NULL;
	const struct cli_option options[] = {{.name = "--hook", .value = &hook_word}, {0}};
	int status = 0;

	if (cli_options(cli, &argc, argv, options) || hook_parse(cli, hook_word, &request->hook))
		return EL_USAGE;
	if (argc < 2)
		return cli_usage(cli, "no device given");
	if (argc < 2 + request->least)
		return cli_usage(cli, "no generation given");
	if (argc > 2 + request->most)
		return cli_usage(cli, "unexpected argument \"%s\"", argv[2 + request->most]);
	request->device = argv[1];
	for (int i = 2; !status && i < argc; i++)
		status = number_parse(cli, argv[i], &request->numbers[i - 2]);
	return status;
}

/* ---------------------------------------------------------------- history */

/* The instances of a chain, as arguments of attach; malloc'ed, or NULL. */
static char *chain_words(const struct el_chain_report *report)
{
	_cleanup_free_ char *words = strdup("");

	for (size_t i = 0; words && i < report->instances_count; i++) {
		const struct el_instance_report *instance = &report->instances[i];
		bool named = strcmp(instance->name, instance->function);
		char *longer;

		if (asprintf(&longer, "%s%s%s%s%s%s%s", words, i ? " " : "",
			     named ? instance->name : "", named ? "=" : "", instance->function,
			     *instance->params ? ":" : "", instance->params) < 0)
			return NULL;
		free(words);
		words = longer;
	}
	return TAKE_PTR(words);
}

static void history_row(struct output_table *table, const struct el_chain_report *report)
{
	_cleanup_free_ char *words = chain_words(report);
	char when[32] = "";
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
}

static int print_history_json(const struct cli *cli, const struct el_chains *chains)
{
	_cleanup_json_ json_t *json = json_array();

	for (size_t i = 0; i < chains->count; i++)
		json_array_append_new(json, report_json(el_chain_report(chains->list[i])));
	return output_json(cli, TAKE_PTR(json));
}

static int print_history(const struct cli *cli, const struct el_chains *chains)
{
	static const struct output_column columns[] = {{"GENERATION", true},
						       {"STATE", false},
						       {"TIME", false},
						       {"USER", false},
						       {"DIGEST", false},
						       {"CHAIN", false},
						       {0}};
	_cleanup_table_ struct output_table *table = output_table_new(cli, columns);

	for (size_t i = 0; i < chains->count; i++)
		history_row(table, el_chain_report(chains->list[i]));
	return output_table_print(table, "");
}

int cmd_history(struct cli *cli, int argc, char **argv)
{
	_cleanup_chains_ struct el_chains chains = {0};
	struct request request = {0};
	int status;

	if (parse(cli, argc, argv, &request))
		return EL_USAGE;
	if (el_chain_history(cli->context, request.device, request.hook, &chains))
		return cli_fail(cli);
	status = cli->json ? print_history_json(cli, &chains) : print_history(cli, &chains);
	return status ? status : report_problems(cli, &chains);
}

/* ---------------------------------------------------------------- rollback */

int cmd_rollback(struct cli *cli, int argc, char **argv)
{
	_cleanup_chain_ struct el_chain *chain = NULL;
	struct request request = {.most = 1};
	struct el_chain_generation to;

	if (parse(cli, argc, argv, &request))
		return EL_USAGE;
	to = (struct el_chain_generation){request.device, request.hook, request.numbers[0]};
	if (el_chain_rollback(cli->context, &to, &chain))
		return cli_fail(cli);
	return report_done(cli, el_chain_report(chain));
}

/* ---------------------------------------------------------------- diff */

static const struct el_chain_report *unreadable(struct cli *cli, struct el_chain **chain)
{
	report_problems(cli, &(struct el_chains){chain, 1});
	return NULL;
}

/* Find a kept generation; @generation 0: the running generation. */
static const struct el_chain_report *pick(struct cli *cli, const struct el_chains *chains,
					  uint32_t generation)
{
	for (size_t i = 0; i < chains->count; i++) {
		const struct el_chain_report *report = el_chain_report(chains->list[i]);

		if (generation ? report->generation != generation : report->state == EL_STATE_KEPT)
			continue;
		return report->state == EL_STATE_UNREADABLE ? unreadable(cli, &chains->list[i])
							    : report;
	}
	output_error(cli,
		     &(struct el_error){.kind = EL_NOT_FOUND,
					.what = "the generation is not kept",
					.hint = "'edge-load history' lists the kept generations"});
	return NULL;
}

static int diff(struct cli *cli, const struct el_chains *chains, const uint32_t numbers[2])
{
	const struct el_chain_report *from = pick(cli, chains, numbers[0]);
	const struct el_chain_report *to = from ? pick(cli, chains, numbers[1]) : NULL;
	_cleanup_differences_ struct el_differences *changes = NULL;

	if (!to)
		return EL_NOT_FOUND;
	if (el_chain_diff(cli->context, from, to, &changes))
		return cli_fail(cli);
	if (cli->json)
		return output_json(cli, report_changes_json(changes));
	report_print_changes(changes, "");
	return EL_OK;
}

int cmd_diff(struct cli *cli, int argc, char **argv)
{
	_cleanup_chains_ struct el_chains chains = {0};
	struct request request = {.least = 1, .most = 2};

	if (parse(cli, argc, argv, &request))
		return EL_USAGE;
	if (el_chain_history(cli->context, request.device, request.hook, &chains))
		return cli_fail(cli);
	return diff(cli, &chains, request.numbers);
}
