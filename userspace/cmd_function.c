// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * build, inspect: compile a source to an object, and show the content of an object.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

/* ---------------------------------------------------------------- build */

/* X.bpf.c and X.c become X.o in the current directory, as with a compiler; malloc'ed. */
static char *default_output(const char *source)
{
	static const char *const ends[] = {".bpf.c", ".c"};
	const char *slash = strrchr(source, '/');
	const char *base = slash ? slash + 1 : source;
	size_t length = strlen(base);
	char *output;

	for (size_t i = 0; i < 2; i++) {
		size_t end = strlen(ends[i]);

		if (length > end && !strcmp(base + length - end, ends[i])) {
			length -= end;
			break;
		}
	}
	return asprintf(&output, "%.*s.o", (int)length, base) < 0 ? NULL : output;
}

int cmd_build(struct cli *cli, int argc, char **argv)
{
	const char *output = NULL;
	const struct cli_option options[] = {{.name = "--output", .letter = 'o', .value = &output},
					     {0}};
	_cleanup_free_ char *chosen = NULL;

	if (cli_options(cli, &argc, argv, options))
		return EL_USAGE;
	if (argc != 2)
		return cli_usage(cli, argc < 2 ? "no source given" : "build takes one source");
	chosen = output ? strdup(output) : default_output(argv[1]);
	if (!chosen)
		return cli_no_memory(cli);
	if (el_compile(cli->context, argv[1], chosen))
		return cli_fail(cli);
	return cli->json ? output_json(cli, output_object("{s:s}", "object", chosen)) : EL_OK;
}

/* ---------------------------------------------------------------- inspect */

static const char *hooks_text(const struct el_program_info *program)
{
	return program->xdp	 ? "xdp"
	       : program->tc	 ? "tc"
	       : program->devmap ? "devmap"
	       : program->cpumap ? "cpumap"
				 : "-";
}

static json_t *params_json(const struct el_object_info *info)
{
	_cleanup_json_ json_t *params = json_array();

	for (size_t i = 0; i < info->params_count; i++) {
		const struct el_param_info *param = &info->params[i];
		_cleanup_json_ json_t *json =
			output_object("{s:s, s:s, s:s, s:s}", "name", param->name, "type",
				      param->type, "default", param->initial, "help", param->help);

		if (param->ranged) {
			json_object_set_new(json, "min", json_integer(param->min));
			json_object_set_new(json, "max", json_integer(param->max));
		}
		json_array_append_new(params, TAKE_PTR(json));
	}
	return TAKE_PTR(params);
}

static json_t *maps_json(const struct el_object_info *info)
{
	_cleanup_json_ json_t *maps = json_array();

	for (size_t i = 0; i < info->maps_count; i++) {
		const struct el_map_info *map = &info->maps[i];

		json_array_append_new(
			maps, output_object("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "name",
					    map->name, "kind", map->kind, "key", map->key, "value",
					    map->value, "key_size", (json_int_t)map->key_size,
					    "value_size", (json_int_t)map->value_size,
					    "max_entries", (json_int_t)map->max_entries, "flags",
					    (json_int_t)map->flags));
	}
	return TAKE_PTR(maps);
}

static json_t *programs_json(const struct el_object_info *info)
{
	_cleanup_json_ json_t *programs = json_array();

	for (size_t i = 0; i < info->programs_count; i++) {
		const struct el_program_info *program = &info->programs[i];

		json_array_append_new(programs,
				      output_object("{s:s, s:s, s:s, s:b}", "name", program->name,
						    "section", program->section, "hook",
						    hooks_text(program), "frags", program->frags));
	}
	return TAKE_PTR(programs);
}

static json_t *reasons_json(const struct el_object_info *info)
{
	_cleanup_json_ json_t *reasons = json_array();

	for (size_t i = 1; i < info->reasons_count; i++)
		if (info->reasons[i])
			json_array_append_new(reasons, output_string(info->reasons[i]));
	return TAKE_PTR(reasons);
}

static json_t *object_json(const struct el_object_info *info)
{
	return output_object("{s:s, s:s?, s:s, s:s, s:s, s:b, s:b, s:o, s:o, s:o, s:o}", "path",
			     info->path, "function", info->function, "help", info->help, "license",
			     info->license, "digest", info->digest, "bitcode", info->bitcode,
			     "frags", info->frags, "params", params_json(info), "maps",
			     maps_json(info), "programs", programs_json(info), "reasons",
			     reasons_json(info));
}

