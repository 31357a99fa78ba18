// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Remove options from words. getopt(3) does not fit: the global options may be before or after the
 * verb, as users of ip and bpftool write them, and keys and values such as -5 are not options.
 */
#include <ctype.h>
#include <string.h>

#include "cli.h"

static const struct cli_option *find(const struct cli_option *options, const char *word,
				     const char **value)
{
	size_t length = strcspn(word, "=");

	*value = NULL;
	for (; options && options->name; options++) {
		if (options->letter && word[1] == options->letter) {
			*value = word[2] ? word + 2 : NULL;
			return options->value || !word[2] ? options : NULL;
		}
		if (strlen(options->name) == length && !strncmp(options->name, word, length)) {
			*value = word[length] ? word + length + 1 : NULL;
			return options;
		}
	}
	return NULL;
}

static bool is_option(const char *word)
{
	return word[0] == '-' && (word[1] == '-' || isalpha((unsigned char)word[1]));
}

/* Take an option and its value, which may be the next word. Return: the number of words, or 0. */
static int take(struct cli *cli, const struct cli_option *option, const char *value, char **argv)
{
	int words = 1;

	if (option->value && !value && !option->optional) {
		value = argv[1];
		words = 2;
	}
	if (!option->value && value) {
		cli_usage(cli, "%s takes no value", option->name);
		return 0;
	}
	if (option->value && !value && !option->optional) {
		cli_usage(cli, "%s needs a value", option->name);
		return 0;
	}
	if (option->value && value)
		*option->value = value;
	if (option->given)
		*option->given = true;
	return words;
}

static const struct cli_option *find_letter(const struct cli_option *options, char letter)
{
	for (; options && options->name; options++)
		if (options->letter == letter)
			return options;
	return NULL;
}

/* Parse letters as getopt(3) does: -jq is -j -q, and the text after an option with a value is the
 * value: -jw5. Return: whether all of @word is valid. @apply: take the options, too. */
static bool take_letters(const struct cli_option *options, const char *word, bool apply)
{
	for (const char *letter = word + 1; *letter; letter++) {
		const struct cli_option *option = find_letter(options, *letter);

		if (!option || (option->value && !option->optional && !letter[1]))
			return false;
		if (apply && option->given)
			*option->given = true;
		if (!option->value || !letter[1])
			continue;
		if (apply)
			*option->value = letter + 1;
		return true;
	}
	return true;
}

int cli_globals(struct cli *cli, int *argc, char **argv, const struct cli_option *options)
{
	int kept = 1, at = 1;

	while (at < *argc && strcmp(argv[at], "--")) {
		const char *value;
		const struct cli_option *option =
			is_option(argv[at]) ? find(options, argv[at], &value) : NULL;
		int words;

		if (!option && is_option(argv[at]) && argv[at][1] != '-' &&
		    take_letters(options, argv[at], false)) {
			take_letters(options, argv[at++], true);
			continue;
		}
		if (!option) {
			argv[kept++] = argv[at++];
			continue;
		}
		words = take(cli, option, value, argv + at);
		if (!words)
			return EL_USAGE;
		at += words;
	}
	while (at < *argc)
		argv[kept++] = argv[at++];
	argv[kept] = NULL;
	*argc = kept;
	return 0;
}

int cli_options(struct cli *cli, int *argc, char **argv, const struct cli_option *options)
{
	int status = cli_globals(cli, argc, argv, options), at = 1;

	if (status)
		return status;
	for (; at < *argc && strcmp(argv[at], "--"); at++)
		if (is_option(argv[at]))
			return cli_usage(cli, "unknown option %s", argv[at]);
	if (at == *argc)
		return 0;
	memmove(&argv[at], &argv[at + 1], (size_t)(*argc - at) * sizeof(*argv));
	*argc -= 1;
	return 0;
}
