// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * edge-load: the command line on top of libedge. Removes the global options from the words, finds
 * the verb, and runs it with the remaining words.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "all_netns.h"
#include "memory.h"

/* The values of global options. */
struct words {
	const char *bpffs, *netns, *wait;
	bool all_netns, waits;
	double wait_s;
	int argc; /* the verb's words */
	char **argv;
};

/* These forms may load a program, or open a program by the id in an entry. With sudo, the file of map
 * save may be in a folder of the calling user. */
static const struct cli_form map_forms[] = {
	{"set", EL_RIGHTS_OTHERS},
	{"load", EL_RIGHTS_OTHERS},
	{"restore", EL_RIGHTS_OTHERS},
	{"replace", EL_RIGHTS_OTHERS},
	{"resize", EL_RIGHTS_OTHERS},
	{"save", EL_RIGHTS_FILES},
	{0},
};

const struct cli_verb cli_verbs[] = {
	{"attach",
	 "DEVICE [--hook HOOK] [--mode MODE] [--before PROGRAM | --after PROGRAM] "
	 "[--keep COUNT] [--start-empty MAPS] INSTANCE...",
	 "attach a chain to a device, or swap the chain that runs there", cmd_attach,
	 .rights = EL_RIGHTS_OTHERS},
	{"detach", "DEVICE [--hook HOOK]\n--all [DEVICE]",
	 "detach a chain, or all chains of a device or of the machine", cmd_detach,
	 .rights = EL_RIGHTS_OTHERS, .all_netns = "--all"},
	{"status", "[DEVICE]", "show the attached chains", cmd_status, .rights = EL_RIGHTS_OTHERS,
	 .all_netns = ""},
	{"stats", "[DEVICE] [--watch[=SECONDS]]", "show the counters of each instance", cmd_stats,
	 .rights = 0, .all_netns = ""},
	{"param", "set DEVICE/HOOK/INSTANCE NAME=VALUE...",
	 "change parameters of a running instance", cmd_param, .rights = EL_RIGHTS_OTHERS},
	{"plan", "MANIFEST [--device DEVICE] [--if-generation [DEVICE/HOOK=]N,...]",
	 "show and verify the changes that a manifest needs; change nothing", cmd_plan,
	 .rights = EL_RIGHTS_OTHERS},
	{"apply", "MANIFEST [--device DEVICE] [--if-generation [DEVICE/HOOK=]N,...]",
	 "attach, swap and detach chains as a manifest says, all or none", cmd_apply,
	 .rights = EL_RIGHTS_OTHERS},
	{"history", "DEVICE [--hook HOOK]", "list the kept generations of a chain", cmd_history,
	 .rights = 0},
	{"rollback", "DEVICE [--hook HOOK] [GENERATION]",
	 "run a kept generation again, the previous generation by default", cmd_rollback,
	 .rights = EL_RIGHTS_OTHERS},
	{"diff", "DEVICE [--hook HOOK] GENERATION [GENERATION]",
	 "show the differences between two generations, by default to the running generation",
	 cmd_diff, .rights = 0},
	{"map",
	 "list [DEVICE[/HOOK[/INSTANCE]]]\nget PATH KEY\nset PATH KEY [VALUE]\ndel PATH KEY\n"
	 "dump PATH\nload PATH FILE\nflush PATH\nfollow PATH\n"
	 "replace PATH FILE\nresize PATH ENTRIES\n"
	 "save WHERE FILE\nrestore WHERE FILE",
	 "read and change the maps of a chain; PATH is DEVICE/HOOK/INSTANCE/MAP, WHERE a PATH or "
	 "its beginning",
	 cmd_map, .rights = 0, .forms = map_forms},
	{"build", "SOURCE [-o OBJECT]", "compile a function", cmd_build,
	 .rights = EL_RIGHTS_NONE | EL_RIGHTS_FILES},
	{"inspect", "FUNCTION", "show the function, parameters and maps of an object", cmd_inspect,
	 .rights = EL_RIGHTS_NONE},
	{"check", "[--device DEVICE] [--hook HOOK] [--start-empty MAPS] INSTANCE...",
	 "test a chain with the kernel's verifier; attach nothing", cmd_check,
	 .rights = EL_RIGHTS_OTHERS},
	{"sweep", "", "remove the pins of devices that are gone, as every command does", cmd_sweep,
	 .rights = EL_RIGHTS_OTHERS},
	{"doctor", "", "show the features of this kernel and machine", cmd_doctor,
	 .rights = EL_RIGHTS_OTHERS},
	{"version", "", "show the version", cmd_version, .rights = EL_RIGHTS_NONE},
	{"help", "[COMMAND]", "show the usage of a command", cmd_help, .rights = EL_RIGHTS_NONE},
	{0},
};

