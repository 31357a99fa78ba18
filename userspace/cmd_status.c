// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * status: show the chains, and beside them the foreign programs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* A chain, or a foreign program. */
struct row {
	const char *device;
	enum edge_hook hook;
	uint32_t place;			      /* 0: not attached */
	const struct el_chain_report *report; /* NULL: a foreign program */
	const struct el_attached *attached;   /* the chain's first program; NULL: it does not run */
};

struct status {
	struct el_chains chains;
	struct el_attached_programs attached;
	struct row *rows;
	size_t count;
};

static void status_free(struct status *status)
{
	free(status->rows);
	el_attached_free(&status->attached);
	el_chains_free(&status->chains);
}

/* ---------------------------------------------------------------- rows in order */

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = strcmp(x->device, y->device);

	if (!order)
		order = (int)x->hook - (int)y->hook;
	return order ? order : (x->place > y->place) - (x->place < y->place);
}

static const struct el_attached *first_of(const struct status *status, const struct el_chain *chain)
{
	for (size_t i = 0; i < status->attached.count; i++)
		if (status->attached.list[i].chain == chain)
			return &status->attached.list[i];
	return NULL;
}

static void make_rows(struct status *status)
{
	for (size_t i = 0; i < status->chains.count; i++) {
		const struct el_chain_report *report = el_chain_report(status->chains.list[i]);
		const struct el_attached *first = first_of(status, status->chains.list[i]);

		status->rows[status->count++] = (struct row){
			report->device, report->hook, first ? first->place : 0, report, first};
	}
	for (size_t i = 0; i < status->attached.count; i++) {
		const struct el_attached *attached = &status->attached.list[i];

		if (!attached->chain)
			status->rows[status->count++] = (struct row){
				attached->device, attached->hook, attached->place, NULL, attached};
	}
	if (status->count)
		qsort(status->rows, status->count, sizeof(*status->rows), compare_rows);
}

/* ---------------------------------------------------------------- text */

static void print_chain(struct output_table *table, const struct el_chain_report *report)
{
	const struct el_program_report whole = {.count = report->instances_count};
	_cleanup_free_ char *names = report_instances(report, &whole);
	char shape[32];

	if (report->generation)
		output_cell(table, "%u", report->generation);
	else
		output_cell(table, "-");
	output_cell(table, "%s", report_shape(report, shape, sizeof(shape)));
	if (report->programs_count)
		output_cell(table, "%u", report->programs[0].id);
	else
		output_cell(table, "-");
	output_cell(table, "%s", report->programs_count ? report->programs[0].tag : "-");
	output_cell(table, "%s", report->state == EL_STATE_UNREADABLE ? "-" : names ? names : "");
}

static void print_foreign(struct output_table *table, const struct el_attached *attached)
{
	output_cell(table, "-");
	output_cell(table, "not ours");
	output_cell(table, "%u", attached->id);
	output_cell(table, "%s", *attached->tag ? attached->tag : "-");
	if (attached->mode == EL_MODE_CLSACT)
		output_cell(table, "%s (pref %u, handle 0x%x)",
			    *attached->name ? attached->name : "-", attached->priority,
			    attached->handle);
	else
		output_cell(table, "%s", *attached->name ? attached->name : "-");
}

/* Report foreign programs between two links of one chain. */
static void print_between(const struct status *status, const struct row *row)
{
	uint32_t last = row->place;

	for (size_t i = 0; i < status->attached.count; i++)
		if (row->attached && status->attached.list[i].chain == row->attached->chain)
			last = status->attached.list[i].place;
	for (size_t i = 0; i < status->attached.count; i++) {
		const struct el_attached *other = &status->attached.list[i];

		if (row->attached && !other->chain && other->hook == row->hook &&
		    !strcmp(other->device, row->device) && other->place > row->place &&
		    other->place < last)
			output_line("%s %s: program %u, which is not edge-load's, is attached "
				    "between the programs of the chain",
				    row->device, el_hook_name(row->hook), other->id);
	}
}

