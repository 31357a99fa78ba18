// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Prints the figures as a table on stdout as they arrive, and writes them to a JSON file at the
 * end.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <jansson.h>

#include "bench.h"

/* Goals are shown at the end, below the table. */
struct goal {
	char *what;
	const char *unit;
	double value, goal;
	bool at_most, met;
};

static struct {
	json_t *machine, *packets, *commands;
	struct goal goals[32];
	size_t goals_count;
} figures;

/* Return: the rest of the first line of @file that begins with @key, after ": ". If @key is "", the
 * whole first line. */
static char *read_field(const char *file, const char *key)
{
	FILE *stream = fopen(file, "re");
	char line[256], *value = NULL;

	while (stream && !value && fgets(line, sizeof(line), stream)) {
		char *colon = strchr(line, ':');

		line[strcspn(line, "\n")] = '\0';
		if (!*key)
			value = strdup(line);
		else if (colon && !strncmp(line, key, strlen(key)))
			value = strdup(colon + 2);
	}
	if (stream)
		fclose(stream);
	return value ? value : strdup("unknown");
}

static void add_machine(const char *name, char *value)
{
	printf("%-12s %s\n", name, value);
	json_object_set_new(figures.machine, name, json_string(value));
	free(value);
}

void report_open(void)
{
	static const char vulnerabilities[] = "/sys/devices/system/cpu/vulnerabilities";
	struct utsname system;
	char *file;

	figures.machine = json_object();
	figures.packets = json_array();
	figures.commands = json_array();
	uname(&system);
	add_machine("kernel", bench_format("%s %s", system.release, system.machine));
	add_machine("processor", read_field("/proc/cpuinfo", "model name"));
	/* The cost of a call and a return depends on these mitigations. */
	file = bench_format("%s/retbleed", vulnerabilities);
	add_machine("retbleed", read_field(file, ""));
	free(file);
	file = bench_format("%s/spec_rstack_overflow", vulnerabilities);
	add_machine("srso", read_field(file, ""));
	free(file);
}

void report_cost(const char *hook, const char *shape, size_t functions, double ns, double low,
		 double high)
{
	static const char *last;

	if (last != hook)
		printf("\n%-10s %-30s %9s %8s   %s\n", "HOOK", "SHAPE", "FUNCTIONS", "NS/PACKET",
		       "MIDDLE HALF");
	last = hook;
	printf("%-10s %-30s %9zu %8.1f    %.1f - %.1f\n", hook, shape, functions, ns, low, high);
	fflush(stdout);
	json_array_append_new(figures.packets,
			      json_pack("{s:s, s:s, s:I, s:f, s:f, s:f}", "hook", hook, "shape",
					shape, "functions", (json_int_t)functions, "ns", ns,
					"quartile1_ns", low, "quartile3_ns", high));
}

double report_time(const char *what, const char *of, struct took *took, size_t count)
{
	double median, cpu, low, high, *values = calloc(count, sizeof(*values));

	if (!values)
		bench_die("no memory");
	for (size_t i = 0; i < count; i++)
		values[i] = took[i].cpu_ms;
	cpu = bench_median(values, count);
	for (size_t i = 0; i < count; i++)
		values[i] = took[i].ms;
	median = bench_median(values, count);
	low = values[count / 4];
	high = values[count - 1 - count / 4];
	free(values);
	if (!json_array_size(figures.commands))
		printf("\n%-19s %-19s %8s   %-17s %8s\n", "COMMAND", "OF", "MS", "MIDDLE HALF",
		       "CPU MS");
	printf("%-19s %-19s %8.1f    %7.1f - %-7.1f %8.1f\n", what, of, median, low, high, cpu);
	fflush(stdout);
	json_array_append_new(figures.commands,
			      json_pack("{s:s, s:s, s:f, s:f, s:f, s:f}", "command", what, "of", of,
					"ms", median, "quartile1_ms", low, "quartile3_ms", high,
					"cpu_ms", cpu));
	return median;
}

void report_goal(const char *what, double value, const char *unit, bool at_most, double goal)
{
	if (figures.goals_count == ARRAY_SIZE(figures.goals))
		bench_die("more goals than there is room for");
	figures.goals[figures.goals_count++] = (struct goal){
		.what = bench_format("%s", what),
		.unit = unit,
		.value = value,
		.goal = goal,
		.at_most = at_most,
		.met = at_most ? value <= goal : value >= goal,
	};
}

static json_t *print_goals(void)
{
	json_t *goals = json_array();

	printf("\n%-40s %12s %16s\n", "GOAL", "FOUND", "WANTED");
	for (size_t i = 0; i < figures.goals_count; i++) {
		struct goal *goal = &figures.goals[i];
		const char *least = goal->at_most ? "at most" : "at least";

		printf("%-40s %6.2f %-5s   %8s %3g %-5s %s\n", goal->what, goal->value, goal->unit,
		       least, goal->goal, goal->unit, goal->met ? "met" : "MISSED");
		json_array_append_new(goals,
				      json_pack("{s:s, s:f, s:f, s:s, s:b}", "goal", goal->what,
						"value", goal->value, least, goal->goal, "unit",
						goal->unit, "met", goal->met));
		free(goal->what);
	}
	return goals;
}

void report_close(const char *path)
{
	json_t *root = json_pack("{s:o, s:I, s:o, s:o, s:o}", "machine", figures.machine, "time",
				 (json_int_t)time(NULL), "packets", figures.packets, "commands",
				 figures.commands, "goals", print_goals());

	if (!root || json_dump_file(root, path, JSON_INDENT(2)))
		bench_die("can't write %s", path);
	json_decref(root);
	printf("\nas JSON: build/bench.json\n");
}
