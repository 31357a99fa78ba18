/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The folder that a test program was built in. */
#ifndef EDGE_TEST_HOME_H
#define EDGE_TEST_HOME_H

#include <string.h>

/* Return: the folder build/, in the path @exe of a test program below build/tests/. Changes @exe. */
static inline const char *home_of(char *exe)
{
	char *slash;

	while ((slash = strrchr(exe, '/'))) {
		*slash = '\0';
		if (!strcmp(slash + 1, "tests"))
			break;
	}
	return exe;
}

#endif
