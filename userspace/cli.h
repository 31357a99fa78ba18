/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef CLI_H
#define CLI_H
/*
 * What every verb gets, and the few things that every verb needs. A verb parses its words, makes
 * one call of loader.h, and prints; it returns the exit code (enum el_kind).
 */
#include <stdbool.h>
#include <stddef.h>

#include "../loader/loader.h"

struct cli {
	struct el_context *context;
	const struct cli_verb *verb; /* at work */
	bool json;		     /* -j: JSON on stdout and nothing else there */
	bool quiet;		     /* -q: no report of what was done, no notes */
	bool verbose;		     /* -v: the verifier's whole log */
	bool color;		     /* stdout is a terminal, and $NO_COLOR is not set */
	struct el_swept *swept;	     /* devices that are gone: found at the start */
	size_t swept_count;
};

struct cli_verb {
	const char *name;
	const char *usage; /* what follows the name, one form a line */
	const char *about; /* one line */
	int (*run)(struct cli *cli, int argc,
		   char **argv); /* argv[0] is the verb; argv[argc] is NULL */
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

/* The table of verbs, ended by one without a name. */
extern const struct cli_verb cli_verbs[];

/* The verb called @word, or the only one that begins with it. Return: NULL, the error printed. */
const struct cli_verb *cli_find_verb(struct cli *cli, const char *word);

/* Print the library's last error. Return: its exit code. */
int cli_fail(struct cli *cli);
/* Print that memory is short. Return: the exit status. */
int cli_no_memory(struct cli *cli);
/* Print a mistake in the user's words, and how the verb is used. Return: EL_USAGE. */
int cli_usage(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An option, and where its value goes. */
struct cli_option {
	const char *name;   /* "--hook" */
	char letter;	    /* 'o' for -o; 0: none */
	bool optional;	    /* the value is given as --name=VALUE, or not at all */
	const char **value; /* NULL: takes none */
	bool *given;	    /* may be NULL */
};

/**
 * cli_options() - take a verb's options out of its words
 * @options: ended by one without a name; NULL for none
 *
 * They may stand anywhere before a "--"; --name VALUE and --name=VALUE are the same. What is left
 * stays in @argv (the "--" not), @argc counting it, a NULL behind it. A word such as -5 or - is no
 * option. Return: 0, or EL_USAGE, the error printed.
 */
int cli_options(struct cli *cli, int *argc, char **argv, const struct cli_option *options);
/* The same for options that are every verb's: those that it doesn't know, and "--", stay. */
int cli_globals(struct cli *cli, int *argc, char **argv, const struct cli_option *options);

#endif
