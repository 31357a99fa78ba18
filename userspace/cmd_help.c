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
		   "COMMAND ...\n\n");
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		output_line("  %-9s%s", verb->name, verb->about);
	output_own("\nOptions, before or after the command:\n  -j, --json     print results and "
		   "errors as JSON\n  -q, --quiet    print no report of a change, and no notes\n  "
		   "-v, --verbose  print the whole log of the verifier when it refuses a program\n "
		   " -n, --netns N  work in the network namespace N, like 'ip -n'\n  --all-netns   "
		   " work in every named network namespace (status, stats, detach --all)\n  "
		   "--bpffs DIR    use the bpffs at DIR (default: /sys/fs/bpf)\n  -h, --help     "
		   "print this text, or the usage of a command\n  -V, --version  print the "
		   "version\n\nINSTANCE is [NAME=]FUNCTION[:PARAM=VALUE,...]. FUNCTION is the name "
		   "of an installed\nfunction, or the path of an object or a .bpf.c source. HOOK "
		   "is xdp (default),\ntc-ingress or tc-egress.\nExit status: 0 success, 1 "
		   "failure, 2 usage, 3 missing privilege, 4 not found,\n5 conflict, 6 bad source "
		   "or object, 7 refused by the verifier, 8 missing in this kernel,\n9 plan found "
		   "differences.  See edge-load(8).\n");
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
