/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef WATCH_H
#define WATCH_H
/*
 * stats --watch: print rates repeatedly until interrupted.
 */
#include "output.h"

/* @device NULL: all; @interval in seconds, NULL: 1. */
int watch(struct cli *cli, const char *device, const char *interval);

#endif
