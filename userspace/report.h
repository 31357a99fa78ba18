/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef REPORT_H
#define REPORT_H
/*
 * A chain as it is shown: by check, attach, param set, status and stats alike.
 */
#include "output.h"

/* A chain without its counters. Never NULL but for want of memory. */
json_t *report_json(const struct el_chain_report *report);
/* The same with the counters in each instance. */
json_t *report_stats_json(const struct el_chain_report *report, const struct el_counters *counters);

/* Its mode; "unknown" of a chain of which nothing can be read. */
const char *report_mode(const struct el_chain_report *report);
/* Print an error for each of @chains that can't be read. Return: the exit code of the first, or 0.
 */
int report_problems(const struct cli *cli, struct el_chain *const *chains, size_t count);

/* What it runs as: "fused", "2 programs" (cut), "as it is" (one plain object), or, where it is not
 * read as one that is here, its state. */
const char *report_shape(const struct el_chain_report *report, char *buffer, size_t size);

/* "a b c" of the instances that a program runs; malloc'ed, or NULL. */
char *report_instances(const struct el_chain_report *report,
		       const struct el_program_report *program);

/* A line, behind @indent, for each program that is fused in another form than the usual one. */
void report_print_forms(const struct el_chain_report *report, const char *indent);

/* The line that attach and param set leave: what runs now, and what that took. */
void report_print_done(const struct el_chain_report *report);

/* What makes a chain another one: a line for each change, behind @indent. */
void report_print_changes(const struct el_differences *changes, const char *indent);
json_t *report_changes_json(const struct el_differences *changes);
/* What a swap made, or would make, of each map; of those that were kept only if @kept. */
void report_print_maps(const struct el_chain_report *report, bool kept);

#endif
