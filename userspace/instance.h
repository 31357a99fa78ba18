/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef INSTANCE_H
#define INSTANCE_H
/*
 * Parse [NAME=]FUNCTION[:PARAM=VALUE,...] and DEVICE/HOOK/INSTANCE from words of the command line.
 */
#include "cli.h"

/* The instances of a chain, and the memory that the specs point to. */
struct instances {
	struct el_instance_spec *spec;
	struct el_instance_text *text;
	char **words;
	size_t count;
};

/* Parse each word with el_instance_parse(). Return: 0, or EL_USAGE, the error printed. */
int instances_parse(struct cli *cli, char **words, size_t count, struct instances *out);
void instances_free(struct instances *instances);

/* Parse NAME=VALUE, in place. Return: 0, or EL_USAGE, the error printed. */
int assignment_parse(struct cli *cli, char *word, struct el_assignment *out);

/* Parse DEVICE/HOOK/INSTANCE, in place. Return: 0, or EL_USAGE, the error printed. */
struct instance_path {
	const char *device, *instance;
	enum edge_hook hook;
};

int instance_path_parse(struct cli *cli, char *word, struct instance_path *out);

/* Parse MAP,MAP... of --start-empty, in place: each MAP is INSTANCE/MAP, INSTANCE or "all". @out
 * ends with NULL. Return: 0, or EL_USAGE, the error printed. */
#define START_EMPTY_MAX 64
int start_empty_parse(struct cli *cli, const char *word, const char **out);

/* Parse the name of a hook; NULL means XDP. Return: 0, or EL_USAGE, the error printed. */
int hook_parse(struct cli *cli, const char *word, enum edge_hook *out);

#endif