static void print_notes(const struct status *status, const struct row *row)
{
	const struct el_chain_report *report = row->report;

	if (report->cut && *report->cut)
		output_line("%s %s is cut: %s", report->device, el_hook_name(report->hook),
			    report->cut);
	report_print_forms(report, "  ");
	if (report->state == EL_STATE_DETACHED)
		output_line("%s %s does not run: it was detached outside edge-load; attach it "
			    "again, or detach it to remove its pins",
			    report->device, el_hook_name(report->hook));
	if (report->state == EL_STATE_REPLACED)
		output_line(
			"%s %s does not run: its link was given another program outside edge-load",
			report->device, el_hook_name(report->hook));
	if (report->state == EL_STATE_MOVED || report->state == EL_STATE_ELSEWHERE)
		output_line("%s %s is %s: %s", report->device, el_hook_name(report->hook),
			    el_state_name(report->state), report->why);
	print_between(status, row);
}

static int print(const struct cli *cli, const struct status *status)
{
	static const struct output_column columns[] = {
		{"DEVICE", false},    {"HOOK", false},	    {"MODE", false},
		{"GENERATION", true}, {"RUNS", false},	    {"PROGRAM", true},
		{"TAG", false},	      {"INSTANCES", false}, {0}};
	_cleanup_table_ struct output_table *table = NULL;

	if (!status->count)
		return EL_OK;
	table = output_table_new(cli, columns);
	for (size_t i = 0; i < status->count; i++) {
		const struct row *row = &status->rows[i];

		output_row(table);
		output_cell(table, "%s", row->device);
		output_cell(table, "%s", el_hook_name(row->hook));
		output_cell(table, "%s",
			    row->report ? report_mode(row->report)
					: el_mode_name(row->attached->mode));
		if (row->report)
			print_chain(table, row->report);
		else
			print_foreign(table, row->attached);
	}
	if (output_table_print(table, ""))
		return EL_FAILED;
	for (size_t i = 0; i < status->count; i++)
		if (status->rows[i].report)
			print_notes(status, &status->rows[i]);
	return EL_OK;
}

/* ---------------------------------------------------------------- JSON */

static json_t *place_json(uint32_t place)
{
	return place ? json_integer(place) : json_null();
}

/* A foreign program, with those keys of a chain that apply to it. */
static json_t *foreign_json(const struct el_attached *attached)
{
	_cleanup_json_ json_t *programs = json_array(), *json = NULL;

	json_array_append_new(programs,
			      output_object("{s:I, s:s, s:s}", "id", (json_int_t)attached->id,
					    "tag", attached->tag, "name", attached->name));
	json = output_object("{s:s, s:I, s:s, s:s, s:s, s:I, s:I, s:o, s:o}", "device",
			     attached->device, "ifindex", (json_int_t)attached->ifindex, "hook",
			     el_hook_name(attached->hook), "mode", el_mode_name(attached->mode),
			     "state", "foreign", "place", (json_int_t)attached->place, "link_id",
			     (json_int_t)attached->link_id, "programs", TAKE_PTR(programs),
			     "instances", json_array());

	if (json && attached->mode == EL_MODE_CLSACT)
		json_object_set_new(json, "filter",
				    output_object("{s:I, s:I}", "pref",
						  (json_int_t)attached->priority, "handle",
						  (json_int_t)attached->handle));
	return TAKE_PTR(json);
}

static int print_json(const struct cli *cli, const struct status *status)
{
	_cleanup_json_ json_t *all = json_array();

	for (size_t i = 0; i < status->count; i++) {
		const struct row *row = &status->rows[i];
		_cleanup_json_ json_t *json =
			row->report ? report_json(row->report) : foreign_json(row->attached);

		if (row->report)
			json_object_set_new(json, "place", place_json(row->place));
		json_array_append_new(all, TAKE_PTR(json));
	}
	return output_json(cli, TAKE_PTR(all));
}

/* ---------------------------------------------------------------- the verb */

static int show(struct cli *cli, const char *device, struct status *status)
{
	if (el_attached_list(cli->context, device, &status->chains, &status->attached))
		return cli_fail(cli);
	status->rows =
		calloc(status->chains.count + status->attached.count + 1, sizeof(*status->rows));
	if (!status->rows)
		return cli_no_memory(cli);
	make_rows(status);
	return cli->json ? print_json(cli, status) : print(cli, status);
}

int cmd_status(struct cli *cli, int argc, char **argv)
{
	_cleanup_(status_free) struct status status = {0};
	int code;

	if (cli_options(cli, &argc, argv, NULL))
		return EL_USAGE;
	if (argc > 2)
		return cli_usage(cli, "status takes at most one device");
	if (el_chains_open(cli->context, argv[1], &status.chains))
		return cli_fail(cli);
	code = show(cli, argv[1], &status);
	return code ? code : report_problems(cli, &status.chains);
}