/* The nearest verb by edit distance, as the library does for functions. */
static const char *nearest_verb(const char *word)
{
	const char *names[sizeof(cli_verbs) / sizeof(*cli_verbs)];
	size_t count = 0;

	while (cli_verbs[count].name) {
		names[count] = cli_verbs[count].name;
		count++;
	}
	return el_nearest(word, names, count);
}

/* @word is the name of a verb, or a beginning that only one verb has. */
const struct cli_verb *cli_find_verb(struct cli *cli, const char *word)
{
	const struct cli_verb *found = NULL;
	const char *nearest;

	if (*word == '-') {
		cli_usage(cli, "unknown option %s", word);
		return NULL;
	}
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		if (!strcmp(verb->name, word))
			return verb;
		if (strncmp(verb->name, word, strlen(word)))
			continue;
		if (found) {
			cli_usage(cli, "\"%s\" is ambiguous: %s or %s", word, found->name,
				  verb->name);
			return NULL;
		}
		found = verb;
	}
	if (found)
		return found;
	nearest = nearest_verb(word);
	cli_usage(cli, "unknown command \"%s\"%s%s%s", word, nearest ? "; did you mean " : "",
		  nearest ? nearest : "", nearest ? "?" : "");
	return NULL;
}

int cli_fail(struct cli *cli)
{
	const struct el_error *error = el_error_get(cli->context);

	output_error(cli, error);
	return error->kind;
}

int cli_no_memory(struct cli *cli)
{
	output_error(cli, &(struct el_error){.kind = EL_FAILED, .what = "out of memory"});
	return EL_FAILED;
}

int cli_usage(struct cli *cli, const char *format, ...)
{
	struct el_error error = {.kind = EL_USAGE};
	va_list args;

	va_start(args, format);
	vsnprintf(error.what, sizeof(error.what), format, args);
	va_end(args);
	if (!cli->verb)
		snprintf(error.hint, sizeof(error.hint), "see: edge-load help");
	else if (strchr(cli->verb->usage, '\n'))
		snprintf(error.hint, sizeof(error.hint), "see: edge-load help %s", cli->verb->name);
	else
		snprintf(error.hint, sizeof(error.hint), "usage: edge-load %s %s", cli->verb->name,
			 cli->verb->usage);
	output_error(cli, &error);
	return EL_USAGE;
}

static unsigned int rights_of(const struct cli_verb *verb, const struct words *words)
{
	for (const struct cli_form *form = verb->forms; form && form->word; form++)
		if (words->argc > 1 && !strcmp(words->argv[1], form->word))
			return form->rights;
	return verb->rights;
}

/* Enter the namespace, which needs a right of its own, sweep, and give up all rights that the verb
 * does not need. @swept: the devices whose pins were swept, for the caller to free. */
static int prepare(struct cli *cli, const char *netns, const struct words *words,
		   struct el_swept **swept)
{
	unsigned int rights = rights_of(cli->verb, words);
	bool kernel = !(rights & EL_RIGHTS_NONE);

	if (netns && kernel && el_netns_enter(cli->context, netns))
		return cli_fail(cli);
	if (kernel && (el_rights_as_owner(cli->context) ||
		       el_rights_drop(cli->context, rights | EL_RIGHTS_SWEEP)))
		return cli_fail(cli);
	if (kernel) {
		el_netns_sweep(cli->context);
		el_sweep(cli->context, swept, &cli->swept_count);
		cli->swept = *swept;
	}
	return el_rights_drop(cli->context, rights) ? cli_fail(cli) : 0;
}

