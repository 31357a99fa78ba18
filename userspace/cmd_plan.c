// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * plan and apply: from a manifest to the machine.
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
		return "no such device yet";
	default:
		return "as it is";
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

	printf("%s %s: %s", chain->device, el_hook_name(chain->hook),
	       applied ? past(chain) : future(chain));
	if (report && chain->generation)
		printf(", generation %u -> %u", chain->generation, report->generation);
	else if (report)
		printf(", generation %u", report->generation);
	else if (chain->generation)
		printf(", generation %u", chain->generation);
	putchar('\n');
	if (chain->changes)
		report_print_changes(chain->changes, "  ");
	if (report && *report->cut)
		printf("  cut: %s\n", report->cut);
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
		printf("nothing to do\n");
	else
		printf("%zu chain%s %s\n", acts, acts == 1 ? "" : "s",
		       info->applied ? "changed" : "to change");
}

static json_t *chain_json(const struct el_plan_chain *chain)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:I}", "device", chain->device, "hook",
				 el_hook_name(chain->hook), "action", el_action_name(chain->action),
				 "generation", (json_int_t)chain->generation);

	json_object_set_new(json, "changes",
			    chain->changes ? report_changes_json(chain->changes) : json_array());
	if (chain->report)
		json_object_set_new(json, "chain", report_json(chain->report));
	return json;
}

static int print_json(const struct cli *cli, const struct el_plan_info *info)
{
	json_t *chains = json_array();

	for (size_t i = 0; i < info->count; i++)
		json_array_append_new(chains, chain_json(&info->chains[i]));
	return output_json(cli, json_pack("{s:b, s:b, s:o}", "different", info->different,
					  "applied", info->applied, "chains", chains));
}

static int number_parse(struct cli *cli, const char *word, struct el_plan_options *options)
{
	char *end;
	unsigned long number = word ? strtoul(word, &end, 10) : 0;

	options->check_generation = word;
	options->generation = (uint32_t)number;
	if (!word || (*word >= '0' && *word <= '9' && !*end && number <= UINT32_MAX))
		return 0;
	return cli_usage(cli, "\"%s\" is no generation's number", word);
}

static int run(struct cli *cli, const char *path, const struct el_plan_options *options)
{
	struct el_manifest *manifest;
	const struct el_plan_info *info;
	struct el_plan *plan;
	int status = EL_OK;

	if (el_manifest_open(cli->context, path, &manifest))
		return cli_fail(cli);
	if (el_plan_make(cli->context, manifest, options, &plan)) {
		status = cli_fail(cli);
		el_manifest_free(manifest);
		return status;
	}
	info = el_plan_info(plan);
	if (cli->json)
		status = print_json(cli, info);
	else if (!cli->quiet || !options->apply)
		print(info);
	if (!status && !options->apply && info->different)
		status = EL_DIFFERENT;
	el_plan_free(plan);
	el_manifest_free(manifest);
	return status;
}

static int parse(struct cli *cli, int argc, char **argv, bool apply)
{
	const char *generation = NULL;
	struct el_plan_options options = {.apply = apply};
	const struct cli_option cli_opts[] = {{.name = "--device", .value = &options.device},
					      {.name = "--if-generation", .value = &generation},
					      {0}};

	if (cli_options(cli, &argc, argv, cli_opts) || number_parse(cli, generation, &options))
		return EL_USAGE;
	if (argc != 2)
		return cli_usage(cli, argc < 2 ? "which manifest?" : "one manifest at a time");
	return run(cli, argv[1], &options);
}

int cmd_plan(struct cli *cli, int argc, char **argv)
{
	return parse(cli, argc, argv, false);
}

int cmd_apply(struct cli *cli, int argc, char **argv)
{
	return parse(cli, argc, argv, true);
}
