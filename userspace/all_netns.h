/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef ALL_NETNS_H
#define ALL_NETNS_H
/*
 * --all-netns: a verb that shows something, in every network namespace that has a name.
 */
#include "output.h"

/* One verb in one namespace, NULL being the one that we are in. Return: its exit code. */
typedef int (*all_netns_run)(struct cli *cli, const char *netns, void *data);

/**
 * all_netns() - run a verb in this namespace, and in each that has a name
 *
 * What it says there is shown below a line "netns NAME:", where it says something; as JSON,
 * [{"netns": NAME, "status": […]}], the key being the verb's name. Return: EL_OK, or the first exit
 * code that is not.
 */
int all_netns(struct cli *cli, all_netns_run run, void *data);

#endif
