// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * attach, detach, param set: the verbs that change a running chain.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instance.h"
#include "report.h"

static int mode_parse(struct cli *cli, const char *word, enum el_mode *out)
{
	static const enum el_mode modes[] = {EL_MODE_NATIVE, EL_MODE_GENERIC, EL_MODE_SHARED,
					     EL_MODE_TCX, EL_MODE_CLSACT};

	*out = EL_MODE_DEFAULT;
	if (!word)
		return 0;
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (!strcmp(el_mode_name(modes[i]), word)) {
			*out = modes[i];
			return 0;
		}
	}
	return cli_usage(cli,
			 "unknown mode \"%s\"; the modes are native, generic and shared at xdp, "
			 "tcx and clsact at tc-ingress and tc-egress",
			 word);
}

static int keep_parse(struct cli *cli, const char *word, uint32_t *out)
{
	char *end;
	unsigned long count = word ? strtoul(word, &end, 10) : 0;

	*out = (uint32_t)count;
	if (!word || (*word >= '0' && *word <= '9' && !*end && count && count <= EL_KEEP_MAX))
		return 0;
	return cli_usage(cli, "--keep takes 1 to %d generations, not \"%s\"", EL_KEEP_MAX, word);
}

static int order_parse(struct cli *cli, const char *before, const char *after,
		       struct el_chain_spec *spec)
{
	if (before && after)
		return cli_usage(cli, "--before and --after cannot be used together");
	spec->order = before ? EL_ORDER_BEFORE : after ? EL_ORDER_AFTER : EL_ORDER_ANY;
	spec->beside = before ? before : after;
	return 0;
}

int cmd_attach(struct cli *cli, int argc, char **argv)
{
	const char *hook_word = NULL, *mode_word = NULL, *keep_word = NULL, *empty_words = NULL;
	const char *before = NULL, *after = NULL;
	const char *start_empty[START_EMPTY_MAX + 1];
	const struct cli_option options[] = {
		{.name = "--hook", .value = &hook_word},
		{.name = "--mode", .value = &mode_word},
		{.name = "--keep", .value = &keep_word},
		{.name = "--start-empty", .value = &empty_words},
		{.name = "--before", .value = &before},
		{.name = "--after", .value = &after},
		{0},
	};
	_cleanup_(instances_free) struct instances instances = {0};
	_cleanup_chain_ struct el_chain *chain = NULL;
	struct el_chain_spec spec = {0};
	int status;

	if (cli_options(cli, &argc, argv, options) || hook_parse(cli, hook_word, &spec.hook) ||
	    mode_parse(cli, mode_word, &spec.mode) || keep_parse(cli, keep_word, &spec.keep) ||
	    start_empty_parse(cli, empty_words, start_empty) ||
	    order_parse(cli, before, after, &spec))
		return EL_USAGE;
	if (argc < 2)
		return cli_usage(cli, "no device given");
	if (argc < 3)
		return cli_usage(cli, "no instance given for %s", argv[1]);
	spec.device = argv[1];
	status = instances_parse(cli, argv + 2, (size_t)argc - 2, &instances);
	if (status)
		return status;
	spec.instances = instances.spec;
	spec.instances_count = instances.count;
	spec.start_empty = start_empty;
	if (el_chain_attach(cli->context, &spec, &chain))
		return cli_fail(cli);
	return report_done(cli, el_chain_report(chain));
}

static json_t *detached_json(const char *device, enum edge_hook hook)
{
	return output_object("{s:s, s:s}", "device", device, "hook", el_hook_name(hook));
}

static int detach(struct cli *cli, const char *device, enum edge_hook hook)
{
	if (el_chain_detach(cli->context, device, hook))
		return cli_fail(cli);
	if (!cli->json && !cli->quiet)
		output_line("%s %s: detached", device, el_hook_name(hook));
	return EL_OK;
}

/* Warn about a chain of another network namespace, which is not detached here. */
static void leave_alone(struct cli *cli, const struct el_chain_report *report)
{
	char text[128];

	snprintf(text, sizeof(text), "%s %s is not detached: %s", report->device,
		 el_hook_name(report->hook), report->why);
	output_warning(cli, text);
}

/* A chain that can't be detached does not stop the others. */
static int detach_all(struct cli *cli, const char *device)
{
	_cleanup_chains_ struct el_chains chains = {0};
	_cleanup_json_ json_t *json = json_array();
	int first = EL_OK;

	if (el_chains_open(cli->context, device, &chains))
		return cli_fail(cli);
	for (size_t i = 0; i < chains.count; i++) {
		const struct el_chain_report *report = el_chain_report(chains.list[i]);
		int status;

		if (report->state == EL_STATE_ELSEWHERE) {
			leave_alone(cli, report);
			continue;
		}
		status = detach(cli, report->device, report->hook);
		if (!status)
			json_array_append_new(json, detached_json(report->device, report->hook));
		first = first ? first : status;
	}
	if (cli->json && output_json(cli, TAKE_PTR(json)) && !first)
		return EL_FAILED;
	return first;
}

int cmd_detach(struct cli *cli, int argc, char **argv)
{
	const char *hook_word = NULL;
	bool all = false;
	const struct cli_option options[] = {
		{.name = "--hook", .value = &hook_word}, {.name = "--all", .given = &all}, {0}};
	enum edge_hook hook;
	int status;

	if (cli_options(cli, &argc, argv, options) || hook_parse(cli, hook_word, &hook))
		return EL_USAGE;
	if (argc > 2)
		return cli_usage(cli, "detach takes one device");
	if (all && hook_word)
		return cli_usage(cli, "--all and --hook cannot be used together");
	if (all)
		return detach_all(cli, argv[1]);
	if (argc < 2)
		return cli_usage(cli, "no device given");
	status = detach(cli, argv[1], hook);
	if (!status && cli->json)
		status = output_json(cli, detached_json(argv[1], hook));
	return status;
}

static int set_params(struct cli *cli, const struct instance_path *path, char **words, size_t count)
{
	_cleanup_free_ struct el_assignment *params = calloc(count + 1, sizeof(*params));
	_cleanup_chain_ struct el_chain *chain = NULL;
	const struct el_params_spec spec = {.device = path->device,
					    .hook = path->hook,
					    .instance = path->instance,
					    .params = params,
					    .params_count = count};
	int status = params ? 0 : cli_no_memory(cli);

	for (size_t i = 0; i < count && !status; i++)
		status = assignment_parse(cli, words[i], &params[i]);
	if (!status && el_chain_set_params(cli->context, &spec, &chain))
		status = cli_fail(cli);
	return status ? status : report_done(cli, el_chain_report(chain));
}

int cmd_param(struct cli *cli, int argc, char **argv)
{
	struct instance_path path;

	if (cli_options(cli, &argc, argv, NULL))
		return EL_USAGE;
	if (argc < 2 || strcmp(argv[1], "set"))
		return cli_usage(cli, "param needs the command \"set\"");
	if (argc < 3)
		return cli_usage(cli, "no instance given");
	if (argc < 4)
		return cli_usage(cli, "no parameter given for %s", argv[2]);
	if (instance_path_parse(cli, argv[2], &path))
		return EL_USAGE;
	return set_params(cli, &path, argv + 3, (size_t)argc - 3);
}
