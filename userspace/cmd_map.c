// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * map: show and change the maps of an instance. `map load` reads the output of `map dump`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* A map, and the words after its path. The caller owns both. */
struct words {
	struct el_map *map;
	char **rest;
};

/* ---------------------------------------------------------------- list */

static void list_row(struct output_table *table, const char *path, const struct el_map_info *info)
{
	output_row(table);
	output_cell(table, "%s", path);
	output_cell(table, "%s", info->table ? "prefix_table" : info->kind);
	output_cell(table, "%s", info->key);
	output_cell(table, "%s", info->value);
	output_cell(table, "%u", info->max_entries);
}

static json_t *list_json(const char *path, const struct el_map_info *info)
{
	return output_object("{s:s, s:s, s:b, s:s, s:s, s:I, s:I, s:I, s:I}", "path", path, "kind",
			     info->kind, "table", info->table, "key", info->key, "value",
			     info->value, "key_size", (json_int_t)info->key_size, "value_size",
			     (json_int_t)info->value_size, "max_entries",
			     (json_int_t)info->max_entries, "flags", (json_int_t)info->flags);
}

/* A map that was removed since its path was read is left out. */
static int list_maps(struct cli *cli, char **paths, size_t count)
{
	static const struct output_column columns[] = {{"MAP", false},	  {"KIND", false},
						       {"KEY", false},	  {"VALUE", false},
						       {"ENTRIES", true}, {0}};
	_cleanup_table_ struct output_table *table =
		cli->json ? NULL : output_table_new(cli, columns);
	_cleanup_json_ json_t *json = cli->json ? json_array() : NULL;
	int status = EL_OK;

	for (size_t i = 0; i < count && !status; i++) {
		_cleanup_map_ struct el_map *map = NULL;

		if (el_map_open(cli->context, paths[i], &map)) {
			if (el_error_get(cli->context)->kind != EL_NOT_FOUND)
				status = cli_fail(cli);
			continue;
		}
		if (cli->json)
			json_array_append_new(json, list_json(paths[i], el_map_info(map)));
		else
			list_row(table, paths[i], el_map_info(map));
	}
	if (cli->json)
		return status ? status : output_json(cli, TAKE_PTR(json));
	if (output_table_print(table, "") && !status)
		status = EL_FAILED;
	return status;
}

static int map_list(struct cli *cli, const char *under)
{
	_cleanup_texts_ char **paths = NULL;
	size_t count;

	if (el_maps_list(cli->context, under, &paths, &count))
		return cli_fail(cli);
	return count || cli->json ? list_maps(cli, paths, count) : EL_OK;
}

/* ---------------------------------------------------------------- one entry */

static int map_get(struct cli *cli, const struct words *words)
{
	_cleanup_free_ char *text = NULL;

	if (el_map_get(words->map, words->rest[0], cli->json ? EL_JSON : EL_TEXT, &text))
		return cli_fail(cli);
	output_line("%s", text);
	return EL_OK;
}

static int map_set(struct cli *cli, const struct words *words)
{
	if (el_map_set(words->map, words->rest[0], words->rest[1]))
		return cli_fail(cli);
	return cli->json ? output_json(cli, output_object("{s:i}", "set", 1)) : EL_OK;
}

static int map_del(struct cli *cli, const struct words *words)
{
	if (el_map_del(words->map, words->rest[0]))
		return cli_fail(cli);
	return cli->json ? output_json(cli, output_object("{s:i}", "deleted", 1)) : EL_OK;
}

/* ---------------------------------------------------------------- all entries */

struct dump {
	const struct cli *cli;
	size_t count;
};

static int print_entry(void *data, const char *key, const char *value)
{
	struct dump *dump = data;

	if (!dump->cli->json) {
		output_line("%s %s", key, value);
	} else {
		output_own(dump->count ? ",\n" : "");
		output_part("%s", value);
	}
	dump->count++;
	return output_failed() ? EL_FAILED : 0;
}

static int map_dump(struct cli *cli, const struct words *words)
{
	struct dump dump = {.cli = cli};
	int result;

	if (cli->json)
		output_part("[");
	result = el_map_dump(words->map, cli->json ? EL_JSON : EL_TEXT, print_entry, &dump);
	if (cli->json)
		output_line("]");
	if (result == EL_FAILED) /* standard output is closed or full */
		return EL_FAILED;
	return result ? cli_fail(cli) : EL_OK;
}

/* Print the number of entries, as {"loaded": 3} or "3 entries loaded". */
static int print_count(const struct cli *cli, const char *what, size_t count)
{
	if (cli->json)
		return output_json(cli, output_object("{s:I}", what, (json_int_t)count));
	if (!cli->quiet)
		output_line("%zu %s %s", count, count == 1 ? "entry" : "entries", what);
	return EL_OK;
}

static int map_load(struct cli *cli, const struct words *words)
{
	size_t count;

	if (el_map_load(words->map, words->rest[0], &count))
		return cli_fail(cli);
	return print_count(cli, "loaded", count);
}

