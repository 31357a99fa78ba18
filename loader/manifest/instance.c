// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Read the instances of a manifest's chain, in the short form of the command line or in the long
 * form. Their parameters stay text.
 */
#include "object/cflags.h"
#include "chain/chain.h"
#include "manifest/read.h"

/* An instance during the reading: its spec, and the values that the spec has no room for. */
struct draft {
	struct el_instance_spec *spec;
	struct el_manifest_instance *instance;
};

/* ---------------------------------------------------------------- parameters */

static int check_params_twice(struct manifest_reader *reader, const struct draft *draft)
{
	size_t count = draft->spec->params_count;
	struct manifest_word *words = el_manifest_alloc(reader, count + 1, sizeof(*words));
	const struct manifest_word *twice;

	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		words[i].text = draft->spec->params[i].name;
		words[i].at = draft->instance->params_at[i];
	}
	twice = el_manifest_find_twice(words, count);
	if (!twice)
		return 0;
	return el_manifest_refuse(reader, twice->at, "keep only one of the two values",
				  "parameter %s is given twice", twice->text);
}

static int read_param(struct manifest_reader *reader, const struct manifest_node *key,
		      const struct manifest_node *value, struct el_assignment *param)
{
	int err = el_manifest_want(reader, (struct manifest_field){"a parameter name", key},
				   MANIFEST_SCALAR);

	if (!err)
		err = el_manifest_read_value(reader, (struct manifest_field){key->text, value},
					     &param->value);
	if (err)
		return err;
	param->name = key->text;
	if (param->value)
		return 0;
	return el_manifest_refuse(reader, key->at, NULL, "parameter %s has no value",
				  el_manifest_shown(key->text).text);
}

static int read_params(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct draft *draft = out;
	struct el_position *at = el_manifest_alloc(reader, field.node->count + 1, sizeof(*at));
	struct el_assignment *params =
		el_manifest_alloc(reader, field.node->count + 1, sizeof(*params));
	int err = at && params ? el_manifest_want(reader, field, MANIFEST_MAPPING) : -ENOMEM;

	for (size_t i = 0; !err && i < field.node->count; i++) {
		const struct manifest_node *key = manifest_key(field.node, i);

		at[i] = key->at;
		err = read_param(reader, key, manifest_value(field.node, i), &params[i]);
	}
	if (err)
		return err;
	draft->spec->params = params;
	draft->spec->params_count = field.node->count;
	draft->instance->params_at = at;
	return check_params_twice(reader, draft);
}

/* ---------------------------------------------------------------- compiler flags */

/* A list of words, or one text of words separated by blanks. */
static int list_flags(struct manifest_reader *reader, struct manifest_field field,
		      const char **words, size_t *count)
{
	const char *written;
	char *text, *word;
	int err = 0;

	if (field.node->kind == MANIFEST_LIST) {
		for (size_t i = 0; !err && i < field.node->count && i <= EL_CFLAGS_MAX; i++)
			err = el_manifest_read_text(
				reader, (struct manifest_field){field.name, field.node->items[i]},
				&words[(*count)++]);
		return err;
	}
	err = el_manifest_read_text(reader, field, &written);
	if (err)
		return err;
	text = el_manifest_copy(reader, written);
	if (!text)
		return -ENOMEM;
	while (*count <= EL_CFLAGS_MAX && (word = strsep(&text, " \t\n")))
		if (*word)
			words[(*count)++] = word;
	return 0;
}

static int read_cflags(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct draft *draft = out;
	const char *words[EL_CFLAGS_MAX + 1];
	_cleanup_free_ char *flags = NULL;
	size_t count = 0;
	int err = list_flags(reader, field, words, &count);

	if (err)
		return err;
	err = el_cflags_make(reader->context, &(struct el_cflags){words, count, reader->folder},
			     &flags);
	if (err)
		return el_manifest_refuse_noted(reader, field.node->at, err);
	draft->spec->cflags = el_manifest_copy(reader, flags);
	return draft->spec->cflags ? 0 : -ENOMEM;
}

/* ---------------------------------------------------------------- the function */

/* Make PATH or PATH#PROGRAM absolute, relative to the manifest's folder. The name of an installed
 * function stays. */
static int set_function(struct manifest_reader *reader, const struct draft *draft,
			const struct manifest_node *node, const char *text)
{
	const char *hash = strrchr(text, '#');
	_cleanup_free_ char *path = strndup(text, hash ? (size_t)(hash - text) : strlen(text));
	const struct manifest_node absolute = {.at = node->at, .text = text};

	if (!path)
		return el_fail_memory(reader->context);
	draft->instance->function_at = node->at;
	draft->spec->function = text;
	if (!el_object_is_path(path) && !el_object_is_path(text))
		return 0;
	return el_manifest_read_path(reader, (struct manifest_field){"function", &absolute},
				     &draft->spec->function);
}

static int read_function(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	const char *text;
	int err = el_manifest_read_text(reader, field, &text);

	return err ? err : set_function(reader, out, field.node, text);
}

static int check_name(struct manifest_reader *reader, const char *name, struct el_position at)
{
	if (el_instance_name_valid(name))
		return 0;
	return el_manifest_refuse(reader, at,
				  "a name has up to 31 letters, digits, - and _; link, prog, "
				  "metadata, counters, carried and tail are reserved",
				  "%s is not a valid instance name", el_manifest_shown(name).text);
}

