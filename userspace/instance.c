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
	int status = 0;

	out->spec = calloc(count + 1, sizeof(*out->spec));
	out->texts = calloc(count + 1, sizeof(*out->texts));
	if (!out->spec || !out->texts)
		return cli_no_memory(cli);
	for (size_t i = 0; i < count && !status; i++) {
		out->texts[i] = strdup(words[i]);
		if (!out->texts[i])
			return cli_no_memory(cli);
		out->count++;
		if (el_instance_parse(cli->context, out->texts[i], &out->spec[i]))
			status = usage_fail(cli);
	}
	return status;
}

void instances_free(struct instances *instances)
{
	for (size_t i = 0; i < instances->count; i++) {
		free((void *)instances->spec[i].params);
		free((void *)instances->spec[i].maps);
		free(instances->texts[i]);
	}
	free(instances->spec);
	free(instances->texts);
	*instances = (struct instances){0};
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
