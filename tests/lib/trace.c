// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The kernel's trace log. */
#include "lib/trace.h"

#include <sched.h>
#include <sys/mount.h>

#include "lib/test.h"

int trace_need(void)
{
	if (!access("/sys/kernel/tracing/trace", R_OK))
		return 0;
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	return mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
}

int trace_lines(const char *text, char *line, size_t size)
{
	FILE *trace = fopen("/sys/kernel/tracing/trace", "r");
	char *each = NULL;
	size_t room = 0;
	int count = 0;

	assert_non_null(trace);
	while (getline(&each, &room, trace) > 0) {
		if (!strstr(each, text))
			continue;
		if (line)
			snprintf(line, size, "%s", strstr(each, "edge: ") ?: "");
		count++;
	}
	free(each);
	fclose(trace);
	return count;
}
