// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Parse chains and paths from words. The library parses the grammar of an instance.
 */
#include <stdlib.h>
#include <string.h>

#include "instance.h"

/* Print the library's error as a usage error of the verb. */
static int usage_fail(struct cli *cli)
{
	return cli_usage(cli, "%s", el_error_get(cli->context)->what);
}

int assignment_parse(struct cli *cli, char *word, struct el_assignment *out)
{
	return el_assignment_parse(cli->context, word, out) ? usage_fail(cli) : 0;
}

int instances_parse(struct cli *cli, char **words, size_t count, struct instances *out)
{
	out->spec = calloc(count + 1, sizeof(*out->spec));
	out->text = calloc(count + 1, sizeof(*out->text));
	out->words = calloc(count + 1, sizeof(*out->words));
	if (!out->spec || !out->text || !out->words)
		return cli_no_memory(cli);
	for (size_t i = 0; i < count; i++) {
		out->words[i] = strdup(words[i]);
		if (!out->words[i])
			return cli_no_memory(cli);
		out->count++;
		if (el_instance_parse(cli->context, out->words[i], &out->text[i]))
			return usage_fail(cli);
		out->spec[i] = out->text[i].spec;
	}
	return 0;
}

void instances_free(struct instances *instances)
{
	for (size_t i = 0; i < instances->count; i++) {
		el_instance_text_free(&instances->text[i]);
		free(instances->words[i]);
	}
	free(instances->spec);
	free(instances->text);
	free(instances->words);
}

int hook_parse(struct cli *cli, const char *word, enum edge_hook *out)
{
	*out = EDGE_HOOK_XDP;
	if (word && el_hook_parse(word, out))
		return cli_usage(cli,
				 "unknown hook \"%s\"; the hooks are xdp, tc-ingress and tc-egress",
				 word);
	return 0;
}

int instance_path_parse(struct cli *cli, char *word, struct instance_path *out)
{
	char *hook = strchr(word, '/');
	char *instance = hook ? strchr(hook + 1, '/') : NULL;

	if (!instance || hook == word || !instance[1] || strchr(instance + 1, '/'))
		return cli_usage(cli, "\"%s\" is not DEVICE/HOOK/INSTANCE", word);
	*hook = '\0';
	*instance = '\0';
	out->device = word;
	out->instance = instance + 1;
	return hook_parse(cli, hook + 1, &out->hook);
}

int start_empty_parse(struct cli *cli, const char *word, const char **out)
{
	char *at = (char *)word; /* from argv, so it may be modified */
	size_t count = 0;

	while (at && count < START_EMPTY_MAX) {
		out[count] = strsep(&at, ",");
		if (!*out[count++])
			return cli_usage(cli, "--start-empty takes INSTANCE/MAP[,INSTANCE/MAP...]");
	}
	out[count] = NULL;
	return at ? cli_usage(cli, "--start-empty takes at most %d maps", START_EMPTY_MAX) : 0;
}
