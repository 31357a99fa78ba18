// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * check: fuse and verify a chain without attaching it. If a chain runs on the device, show the
 * effect of a swap on its maps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instance.h"
#include "report.h"

static int print_check(const struct cli *cli, const struct el_chain_report *report)
{
	static const struct output_column columns[] = {{"PROGRAM", true},
						       {"HOW", false},
						       {"INSTRUCTIONS", true},
						       {"VERIFIED", true},
						       {"STACK", true},
						       {"INSTANCES", false},
						       {0}};
	_cleanup_table_ struct output_table *table = output_table_new(cli, columns);

	for (size_t i = 0; i < report->programs_count; i++) {
		const struct el_program_report *program = &report->programs[i];
		_cleanup_free_ char *names = report_instances(report, program);

		output_row(table);
		output_cell(table, "%zu", i);
		output_cell(table, "%s%s%s", program->fused ? "fused" : "unfused",
			    !program->fused || !strcmp(program->form, "whole") ? ""
			    : !strcmp(program->form, "settled")		       ? ", settled"
			    : !strcmp(program->form, "kept")		       ? ", kept"
									       : ", own-cpu",
			    program->linked ? ", own link"
			    : i		    ? ", tail-called"
					    : "");
		output_cell(table, "%u", program->instructions);
		output_cell(table, "%u", program->verified);
		output_cell(table, "%u", program->stack);
		output_cell(table, "%s", names ? names : "");
	}
	output_line("%s: the verifier accepts it; fused in %.0f ms, verified in %.0f ms",
		    el_hook_name(report->hook), report->fuse_ms, report->load_ms);
	if (report->cut && *report->cut)
		output_line("cut: %s", report->cut);
	report_print_forms(report, "");
	if (output_table_print(table, ""))
		return EL_FAILED;
	report_print_maps(report, true);
	return EL_OK;
}

static int check(struct cli *cli, const struct el_chain_spec *spec)
{
	_cleanup_chain_ struct el_chain *chain = NULL;

	if (el_chain_check(cli->context, spec, &chain))
		return cli_fail(cli);
	return cli->json ? output_json(cli, report_json(el_chain_report(chain)))
			 : print_check(cli, el_chain_report(chain));
}

int cmd_check(struct cli *cli, int argc, char **argv)
{
	const char *hook_word = NULL, *device = NULL, *empty_words = NULL;
	const char *start_empty[START_EMPTY_MAX + 1];
	const struct cli_option options[] = {{.name = "--hook", .value = &hook_word},
					     {.name = "--device", .value = &device},
					     {.name = "--start-empty", .value = &empty_words},
					     {0}};
	_cleanup_(instances_free) struct instances instances = {0};
	struct el_chain_spec spec = {.start_empty = start_empty};
	int status;

	if (cli_options(cli, &argc, argv, options) || hook_parse(cli, hook_word, &spec.hook) ||
	    start_empty_parse(cli, empty_words, start_empty))
		return EL_USAGE;
	if (argc < 2)
		return cli_usage(cli, "no instance given");
	status = instances_parse(cli, argv + 1, (size_t)argc - 1, &instances);
	spec.device = device;
	spec.instances = instances.spec;
	spec.instances_count = instances.count;
	return status ? status : check(cli, &spec);
}
