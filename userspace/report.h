/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef REPORT_H
#define REPORT_H
/*
 * The output for a chain, shared by check, attach, param set, status and stats.
 */
#include "output.h"

/* A chain without its counters. NULL only if memory is short. */
json_t *report_json(const struct el_chain_report *report);
/* Like report_json(), with the counters in each instance. */
json_t *report_stats_json(const struct el_chain_report *report, const struct el_counters *counters);

/* The mode; "unknown" for an unreadable chain without a known mode. */
const char *report_mode(const struct el_chain_report *report);
/* Print an error for each unreadable chain. Return: the exit code of the first error, or 0. */
int report_problems(const struct cli *cli, const struct el_chains *chains);

/* The shape of a chain: "fused", "2 programs" (cut), "unfused" (one plain object). For a
 * chain that does not run: "no: STATE". For an unreadable chain, or a chain in another network
 * namespace: its state. */
const char *report_shape(const struct el_chain_report *report, char *buffer, size_t size);

/* The instances of a program, as "a b c"; malloc'ed, or NULL. */
char *report_instances(const struct el_chain_report *report,
		       const struct el_program_report *program);

/* Print a line, after @indent, for each fused program whose form is not "whole". */
void report_print_forms(const struct el_chain_report *report, const char *indent);

/* Print the result of a verb that changed a chain: the running chain, and the duration. Return: the
 * exit code. */
int report_done(const struct cli *cli, const struct el_chain_report *report);

/* Print a line for each difference, after @indent. */
void report_print_changes(const struct el_differences *changes, const char *indent);
json_t *report_changes_json(const struct el_differences *changes);
/* Print the effect of a swap on each map; on maps that were kept only if @kept. */
void report_print_maps(const struct el_chain_report *report, bool kept);

#endif
