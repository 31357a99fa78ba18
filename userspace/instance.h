/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef INSTANCE_H
#define INSTANCE_H
/*
 * [NAME=]FUNCTION[:PARAM=VALUE,...] and DEVICE/HOOK/INSTANCE, as words on the command line.
 */
#include "cli.h"

/* The instances of a chain, and the memory behind them. */
struct instances {
	struct el_instance_spec *spec;
	size_t count;
	char **texts;
};

/* Each word as el_instance_parse() reads it. Return: 0, or EL_USAGE, the error printed. */
int instances_parse(struct cli *cli, char **words, size_t count, struct instances *out);
void instances_free(struct instances *instances);

/* NAME=VALUE, in place. Return: 0, or EL_USAGE, the error printed. */
int assignment_parse(struct cli *cli, char *word, struct el_assignment *out);

/* DEVICE/HOOK/INSTANCE, in place. Return: 0, or EL_USAGE, the error printed. */
struct instance_path {
	const char *device, *instance;
	enum edge_hook hook;
};

int instance_path_parse(struct cli *cli, char *word, struct instance_path *out);

/* MAP,MAP... of --start-empty, each INSTANCE/MAP, INSTANCE or "all", in place, and NULL behind the
 * last. Return: 0, or EL_USAGE, the error printed. */
#define START_EMPTY_MAX 64
int start_empty_parse(struct cli *cli, const char *word, const char **out);

/* A hook's name; NULL is the default, XDP. Return: 0, or EL_USAGE, the error printed. */
int hook_parse(struct cli *cli, const char *word, enum edge_hook *out);

#endif
