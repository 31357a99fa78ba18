// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Chain reports as JSON, and the text output that several verbs share.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

const char *report_mode(const struct el_chain_report *report)
{
	return report->state == EL_STATE_UNREADABLE && report->mode == EL_MODE_DEFAULT
		       ? "unknown"
		       : el_mode_name(report->mode);
}

static bool is_fused(const struct el_chain_report *report)
{
	return report->programs_count == 1 && report->programs[0].fused;
}

/* The verifier's figures are known only to the call that loaded the program. */
static json_t *known(uint32_t figure, bool is_known)
{
	return is_known ? json_integer(figure) : json_null();
}

static json_t *program_json(const struct el_chain_report *report,
			    const struct el_program_report *program)
{
	_cleanup_json_ json_t *instances = json_array();

	for (size_t i = program->first; i < program->first + program->count; i++)
		json_array_append_new(instances, output_string(report->instances[i].name));
	return output_object("{s:I, s:s, s:b, s:s, s:o, s:I, s:o, s:o}", "id",
			     (json_int_t)program->id, "tag", program->tag, "fused", program->fused,
			     "form", program->form, "instances", TAKE_PTR(instances),
			     "instructions", (json_int_t)program->instructions, "verified",
			     known(program->verified, program->verified > 0), "stack",
			     known(program->stack, program->verified > 0));
}

static json_t *instance_json(const struct el_instance_report *instance)
{
	return output_object("{s:s, s:s, s:s, s:s, s:s, s:b, s:I}", "name", instance->name,
			     "function", instance->function, "params", instance->params, "cflags",
			     instance->cflags, "digest", instance->digest, "fused", instance->fused,
			     "program", (json_int_t)instance->program);
}

static json_t *time_json(time_t time)
{
	char text[32];
	struct tm utc;

	if (!time || !gmtime_r(&time, &utc) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc))
		return json_null();
	return output_string(text);
}

static json_t *times_json(const struct el_chain_report *report)
{
	if (report->fuse_ms == 0 && report->load_ms == 0 && report->attach_ms == 0)
		return NULL;
	return output_object("{s:f, s:f, s:f}", "fuse", report->fuse_ms, "load", report->load_ms,
			     "attach", report->attach_ms);
}

static json_t *map_json(const struct el_map_report *map)
{
	_cleanup_json_ json_t *fields = json_array();

	for (size_t i = 0; i < map->fields_count; i++) {
		const struct el_field_report *field = &map->fields[i];

		json_array_append_new(fields,
				      output_object("{s:s, s:b, s:s, s:s, s:s}", "name",
						    field->name, "key", field->key, "change",
						    el_field_change_name(field->change), "from",
						    field->from, "to", field->to));
	}
	return output_object("{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:o}", "instance", map->instance,
			     "map", map->name, "change", el_map_change_name(map->change), "entries",
			     (json_int_t)map->entries, "max_entries_before",
			     (json_int_t)map->max_entries_before, "max_entries",
			     (json_int_t)map->max_entries, "why", map->why, "fields",
			     TAKE_PTR(fields));
}

static json_t *maps_json(const struct el_chain_report *report)
{
	_cleanup_json_ json_t *maps = json_array();

	for (size_t i = 0; i < report->maps_count; i++)
		json_array_append_new(maps, map_json(&report->maps[i]));
	return TAKE_PTR(maps);
}

json_t *report_json(const struct el_chain_report *report)
{
	_cleanup_json_ json_t *programs = json_array(), *instances = json_array();
	_cleanup_json_ json_t *json = NULL, *times = times_json(report);
	const struct el_program_report *entry = report->programs;

	for (size_t i = 0; i < report->programs_count; i++)
		json_array_append_new(programs, program_json(report, &report->programs[i]));
	for (size_t i = 0; i < report->instances_count; i++)
		json_array_append_new(instances, instance_json(&report->instances[i]));
	json = output_object(
		"{s:s?, s:I, s:s, s:s, s:s, s:I, s:I, s:b, s:s, s:b, s:s, s:I, s:o, s:s, s:o, s:o}",
		"device", report->device, "ifindex", (json_int_t)report->ifindex, "hook",
		el_hook_name(report->hook), "mode", report_mode(report), "state",
		el_state_name(report->state), "generation", (json_int_t)report->generation, "keep",
		(json_int_t)report->keep, "declared", report->declared, "digest", report->digest,
		"fused", is_fused(report), "cut", report->cut ? report->cut : "", "link_id",
		(json_int_t)report->link_id, "time", time_json(report->time), "user",
		report->user ? report->user : "", "programs", TAKE_PTR(programs), "instances",
		TAKE_PTR(instances));
	if (json && *report->why)
		json_object_set_new(json, "reason", output_string(report->why));
	if (json && report->programs_count)
		json_object_set_new(json, "program",
				    output_object("{s:I, s:s}", "id", (json_int_t)entry->id, "tag",
						  entry->tag));
	if (json && report->maps_count)
		json_object_set_new(json, "maps", maps_json(report));
	if (times)
		json_object_set_new(json, "milliseconds", TAKE_PTR(times));
	return TAKE_PTR(json);
}

