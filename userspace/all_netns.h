/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef ALL_NETNS_H
#define ALL_NETNS_H
/*
 * --all-netns: run a verb that only shows, in every network namespace that has a name.
 */
#include "output.h"

/* Run one verb in one namespace. @netns NULL: the present namespace. Return: its exit code. */
typedef int (*all_netns_run)(struct cli *cli, const char *netns, void *data);

/**
 * all_netns() - run a verb in this namespace, and in each namespace that has a name
 *
 * The output of a namespace, if there is any, follows a line "netns NAME:". With -j, it is
 * [{"netns": NAME, "status": […]}], with the name of the verb as the key. Return: EL_OK, or the
 * first exit code that is not EL_OK.
 */
int all_netns(struct cli *cli, all_netns_run run, void *data);

#endif