static int run(struct cli *cli, const char *netns, void *data)
{
	struct words *words = data;
	const struct el_context_options options = {
		.bpffs = words->bpffs,
		.warn = output_warning,
		.note = output_note,
		.warn_data = cli,
		.wait_s = words->wait_s,
		.memory_was_short = memory_was_short,
	};
	_cleanup_context_ struct el_context *context = NULL;
	_cleanup_free_ struct el_swept *swept = NULL;
	int status;

	if (el_context_open(&context, &options))
		return cli_no_memory(cli);
	cli->context = context;
	status = prepare(cli, netns, words, &swept);
	return status ? status : cli->verb->run(cli, words->argc, words->argv);
}

static bool goes_everywhere(const struct cli_verb *verb, const struct words *words)
{
	if (!verb->all_netns || !*verb->all_netns)
		return verb->all_netns;
	for (int i = 1; i < words->argc; i++)
		if (!strcmp(words->argv[i], verb->all_netns))
			return true;
	return false;
}

static int run_verb(struct cli *cli, struct words *words)
{
	if (!words->all_netns)
		return run(cli, words->netns, words);
	if (words->netns)
		return cli_usage(cli, "--netns and --all-netns cannot be used together");
	if (!goes_everywhere(cli->verb, words))
		return cli_usage(cli, "--all-netns works only with status, stats and detach --all");
	return all_netns(cli, run, words);
}

/* --wait without a value: no time limit. */
static int wait_parse(struct cli *cli, struct words *words)
{
	const char *word = words->wait;
	char *end;

	if (!words->waits)
		return 0;
	words->wait_s = word ? strtod(word, &end) : HUGE_VAL;
	if (!word || (*word >= '0' && *word <= '9' && !*end && words->wait_s <= 1e6))
		return 0;
	return cli_usage(cli, "--wait takes a number of seconds, not \"%s\"", word);
}

/* Open each closed standard stream; otherwise the next opened file would get its number, and the
 * output. The wrong mode makes uses of the stream fail, as before. Without /dev/null, a folder is
 * opened. */
static int occupy_streams(void)
{
	static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) < 0 &&
		    open("/", O_PATH | O_DIRECTORY) < 0)
			return -errno;
	return 0;
}

int main(int argc, char **argv)
{
	const char *color = getenv("NO_COLOR");
	struct cli cli = {.color = isatty(STDOUT_FILENO) && !(color && *color)};
	struct words words = {0};
	bool help = false, version = false;
	const struct cli_option options[] = {
		{.name = "--json", .letter = 'j', .given = &cli.json},
		{.name = "--quiet", .letter = 'q', .given = &cli.quiet},
		{.name = "--verbose", .letter = 'v', .given = &cli.verbose},
		{.name = "--help", .letter = 'h', .given = &help},
		{.name = "--version", .letter = 'V', .given = &version},
		{.name = "--bpffs", .value = &words.bpffs},
		{.name = "--netns", .letter = 'n', .value = &words.netns},
		{.name = "--all-netns", .given = &words.all_netns},
		{.name = "--wait",
		 .letter = 'w',
		 .optional = true,
		 .value = &words.wait,
		 .given = &words.waits},
		{0},
	};

	if (occupy_streams())
		return EL_FAILED;
	/* A write beyond RLIMIT_FSIZE must fail with an error, not kill the process. */
	signal(SIGXFSZ, SIG_IGN);
	output_json_setup();
	if (cli_globals(&cli, &argc, argv, options) || wait_parse(&cli, &words))
		return EL_USAGE;
	if (version)
		return output_end(&cli, cmd_version(&cli, 1, argv));
	if (help)
		return output_end(&cli, cmd_help(&cli, argc, argv));
	if (argc < 2)
		return cli_usage(&cli, "no command given");
	cli.verb = cli_find_verb(&cli, argv[1]);
	words.argc = argc - 1;
	words.argv = argv + 1;
	return cli.verb ? output_end(&cli, run_verb(&cli, &words)) : EL_USAGE;
}
