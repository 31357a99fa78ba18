// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The plain programs of tests/e2e/plain for XDP, in chains (lib/plain.h). A program is a test.
 */
#include "lib/plain.h"

static const struct exception exceptions[] = {
	/* the tail call does not return */
	{"own_tail_call", 'x'},
	{"static_tail_call", 'x'},
	/* programs that need each other; a machine-wide map; a size that the user sets */
	{"own", 'e'},
	{"pinned", 'e'},
	{"sized", 'e'},
};

int main(void)
{
	return plain_main(XDP, exceptions, sizeof(exceptions) / sizeof(*exceptions));
}
