// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The grammar of instances. It knows words only: whether a function or a parameter exists is the
 * library's to say.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "instance.h"

static bool is_name(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_' && text[i] != '-')
			return false;
	return length > 0;
}

int assignment_parse(struct cli *cli, char *word, struct el_assignment *out)
{
	char *equals = strchr(word, '=');

	if (!equals)
		return cli_usage(cli, "parameter \"%s\" has no value; write %s=VALUE", word,
				 *word ? word : "PARAM");
	if (equals == word)
		return cli_usage(cli, "\"%s\" names no parameter; write PARAM=VALUE", word);
	*equals = '\0';
	out->name = word;
	out->value = equals + 1;
	return 0;
}

/* The length of what comes before the next comma that is in no braces, or -1 where they don't
 * match. */
static long assignment_length(const char *text)
{
	char open[32];
	size_t depth = 0, i;

	for (i = 0; text[i] && (text[i] != ',' || depth); i++) {
		if (text[i] == '{' || text[i] == '[') {
			if (depth == sizeof(open))
				return -1;
			open[depth++] = text[i] == '{' ? '}' : ']';
		} else if (text[i] == '}' || text[i] == ']') {
			if (!depth || open[--depth] != text[i])
				return -1;
		}
	}
	return depth ? -1 : (long)i;
}

/* @text is cut into PARAM=VALUE, in place; @params has room for as many as it has commas, and one.
 */
static int params_parse(struct cli *cli, char *text, struct el_assignment *params, size_t *count)
{
	for (;;) {
		long length = assignment_length(text);
		bool last;

		if (length < 0)
			return cli_usage(cli, "braces or brackets of \"%s\" don't match", text);
		last = !text[length];
		text[length] = '\0';
		if (!length)
			return cli_usage(cli,
					 "a parameter is missing; write PARAM=VALUE,PARAM=VALUE");
		if (assignment_parse(cli, text, &params[*count]))
			return EL_USAGE;
		(*count)++;
		if (last)
			return 0;
		text += length + 1;
	}
}

static size_t count_commas(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == ',';
	return count;
}

/* @text is the word's copy, which the instance keeps. */
static int instance_parse(struct cli *cli, char *text, struct el_instance_spec *out)
{
	char *equals = strchr(text, '='), *colon;
	struct el_assignment *params;

	if (equals && is_name(text, (size_t)(equals - text))) {
		*equals = '\0';
		out->name = text;
		text = equals + 1;
	}
	colon = strchr(text, ':');
	if (colon)
		*colon = '\0';
	out->function = text;
	if (!*text)
		return cli_usage(
			cli,
			"an instance has no function; write [NAME=]FUNCTION[:PARAM=VALUE,...]");
	if (!colon)
		return 0;
	params = calloc(count_commas(colon + 1) + 1, sizeof(*params));
	if (!params)
		return cli_usage(cli, "out of memory");
	out->params = params;
	return params_parse(cli, colon + 1, params, &out->params_count);
}

int instances_parse(struct cli *cli, char **words, size_t count, struct instances *out)
{
	int status = 0;

	out->spec = calloc(count + 1, sizeof(*out->spec));
	out->texts = calloc(count + 1, sizeof(*out->texts));
	if (!out->spec || !out->texts)
		return cli_usage(cli, "out of memory");
	for (size_t i = 0; i < count && !status; i++) {
		out->texts[i] = strdup(words[i]);
		if (!out->texts[i])
			return cli_usage(cli, "out of memory");
		out->count++;
		status = instance_parse(cli, out->texts[i], &out->spec[i]);
	}
	return status;
}

void instances_free(struct instances *instances)
{
	for (size_t i = 0; i < instances->count; i++) {
		free((void *)instances->spec[i].params);
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
		return cli_usage(
			cli, "unknown hook \"%s\"; there are xdp, tc-ingress and tc-egress", word);
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
