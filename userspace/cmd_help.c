// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * version, help.
 */
#include <stdio.h>
#include <string.h>

#include "output.h"

int cmd_version(struct cli *cli, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (cli->json)
		return output_json(
			cli, output_object("{s:s, s:i}", "version", EL_VERSION, "abi", EDGE_ABI));
	output_line("edge-load %s (ABI %d)", EL_VERSION, EDGE_ABI);
	return EL_OK;
}

static void print_usage(const struct cli_verb *verb)
{
	const char *form = verb->usage;

	for (;;) {
		size_t length = strcspn(form, "\n");

		output_line("  edge-load %s%s%.*s", verb->name, length ? " " : "", (int)length,
			    form);
		if (!form[length])
			return;
		form += length + 1;
	}
}

static void print_verb(const struct cli_verb *verb)
{
	output_line("edge-load %s - %s", verb->name, verb->about);
	output_newline();
	print_usage(verb);
	output_own("\nSee edge-load(8).\n");
}

static void print_all(void)
{
	output_own("edge-load - chain packet functions at XDP and TC\n\nUsage: edge-load [OPTIONS] "
		   "VERB ...\n\n");
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		output_line("  %-9s%s", verb->name, verb->about);
	output_own(
		"\nOptions, before or after the verb:\n"
		"  -j, --json     JSON on standard output; errors as JSON on standard error\n"
		"  -q, --quiet    no report of what was done, and no notes\n"
		"  -v, --verbose  the whole log of the verifier when it refuses a program\n"
		"  -n, --netns N  in this network namespace, as 'ip -n'\n"
		"  --all-netns    in all that have a name (status, stats, detach --all)\n"
		"  --bpffs DIR    where the bpffs is mounted (default: /sys/fs/bpf)\n"
		"  -h, --help     this, or how a verb is used\n"
		"  -V, --version  the version\n"
		"\nINSTANCE is [NAME=]FUNCTION[:PARAM=VALUE,...]; FUNCTION one that ships, or the "
		"path\n"
		"of an object or a .bpf.c source; HOOK xdp (default), tc-ingress or tc-egress.\n"
		"Exit: 0 ok, 1 failed, 2 usage, 3 privilege, 4 not found, 5 conflict, 6 does not "
		"compile,\n"
		"7 verifier, 8 kernel lacks it.  See edge-load(8).\n");
}

int cmd_help(struct cli *cli, int argc, char **argv)
{
	const struct cli_verb *verb;

	if (argc < 2) {
		print_all();
		return EL_OK;
	}
	verb = cli_find_verb(cli, argv[1]);
	if (!verb)
		return EL_USAGE;
	print_verb(verb);
	return EL_OK;
}