static int read_name(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct draft *draft = out;
	int err = el_manifest_read_text(reader, field, &draft->spec->name);

	return err ? err : check_name(reader, draft->spec->name, field.node->at);
}

static int read_maps(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct draft *draft = out;

	return el_manifest_read_maps(reader, field, draft->instance);
}

/* ---------------------------------------------------------------- both forms */

static int keep_params(struct manifest_reader *reader, struct draft *draft,
		       const struct el_instance_spec *spec, struct el_position position)
{
	struct el_position *at = el_manifest_alloc(reader, spec->params_count + 1, sizeof(*at));
	struct el_assignment *params =
		el_manifest_alloc(reader, spec->params_count + 1, sizeof(*params));

	if (!at || !params)
		return -ENOMEM;
	for (size_t i = 0; i < spec->params_count; i++) {
		at[i] = position;
		params[i] = spec->params[i];
	}
	draft->spec->params = params;
	draft->spec->params_count = spec->params_count;
	draft->instance->params_at = at;
	return check_params_twice(reader, draft);
}

/* Convert MAP.size=ENTRIES of the short form to the maps of the long form. */
static int keep_sizes(struct manifest_reader *reader, struct draft *draft,
		      const struct el_instance_spec *spec, struct el_position at)
{
	struct el_manifest_map *maps =
		el_manifest_alloc(reader, spec->maps_count + 1, sizeof(*maps));

	if (!maps)
		return -ENOMEM;
	for (size_t i = 0; i < spec->maps_count; i++)
		maps[i] = (struct el_manifest_map){.at = at,
						   .name = spec->maps[i].name,
						   .size = spec->maps[i].max_entries,
						   .size_at = at};
	draft->instance->maps = maps;
	draft->instance->maps_count = spec->maps_count;
	return 0;
}

static int read_short(struct manifest_reader *reader, const struct manifest_node *node,
		      struct draft *draft)
{
	_cleanup_(el_instance_text_free) struct el_instance_text read = {0};
	const struct el_instance_spec *spec = &read.spec;
	const char *written;
	char *text;
	int err = el_manifest_read_text(reader, (struct manifest_field){"an instance", node},
					&written);

	if (err)
		return err;
	text = el_manifest_copy(reader, written);
	if (!text)
		return -ENOMEM;
	err = el_instance_parse(reader->context, text, &read);
	if (err)
		return el_manifest_refuse_noted(reader, node->at, err);
	draft->spec->name = spec->name;
	err = keep_params(reader, draft, spec, node->at);
	if (!err)
		err = keep_sizes(reader, draft, spec, node->at);
	if (!err && spec->name)
		err = check_name(reader, spec->name, node->at);
	return err ? err : set_function(reader, draft, node, spec->function);
}

static int read_instance(struct manifest_reader *reader, const struct manifest_node *node,
			 struct draft *draft)
{
	static const struct manifest_want wants[] = {
		{"name", false, read_name},	{"function", true, read_function},
		{"cflags", false, read_cflags}, {"params", false, read_params},
		{"maps", false, read_maps},	{0}};

	draft->instance->at = node->at;
	if (node->kind == MANIFEST_SCALAR)
		return read_short(reader, node, draft);
	return el_manifest_read_mapping(reader, (struct manifest_field){"an instance", node}, wants,
					draft);
}

/* For a path, the name of the function is not known yet, so el_instances_make() checks again. */
static int check_names_twice(struct manifest_reader *reader, const struct el_manifest_chain *chain)
{
	struct manifest_word words[EDGE_INSTANCES_MAX];
	const struct manifest_word *twice;
	size_t count = 0;

	for (size_t i = 0; i < chain->instances_count; i++) {
		const struct el_instance_spec *spec = &chain->specs[i];

		words[count].at = chain->instances[i].at;
		words[count].text = spec->name ? spec->name : spec->function;
		count += spec->name || *spec->function != '/';
	}
	twice = el_manifest_find_twice(words, count);
	if (!twice)
		return 0;
	return el_manifest_refuse(reader, twice->at,
				  "give each instance its own name: NAME=FUNCTION, or name:",
				  "two instances have the name %s; the first is in line %u",
				  el_manifest_shown(twice->text).text, twice[-1].at.line);
}

int el_manifest_read_instances(struct manifest_reader *reader, struct manifest_field field,
			       struct el_manifest_chain *chain)
{
	struct el_instance_spec *specs;
	struct el_manifest_instance *instances;
	int err = el_manifest_want(reader, field, MANIFEST_LIST);

	if (err)
		return err;
	if (!field.node->count || field.node->count > EDGE_INSTANCES_MAX)
		return el_manifest_refuse(reader, field.node->at, NULL,
					  "a chain has 1 to %d instances, not %zu",
					  EDGE_INSTANCES_MAX, field.node->count);
	specs = el_manifest_alloc(reader, field.node->count, sizeof(*specs));
	instances = el_manifest_alloc(reader, field.node->count, sizeof(*instances));
	if (!specs || !instances)
		return -ENOMEM;
	for (size_t i = 0; !err && i < field.node->count; i++)
		err = read_instance(reader, field.node->items[i],
				    &(struct draft){&specs[i], &instances[i]});
	if (err)
		return err;
	chain->specs = specs;
	chain->instances = instances;
	chain->instances_count = field.node->count;
	return check_names_twice(reader, chain);
}