static int map_flush(struct cli *cli, const struct words *words)
{
	size_t count;

	if (el_map_flush(words->map, &count))
		return cli_fail(cli);
	return print_count(cli, "deleted", count);
}

static int print_event(void *data, const char *value)
{
	(void)data;
	output_line("%s", value);
	return output_flush();
}

static int map_follow(struct cli *cli, const struct words *words)
{
	const struct el_follow_options options = {.format = cli->json ? EL_JSON : EL_TEXT,
						  .event = print_event};
	int result = el_map_follow(words->map, &options);

	return result < 0 ? cli_fail(cli) : result;
}

/* ---------------------------------------------------------------- the verb */

static const struct map_verb {
	const char *name;
	int least, most; /* number of words after the path */
	const char *wants;
	int (*run)(struct cli *cli, const struct words *words);
} verbs[] = {
	{"get", 1, 1, "a map and a key", map_get},
	{"set", 1, 2, "a map, a key and an optional value", map_set},
	{"del", 1, 1, "a map and a key", map_del},
	{"dump", 0, 0, "a map", map_dump},
	{"load", 1, 1, "a map and a file", map_load},
	{"flush", 0, 0, "a map", map_flush},
	{"follow", 0, 0, "a map", map_follow},
};

/* ---------------------------------------------------------------- save and restore */

static int map_save(struct cli *cli, char **argv)
{
	size_t count;

	if (el_maps_save(cli->context, argv[0], argv[1], &count))
		return cli_fail(cli);
	if (!strcmp(argv[1], "-"))
		return EL_OK;
	if (cli->json)
		return output_json(cli, output_object("{s:I}", "saved", (json_int_t)count));
	if (!cli->quiet)
		output_line("%zu %s saved", count, count == 1 ? "map" : "maps");
	return EL_OK;
}

static int map_restore(struct cli *cli, char **argv)
{
	size_t count;

	if (el_maps_restore(cli->context, argv[0], argv[1], &count))
		return cli_fail(cli);
	return print_count(cli, "restored", count);
}

/* ---------------------------------------------------------------- changes by a swap */

static int map_replace(struct cli *cli, char **argv)
{
	_cleanup_chain_ struct el_chain *chain = NULL;

	if (el_map_replace(cli->context, argv[0], argv[1], &chain))
		return cli_fail(cli);
	return report_done(cli, el_chain_report(chain));
}

static int map_resize(struct cli *cli, char **argv)
{
	char *end;
	unsigned long entries = strtoul(argv[1], &end, 10);
	_cleanup_chain_ struct el_chain *chain = NULL;

	if (*argv[1] < '0' || *argv[1] > '9' || *end || entries > UINT32_MAX)
		return cli_usage(cli, "\"%s\" is not a number of entries", argv[1]);
	if (el_map_resize(cli->context, argv[0], (uint32_t)entries, &chain))
		return cli_fail(cli);
	return report_done(cli, el_chain_report(chain));
}

/* Verbs that take a path and one word, and open no map themselves. */
static const struct {
	const char *name, *wants;
	int (*run)(struct cli *cli, char **argv);
} wholes[] = {
	{"replace", "a map and a file", map_replace},
	{"resize", "a map and a number of entries", map_resize},
	{"save", "DEVICE[/HOOK[/INSTANCE[/MAP]]] and a file", map_save},
	{"restore", "DEVICE[/HOOK[/INSTANCE[/MAP]]] and a file", map_restore},
};

static int run(struct cli *cli, const struct map_verb *verb, char **argv)
{
	_cleanup_map_ struct el_map *map = NULL;

	if (el_map_open(cli->context, argv[0], &map))
		return cli_fail(cli);
	return verb->run(cli, &(struct words){map, argv + 1});
}

int cmd_map(struct cli *cli, int argc, char **argv)
{
	if (cli_options(cli, &argc, argv, NULL))
		return EL_USAGE;
	if (argc < 2)
		return cli_usage(cli, "no map command given");
	if (!strcmp(argv[1], "list"))
		return argc > 3 ? cli_usage(cli, "map list takes at most one path")
				: map_list(cli, argv[2]);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(argv[1], verbs[i].name))
			continue;
		if (argc - 3 < verbs[i].least || argc - 3 > verbs[i].most)
			return cli_usage(cli, "map %s takes %s", verbs[i].name, verbs[i].wants);
		return run(cli, &verbs[i], argv + 2);
	}
	for (size_t i = 0; i < sizeof(wholes) / sizeof(*wholes); i++) {
		if (strcmp(argv[1], wholes[i].name))
			continue;
		return argc == 4
			       ? wholes[i].run(cli, argv + 2)
			       : cli_usage(cli, "map %s takes %s", wholes[i].name, wholes[i].wants);
	}
	return cli_usage(cli, "unknown map command \"%s\"", argv[1]);
}
