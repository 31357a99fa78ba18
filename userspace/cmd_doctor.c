// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * doctor: show the features of this kernel and machine, and the consequences of missing features.
 */
#include <stdio.h>
#include <string.h>

#include "output.h"

static json_t *features_json(const struct el_feature *features, size_t count)
{
	_cleanup_json_ json_t *json = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(json,
				      output_object("{s:s, s:s, s:b, s:b, s:s}", "name",
						    features[i].name, "state", features[i].state,
						    "good", features[i].good, "needed",
						    features[i].needed, "note", features[i].note));
	return TAKE_PTR(json);
}

static const char *mark(const struct cli *cli, const struct el_feature *feature)
{
	if (feature->good)
		return cli->color ? "\033[32mok\033[0m  " : "ok  ";
	if (feature->needed)
		return cli->color ? "\033[31mFAIL\033[0m" : "FAIL";
	return cli->color ? "\033[33mno\033[0m  " : "no  ";
}

static void print_features(const struct cli *cli, const struct el_feature *features, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		output_own(mark(cli, &features[i]));
		output_line("  %-18s %s", features[i].name, features[i].state);
		if (*features[i].note)
			output_line("      %s", features[i].note);
	}
}

/* The exit code for a missing feature that is needed; a missing privilege has priority. */
static int doctor_status(const struct el_feature *features, size_t count)
{
	int status = EL_OK;

	for (size_t i = 0; i < count; i++) {
		if (!features[i].needed || features[i].good)
			continue;
		if (features[i].kind == EL_PRIVILEGE)
			return EL_PRIVILEGE;
		status = features[i].kind;
	}
	return status;
}

int cmd_doctor(struct cli *cli, int argc, char **argv)
{
	_cleanup_features_ struct el_feature *features = NULL;
	size_t count;
	int status;

	if (cli_options(cli, &argc, argv, NULL))
		return EL_USAGE;
	if (argc > 1)
		return cli_usage(cli, "doctor takes no arguments");
	if (el_features_probe(cli->context, &features, &count))
		return cli_fail(cli);
	status = doctor_status(features, count);
	if (!cli->json)
		print_features(cli, features, count);
	else if (output_json(cli, features_json(features, count)))
		status = EL_FAILED;
	return status;
}