/* Packets or bytes by verdict; null for a program that counts no verdicts. */
static json_t *verdicts_json(const struct el_instance_counters *counters, bool bytes)
{
	_cleanup_json_ json_t *json = NULL;

	if (!counters->verdicts_known)
		return json_null();
	json = json_object();
	for (int verdict = 0; verdict < EDGE_VERDICTS; verdict++) {
		const struct edge_count *count = &counters->verdicts[verdict];

		json_object_set_new(
			json, el_verdict_name(verdict),
			json_integer((json_int_t)(bytes ? count->bytes : count->packets)));
	}
	return TAKE_PTR(json);
}

static json_t *drops_json(const struct el_instance_counters *counters)
{
	_cleanup_json_ json_t *json = json_object();

	for (size_t i = 0; i < counters->reasons_count; i++) {
		const struct el_reason_count *reason = &counters->reasons[i];
		json_t *before = json_object_get(json, reason->name);

		json_object_set_new(
			json, reason->name,
			json_integer(json_integer_value(before) + (json_int_t)reason->packets));
	}
	return TAKE_PTR(json);
}

json_t *report_stats_json(const struct el_chain_report *report, const struct el_counters *counters)
{
	_cleanup_json_ json_t *json = report_json(report);
	json_t *instances = json_object_get(json, "instances");

	for (size_t i = 0; i < counters->count && i < json_array_size(instances); i++) {
		const struct el_instance_counters *count = &counters->instances[i];
		json_t *instance = json_array_get(instances, i);

		json_object_set_new(instance, "packets",
				    json_integer((json_int_t)count->entered.packets));
		json_object_set_new(instance, "bytes",
				    json_integer((json_int_t)count->entered.bytes));
		json_object_set_new(instance, "verdicts", verdicts_json(count, false));
		json_object_set_new(instance, "verdict_bytes", verdicts_json(count, true));
		json_object_set_new(instance, "drops", drops_json(count));
	}
	return TAKE_PTR(json);
}

static int report_problem(const struct cli *cli, const struct el_chain_report *report)
{
	struct el_error error = {.kind = report->problem};

	snprintf(error.what, sizeof(error.what), "%s", report->why);
	snprintf(error.hint, sizeof(error.hint), "%s", report->hint);
	output_error(cli, &error);
	return (int)error.kind;
}

int report_problems(const struct cli *cli, const struct el_chains *chains)
{
	int first = EL_OK;

	for (size_t i = 0; i < chains->count; i++) {
		const struct el_chain_report *report = el_chain_report(chains->list[i]);
		int status =
			report->state == EL_STATE_UNREADABLE ? report_problem(cli, report) : EL_OK;

		first = first ? first : status;
	}
	return first;
}

const char *report_shape(const struct el_chain_report *report, char *buffer, size_t size)
{
	if (report->state == EL_STATE_UNREADABLE || report->state == EL_STATE_ELSEWHERE ||
	    report->state == EL_STATE_MOVED)
		snprintf(buffer, size, "%s", el_state_name(report->state));
	else if (report->state == EL_STATE_DETACHED || report->state == EL_STATE_REPLACED)
		snprintf(buffer, size, "no: %s", el_state_name(report->state));
	else if (is_fused(report))
		snprintf(buffer, size, "fused");
	else if (report->programs_count == 1)
		snprintf(buffer, size, "unfused");
	else
		snprintf(buffer, size, "%zu programs", report->programs_count);
	return buffer;
}

static void print_field(const struct el_field_report *field)
{
	const char *change = el_field_change_name(field->change);

	output_part("    %s%s%s: %s", field->key ? "key" : "",
		    field->key && *field->name ? "." : "",
		    *field->name || field->key ? field->name : "value", change);
	if (field->change == EL_FIELD_NEW || field->change == EL_FIELD_LOST)
		output_part(" (%s)", *field->to ? field->to : field->from);
	else if (strcmp(field->from, field->to))
		output_part(", from %s to %s", field->from, field->to);
	output_newline();
}

