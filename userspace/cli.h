/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef CLI_H
#define CLI_H
/*
 * The arguments of every verb, and the functions that every verb needs. A verb parses its words,
 * makes one call of loader.h, and prints the result. It returns the exit code (enum el_kind).
 */
#include <stdbool.h>
#include <stddef.h>

#include "../loader/loader.h"

struct cli {
	struct el_context *context;   /* while the verb runs */
	const struct cli_verb *verb;  /* the running verb */
	bool json;		      /* -j: only JSON on stdout */
	bool quiet;		      /* -q: no report of the change, no notes */
	bool verbose;		      /* -v: the verifier's whole log */
	bool color;		      /* stdout is a terminal, and $NO_COLOR is not set */
	const struct el_swept *swept; /* devices whose pins were swept at the start */
	size_t swept_count;
};

struct cli_verb {
	const char *name;
	const char *usage; /* the arguments, one form a line */
	const char *about; /* one line */
	int (*run)(struct cli *cli, int argc,
		   char **argv); /* argv[0] is the verb; argv[argc] is NULL */
	/* EL_RIGHTS_*: differences from CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON */
	unsigned int rights;
	/* Forms that need other rights, by the word after the verb; the last word is NULL. */
	const struct cli_form {
		const char *word;
		unsigned int rights;
	} * forms;
	/* Whether --all-netns works: NULL: no; "": always; else with this option. */
	const char *all_netns;
};

int cmd_build(struct cli *cli, int argc, char **argv);
int cmd_inspect(struct cli *cli, int argc, char **argv);
int cmd_check(struct cli *cli, int argc, char **argv);
int cmd_attach(struct cli *cli, int argc, char **argv);
int cmd_detach(struct cli *cli, int argc, char **argv);
int cmd_param(struct cli *cli, int argc, char **argv);
int cmd_status(struct cli *cli, int argc, char **argv);
int cmd_stats(struct cli *cli, int argc, char **argv);
int cmd_plan(struct cli *cli, int argc, char **argv);
int cmd_apply(struct cli *cli, int argc, char **argv);
int cmd_history(struct cli *cli, int argc, char **argv);
int cmd_rollback(struct cli *cli, int argc, char **argv);
int cmd_diff(struct cli *cli, int argc, char **argv);
int cmd_map(struct cli *cli, int argc, char **argv);
int cmd_sweep(struct cli *cli, int argc, char **argv);
int cmd_doctor(struct cli *cli, int argc, char **argv);
int cmd_version(struct cli *cli, int argc, char **argv);
int cmd_help(struct cli *cli, int argc, char **argv);

/* The table of verbs; the last entry has no name. */
extern const struct cli_verb cli_verbs[];

/* The verb @word, or the only verb that begins with @word. Return: NULL, the error printed. */
const struct cli_verb *cli_find_verb(struct cli *cli, const char *word);

/* Print the library's last error. Return: its exit code. */
int cli_fail(struct cli *cli);
/* Print an out-of-memory error. Return: its exit code. */
int cli_no_memory(struct cli *cli);
/* Print a usage error and the usage of the verb. Return: EL_USAGE. */
int cli_usage(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An option, and the variable for its value. */
struct cli_option {
	const char *name;   /* "--hook" */
	char letter;	    /* 'o' for -o; 0: none */
	bool optional;	    /* the value is given as --name=VALUE, or not at all */
	const char **value; /* NULL: takes no value */
	bool *given;	    /* may be NULL */
};

/**
 * cli_options() - remove the options of a verb from its words
 * @options: the last entry has no name; NULL: no options
 *
 * Options may be anywhere before a "--"; --name VALUE and --name=VALUE are equivalent. The
 * remaining words, without the "--", stay in @argv, with their number in @argc and a NULL at the
 * end. A word such as -5 or - is not an option. Return: 0, or EL_USAGE, the error printed.
 */
int cli_options(struct cli *cli, int *argc, char **argv, const struct cli_option *options);
/* Like cli_options(), for the global options: unknown options and "--" stay in @argv. */
int cli_globals(struct cli *cli, int *argc, char **argv, const struct cli_option *options);

#endif
