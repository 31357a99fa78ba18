// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Parses the grammar of instances, [NAME=]FUNCTION[:PARAM=VALUE,...,MAP.size=ENTRIES,...], on the
 * command line and in the manifest. It does not check that functions and parameters exist: the code
 * that opens an instance does.
 */
#include <ctype.h>

#include "object/instance.h"
#include "value/value.h"

#define SIZE_SUFFIX ".size"

static bool is_name(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_' && text[i] != '-')
			return false;
	return length > 0;
}

int el_assignment_parse(struct el_context *context, char *text, struct el_assignment *out)
{
	char *equals = strchr(text, '=');

	if (!equals)
		return el_fail(context, EL_USAGE, EINVAL, NULL,
			       "parameter \"%s\" has no value; write %s=VALUE", text,
			       *text ? text : "PARAM");
	if (equals == text)
		return el_fail(context, EL_USAGE, EINVAL, NULL,
			       "\"%s\" names no parameter; write PARAM=VALUE", text);
	*equals = '\0';
	out->name = text;
	out->value = equals + 1;
	return 0;
}

/* Split @text into PARAM=VALUE, in place; there is room for one more than @text has commas. */
static int params_parse(struct el_context *context, char *text, struct el_instance_text *out)
{
	size_t *count = &out->spec.params_count;

	for (;;) {
		bool last, matched;
		char *end = el_value_text_end(text, ',', &matched);
		int err;

		if (!matched)
			return el_fail(context, EL_USAGE, EINVAL, NULL,
				       "braces or brackets of \"%s\" don't match", text);
		last = !*end;
		*end = '\0';
		if (end == text)
			return el_fail(context, EL_USAGE, EINVAL, NULL,
				       "a parameter is missing; write PARAM=VALUE,PARAM=VALUE");
		err = el_assignment_parse(context, text, &out->params[*count]);
		if (err)
			return err;
		(*count)++;
		if (last)
			return 0;
		text = end + 1;
	}
}

static size_t count_commas(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == ',';
	return count;
}

/* Parse a decimal number, from 1 on. Return: 0 if the text is not such a number. */
static uint32_t number_parse(const char *text)
{
	char *end;
	unsigned long long number;

	if (!isdigit((unsigned char)*text))
		return 0;
	errno = 0;
	number = strtoull(text, &end, 10);
	return errno || *end || number > UINT32_MAX ? 0 : (uint32_t)number;
}

static int size_parse(struct el_context *context, const struct el_assignment *size,
		      struct el_instance_text *out)
{
	size_t *count = &out->spec.maps_count;
	uint32_t entries = number_parse(size->value);

	((char *)size->name)[strlen(size->name) - strlen(SIZE_SUFFIX)] = '\0';
	if (!*size->name)
		return el_fail(context, EL_USAGE, EINVAL, NULL,
			       "\"%s=%s\" names no map; write MAP%s=ENTRIES", SIZE_SUFFIX,
			       size->value, SIZE_SUFFIX);
	if (!entries)
		return el_fail(context, EL_USAGE, EINVAL, "write a number of entries, from 1 on",
			       "the size of map %s is not a number of entries: %s", size->name,
			       size->value);
	for (size_t i = 0; i < *count; i++)
		if (!strcmp(out->maps[i].name, size->name))
			return el_fail(context, EL_USAGE, EINVAL, "give the size once",
				       "the size of map %s is given twice", size->name);
	out->maps[(*count)++] = (struct el_map_spec){.name = size->name, .max_entries = entries};
	return 0;
}

static bool is_size(const struct el_assignment *assignment)
{
	size_t length = strlen(assignment->name), end = strlen(SIZE_SUFFIX);

	return length >= end && !strcmp(assignment->name + length - end, SIZE_SUFFIX);
}

/* Move the assignments MAP.size=ENTRIES from the parameters to the maps. */
static int take_sizes(struct el_context *context, struct el_instance_text *instance)
{
	struct el_assignment *params = instance->params;
	size_t left = 0;
	int err = 0;

	for (size_t i = 0; !err && i < instance->spec.params_count; i++) {
		if (is_size(&params[i]))
			err = size_parse(context, &params[i], instance);
		else
			params[left++] = params[i];
	}
	instance->spec.params_count = left;
	return err;
}

/* Split the text after the colon into the parameters and the sizes of @instance. */
static int settings_parse(struct el_context *context, char *text, struct el_instance_text *instance)
{
	struct el_instance_spec *spec = &instance->spec;
	size_t room = count_commas(text) + 1;
	int err;

	spec->params = instance->params = calloc(room, sizeof(*instance->params));
	spec->maps = instance->maps = calloc(room, sizeof(*instance->maps));
	if (!instance->params || !instance->maps)
		return el_fail_memory(context);
	err = params_parse(context, text, instance);
	return err ? err : take_sizes(context, instance);
}

int el_instance_parse(struct el_context *context, char *text, struct el_instance_text *out)
{
	_cleanup_(el_instance_text_free) struct el_instance_text instance = {0};
	char *equals = strchr(text, '='), *colon;
	int err = 0;

	if (equals && is_name(text, (size_t)(equals - text))) {
		*equals = '\0';
		instance.spec.name = text;
		text = equals + 1;
	}
	colon = strchr(text, ':');
	if (colon)
		*colon = '\0';
	instance.spec.function = text;
	if (!*text)
		return el_fail(
			context, EL_USAGE, EINVAL, NULL,
			"an instance has no function; write [NAME=]FUNCTION[:PARAM=VALUE,...]");
	if (colon)
		err = settings_parse(context, colon + 1, &instance);
	if (err)
		return err;
	*out = instance;
	instance = (struct el_instance_text){0};
	return 0;
}

void el_instance_text_free(struct el_instance_text *instance)
{
	free(instance->params);
	free(instance->maps);
}

int el_params_split(char *text, struct el_assignment **out, size_t *count)
{
	_cleanup_free_ struct el_assignment *params = NULL;
	size_t room = 1, made = 0;

	for (const char *c = text; (c = strchr(c, '=')); c++)
		room++;
	params = calloc(room, sizeof(*params));
	if (!params)
		return -ENOMEM;
	while (*text) {
		char *value = strchr(text, '='), *end;

		if (!value)
			return -EINVAL;
		*value++ = '\0';
		end = el_value_text_end(value, ',', NULL);
		params[made++] = (struct el_assignment){text, value};
		text = *end ? end + 1 : end;
		*end = '\0';
	}
	*out = TAKE_PTR(params);
	*count = made;
	return 0;
}