static void print_map(const struct el_map_report *map)
{
	output_part("  map %s/%s: %s", map->instance, map->name, el_map_change_name(map->change));
	if (*map->why)
		output_part(": %s", map->why);
	if (map->change == EL_MAP_RESIZED || map->change == EL_MAP_CONVERTED)
		output_part(", %llu %s", (unsigned long long)map->entries,
			    map->entries == 1 ? "entry" : "entries");
	if (map->max_entries_before && map->max_entries &&
	    map->max_entries_before != map->max_entries)
		output_part(", max_entries %u instead of %u", map->max_entries,
			    map->max_entries_before);
	output_newline();
	for (size_t i = 0; i < map->fields_count; i++)
		print_field(&map->fields[i]);
}

void report_print_maps(const struct el_chain_report *report, bool kept)
{
	for (size_t i = 0; i < report->maps_count; i++)
		if (kept ||
		    (report->maps[i].change != EL_MAP_KEPT && report->maps[i].change != EL_MAP_NEW))
			print_map(&report->maps[i]);
}

char *report_instances(const struct el_chain_report *report,
		       const struct el_program_report *program)
{
	_cleanup_free_ char *names = strdup("");

	for (size_t i = program->first; names && i < program->first + program->count; i++) {
		char *longer;

		if (asprintf(&longer, "%s%s%s", names, *names ? " " : "",
			     report->instances[i].name) < 0)
			return NULL;
		free(names);
		names = longer;
	}
	return TAKE_PTR(names);
}

void report_print_forms(const struct el_chain_report *report, const char *indent)
{
	static const char *const forms[][2] = {
		{"settled", "each instance parses the headers again"},
		{"kept", "plain programs keep the code that clang made of them"},
		{"own-cpu", "plain programs keep the code that clang made of them, for their own "
			    "-mcpu="},
	};

	for (size_t i = 0; i < report->programs_count; i++) {
		const struct el_program_report *program = &report->programs[i];

		for (size_t j = 0; j < sizeof(forms) / sizeof(*forms); j++) {
			_cleanup_free_ char *names = NULL;

			if (strcmp(program->form, forms[j][0]))
				continue;
			names = report_instances(report, program);
			output_line("%sfused as '%s', because the verifier refuses the forms "
				    "before it: %s (%s)",
				    indent, forms[j][0], forms[j][1], names ? names : "");
		}
	}
}

static void print_done(const struct el_chain_report *report)
{
	char shape[32];

	output_line("%s %s: generation %u, %zu instance%s, %s, %s, program %u (%.0f ms)",
		    report->device, el_hook_name(report->hook), report->generation,
		    report->instances_count, report->instances_count == 1 ? "" : "s",
		    report_shape(report, shape, sizeof(shape)), el_mode_name(report->mode),
		    report->programs_count ? report->programs[0].id : 0,
		    report->fuse_ms + report->load_ms + report->attach_ms);
	if (report->cut && *report->cut)
		output_line("  cut: %s", report->cut);
	report_print_forms(report, "  ");
	report_print_maps(report, false);
}

int report_done(const struct cli *cli, const struct el_chain_report *report)
{
	if (cli->json)
		return output_json(cli, report_json(report));
	if (!cli->quiet)
		print_done(report);
	return EL_OK;
}

static void print_change(const struct el_difference *change, const char *indent)
{
	const char *of = *change->instance ? change->instance : "the chain";

	switch (change->kind) {
	case EL_DIFFERENCE_ADDED:
		output_line("%s+ %s=%s", indent, of, change->to);
		break;
	case EL_DIFFERENCE_REMOVED:
		output_line("%s- %s=%s", indent, of, change->from);
		break;
	case EL_DIFFERENCE_MOVED:
		output_line("%s~ %s: from position %s to %s", indent, of, change->from, change->to);
		break;
	default:
		output_line("%s~ %s: %s %s -> %s", indent, of, el_difference_name(change->kind),
			    *change->from ? change->from : "(none)",
			    *change->to ? change->to : "(none)");
	}
}

void report_print_changes(const struct el_differences *changes, const char *indent)
{
	for (size_t i = 0; i < changes->count; i++)
		print_change(&changes->list[i], indent);
}

json_t *report_changes_json(const struct el_differences *changes)
{
	_cleanup_json_ json_t *json = json_array();

	for (size_t i = 0; i < changes->count; i++) {
		const struct el_difference *change = &changes->list[i];

		json_array_append_new(json, output_object("{s:s, s:s, s:s, s:s}", "change",
							  el_difference_name(change->kind),
							  "instance", change->instance, "from",
							  change->from, "to", change->to));
	}
	return TAKE_PTR(json);
}
