// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * plan, apply: compare a manifest with the machine, and apply the differences.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static const char *future(const struct el_plan_chain *chain)
{
	switch (chain->action) {
	case EL_ACTION_ATTACH:
		return "to be attached";
	case EL_ACTION_SWAP:
		return "to be swapped";
	case EL_ACTION_DETACH:
		return "to be detached: no longer in the manifest";
	case EL_ACTION_LEAVE:
		return "left alone: attached by hand, not in the manifest";
	case EL_ACTION_WAIT:
		return "the device does not exist yet";
	default:
		return "unchanged";
	}
}

static const char *past(const struct el_plan_chain *chain)
{
	switch (chain->action) {
	case EL_ACTION_ATTACH:
		return "attached";
	case EL_ACTION_SWAP:
		return "swapped";
	case EL_ACTION_DETACH:
		return "detached: no longer in the manifest";
	default:
		return future(chain);
	}
}

static void print_chain(const struct el_plan_chain *chain, bool applied)
{
	const struct el_chain_report *report = chain->report;

	output_part("%s %s: %s%s", chain->device, el_hook_name(chain->hook),
		    chain->why ? "left alone: "
		    : applied  ? past(chain)
			       : future(chain),
		    chain->why ? chain->why : "");
	if (report && chain->generation)
		output_part(", generation %u -> %u", chain->generation, report->generation);
	else if (report)
		output_part(", generation %u", report->generation);
	else if (chain->generation)
		output_part(", generation %u", chain->generation);
	output_newline();
	if (chain->changes)
		report_print_changes(chain->changes, "  ");
	if (report && *report->cut)
		output_line("  cut: %s", report->cut);
	if (report)
		report_print_forms(report, "  ");
}

static void print(const struct el_plan_info *info)
{
	size_t acts = 0;

	for (size_t i = 0; i < info->count; i++) {
		print_chain(&info->chains[i], info->applied);
		acts += info->chains[i].action == EL_ACTION_ATTACH ||
			info->chains[i].action == EL_ACTION_SWAP ||
			info->chains[i].action == EL_ACTION_DETACH;
	}
	if (!acts)
		output_line("nothing to do");
	else
		output_line("%zu chain%s %s", acts, acts == 1 ? "" : "s",
			    info->applied ? "changed" : "to change");
}

static json_t *chain_json(const struct el_plan_chain *chain)
{
	_cleanup_json_ json_t *json =
		output_object("{s:s, s:s, s:s, s:I}", "device", chain->device, "hook",
			      el_hook_name(chain->hook), "action", el_action_name(chain->action),
			      "generation", (json_int_t)chain->generation);

	json_object_set_new(json, "changes",
			    chain->changes ? report_changes_json(chain->changes) : json_array());
	if (chain->why)
		json_object_set_new(json, "reason", output_string(chain->why));
	if (chain->report)
		json_object_set_new(json, "chain", report_json(chain->report));
	return TAKE_PTR(json);
}

static int print_json(const struct cli *cli, const struct el_plan_info *info)
{
	_cleanup_json_ json_t *chains = json_array();

	for (size_t i = 0; i < info->count; i++)
		json_array_append_new(chains, chain_json(&info->chains[i]));
	return output_json(cli,
			   output_object("{s:b, s:b, s:o}", "different", info->different, "applied",
					 info->applied, "chains", TAKE_PTR(chains)));
}

enum { GENERATIONS_MAX = 64 };

/* The value of --if-generation, separated by commas. The list points into the words. */
struct expected {
	char *words;
	struct el_chain_generation list[GENERATIONS_MAX];
};

static void expected_free(struct expected *expected)
{
	free(expected->words);
}

static int number_parse(struct cli *cli, const char *word, uint32_t *out)
{
	char *end;
	unsigned long number = strtoul(word, &end, 10);

	*out = (uint32_t)number;
	if (*word >= '0' && *word <= '9' && !*end && number <= UINT32_MAX)
		return 0;
	return cli_usage(cli, "\"%s\" is not a generation number", word);
}

/* Parse N, for all chains, or DEVICE/HOOK=N. Modifies @word. */
static int expected_parse(struct cli *cli, char *word, struct expected *expected,
			  struct el_plan_options *options)
{
	struct el_chain_generation *one = &expected->list[options->generations_count];
	char *number = strrchr(word, '='), *hook;

	if (!number) {
		options->check_generation = true;
		return number_parse(cli, word, &options->generation);
	}
	if (options->generations_count == GENERATIONS_MAX)
		return cli_usage(cli, "--if-generation takes at most %d chains", GENERATIONS_MAX);
	*number++ = '\0';
	hook = strrchr(word, '/');
	if (!hook || el_hook_parse(hook + 1, &one->hook))
		return cli_usage(cli, "\"%s\" is not DEVICE/HOOK", word);
	*hook = '\0';
	one->device = word;
	options->generations_count++;
	return number_parse(cli, number, &one->generation);
}

static int all_expected_parse(struct cli *cli, const char *words, struct expected *expected,
			      struct el_plan_options *options)
{
	char *at, *word;
	int status = 0;

	if (!words)
		return 0;
	at = expected->words = strdup(words);
	if (!at)
		return cli_no_memory(cli);
	options->generations = expected->list;
	while (!status && (word = strsep(&at, ",")))
		status = expected_parse(cli, word, expected, options);
	return status;
}

static int run(struct cli *cli, const char *path, const struct el_plan_options *options)
{
	_cleanup_manifest_ struct el_manifest *manifest = NULL;
	_cleanup_plan_ struct el_plan *plan = NULL; /* freed before its manifest */
	const struct el_plan_info *info;
	int status = EL_OK;

	if (el_manifest_open(cli->context, path, &manifest) ||
	    el_plan_make(cli->context, manifest, options, &plan))
		return cli_fail(cli);
	info = el_plan_info(plan);
	if (cli->json)
		status = print_json(cli, info);
	else if (!cli->quiet || !options->apply)
		print(info);
	if (!status && !options->apply && info->different)
		status = EL_DIFFERENT;
	return status;
}

static int parse(struct cli *cli, int argc, char **argv, bool apply)
{
	const char *generations = NULL;
	struct el_plan_options options = {.apply = apply};
	const struct cli_option cli_opts[] = {{.name = "--device", .value = &options.device},
					      {.name = "--if-generation", .value = &generations},
					      {0}};
	_cleanup_(expected_free) struct expected expected = {0};
	int status = cli_options(cli, &argc, argv, cli_opts);

	if (!status)
		status = all_expected_parse(cli, generations, &expected, &options);
	if (!status && argc != 2)
		status = cli_usage(cli, argc < 2 ? "no manifest given"
						 : "only one manifest can be given");
	return status ? status : run(cli, argv[1], &options);
}

int cmd_plan(struct cli *cli, int argc, char **argv)
{
	return parse(cli, argc, argv, false);
}

int cmd_apply(struct cli *cli, int argc, char **argv)
{
	return parse(cli, argc, argv, true);
}