static void print_params(const struct cli *cli, const struct el_object_info *info)
{
	static const struct output_column columns[] = {{"PARAMETER", false}, {"TYPE", false},
						       {"DEFAULT", false},   {"RANGE", false},
						       {"MEANING", false},   {0}};
	_cleanup_table_ struct output_table *table = NULL;

	if (!info->params_count)
		return;
	table = output_table_new(cli, columns);
	for (size_t i = 0; i < info->params_count; i++) {
		const struct el_param_info *param = &info->params[i];

		output_row(table);
		output_cell(table, "%s", param->name);
		output_cell(table, "%s", param->type);
		output_cell(table, "%s", param->initial);
		if (param->ranged)
			output_cell(table, "%lld..%lld", (long long)param->min,
				    (long long)param->max);
		else
			output_cell(table, "-");
		output_cell(table, "%s", param->help);
	}
	output_newline();
	output_table_print(table, "  ");
}

static void print_maps(const struct cli *cli, const struct el_object_info *info)
{
	static const struct output_column columns[] = {{"MAP", false},	  {"KIND", false},
						       {"KEY", false},	  {"VALUE", false},
						       {"ENTRIES", true}, {0}};
	_cleanup_table_ struct output_table *table = NULL;

	if (!info->maps_count)
		return;
	table = output_table_new(cli, columns);
	for (size_t i = 0; i < info->maps_count; i++) {
		const struct el_map_info *map = &info->maps[i];

		output_row(table);
		output_cell(table, "%s", map->name);
		output_cell(table, "%s", map->kind);
		output_cell(table, "%s", *map->key ? map->key : "-");
		output_cell(table, "%s", *map->value ? map->value : "-");
		output_cell(table, "%u", map->max_entries);
	}
	output_newline();
	output_table_print(table, "  ");
}

static void print_programs(const struct cli *cli, const struct el_object_info *info)
{
	static const struct output_column columns[] = {
		{"PROGRAM", false}, {"SECTION", false}, {"HOOK", false}, {0}};
	_cleanup_table_ struct output_table *table = output_table_new(cli, columns);

	for (size_t i = 0; i < info->programs_count; i++) {
		output_row(table);
		output_cell(table, "%s", info->programs[i].name);
		output_cell(table, "%s", info->programs[i].section);
		output_cell(table, "%s", hooks_text(&info->programs[i]));
	}
	output_newline();
	output_table_print(table, "  ");
}

/* The number of programs of a plain object that fit a hook. */
static size_t programs_for_hooks(const struct el_object_info *info)
{
	size_t count = 0;

	for (size_t i = 0; i < info->programs_count; i++)
		count += info->programs[i].xdp || info->programs[i].tc;
	return count;
}

static void print_object(const struct cli *cli, const struct el_object_info *info)
{
	const char *between = "";
	size_t programs = programs_for_hooks(info);

	if (info->function)
		output_line("function %s%s%s", info->function, *info->help ? ": " : "", info->help);
	else if (programs == 1)
		output_line("plain program");
	else
		output_line("%zu plain programs; PATH#PROGRAM chooses one", programs);
	output_line("  path     %s", info->path);
	output_line("  license  %s", *info->license ? info->license : "none");
	output_line("  bitcode  %s",
		    info->bitcode ? "yes: it can be fused" : "no: it runs unmodified, not fused");
	output_line("  frags    %s", info->frags ? "yes: accepts XDP frames in fragments" : "no");
	output_line("  sha256   %s", info->digest);
	for (size_t i = 1; i < info->reasons_count; i++) {
		if (!info->reasons[i])
			continue;
		output_part("%s%s", *between ? between : "  drops    ", info->reasons[i]);
		between = ", ";
	}
	if (*between)
		output_newline();
	print_params(cli, info);
	print_maps(cli, info);
	print_programs(cli, info);
}

int cmd_inspect(struct cli *cli, int argc, char **argv)
{
	_cleanup_object_ struct el_object *object = NULL;

	if (cli_options(cli, &argc, argv, NULL))
		return EL_USAGE;
	if (argc != 2)
		return cli_usage(cli,
				 argc < 2 ? "no function given" : "inspect takes one function");
	if (el_object_inspect(cli->context, argv[1], &object))
		return cli_fail(cli);
	if (cli->json)
		return output_json(cli, object_json(el_object_info(object)));
	print_object(cli, el_object_info(object));
	return EL_OK;
}
