/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef TRACE_H
#define TRACE_H
/*
 * The kernel's trace log, which gets the lines of edge_log().
 */
#include <stddef.h>

/* Mount the trace log in a mount namespace of the process, if it is not mounted yet. Return: 0 or -1. */
int trace_need(void);
/* Return: the number of lines that contain @text. @line, if any, gets the last of them from "edge: " on. */
int trace_lines(const char *text, char *line, size_t size);

#endif
